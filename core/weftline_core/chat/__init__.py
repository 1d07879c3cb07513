"""A conversation in no dialect: what every wire format is read into, and written from."""
