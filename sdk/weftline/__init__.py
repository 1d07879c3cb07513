"""The client side of weftline: the SDK and the `weft` command."""
