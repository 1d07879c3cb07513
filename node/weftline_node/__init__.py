"""The PoP process: HTTP in, HTTP out, gossip beside. It acts; `weftline_core` decides."""
