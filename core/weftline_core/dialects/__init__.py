"""Wire formats that clients and inference endpoints speak."""
