"""Wire formats: what each one's bytes mean, and how to write them."""
