"""What clients connect to: connections, keys, answers."""
