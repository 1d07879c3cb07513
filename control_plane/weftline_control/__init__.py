"""Desired state of the mesh: a store, an operator API, and a stream to every node."""
