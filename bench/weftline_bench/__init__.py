"""The latency harness, and the small real inference endpoints it measures against."""
