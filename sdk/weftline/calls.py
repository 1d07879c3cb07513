"""What both ends of our gRPC calls agree on beside the protocol files."""

# The whole desired state travels as one message. The control plane bounds it to 16 MiB as it is
# stored; protobuf takes no more.
MESSAGE_BYTES_MAX = 64 * 1024 * 1024

# Trailing metadata of an answer from memory, while the store cannot be asked for anything newer.
STALE = ("weft-stale", "true")

# Where gRPC's richer error model keeps a google.rpc.Status.
DETAILS_KEY = "grpc-status-details-bin"
