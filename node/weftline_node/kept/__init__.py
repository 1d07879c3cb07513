"""Responses that this PoP keeps: to be fetched, followed, cancelled and gone on from."""
