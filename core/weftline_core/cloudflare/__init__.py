"""What Cloudflare's AI Gateway and Workers AI look like to their clients."""
