"""Gossip without sockets: membership, the table of endpoint rows, and their wire form."""
