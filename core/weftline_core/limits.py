"""Every bound that more than one module needs, with its reason; bounds that must fit together are
asserted.

A bound that only one module needs stands in that module.
"""

# A client's request line and headers together. 32 KiB is what nginx and Envoy end up with after
# tuning for large cookies; our clients send a key and a few dozen short headers.
REQUEST_HEAD_BYTES_MAX = 32 * 1024

REQUEST_HEADERS_MAX = 100

# A request body. Prompts with a few images in base64 reach about 20 MB; the large providers refuse
# beyond 32 MB to 100 MB.
REQUEST_BODY_BYTES_MAX = 32 * 1024 * 1024

# An upstream's status line and headers.
ANSWER_HEAD_BYTES_MAX = 64 * 1024

# A non-streamed answer, which is held back whole so that a cut can still be failed over. 2,048
# embeddings of 3,072 floats in base64, the largest legal answer of OpenAI's API, are 34 MB.
ANSWER_BODY_BYTES_MAX = 64 * 1024 * 1024

# One server-sent event. Image previews in base64 are the largest seen, under 1 MB each.
EVENT_BYTES_MAX = 1024 * 1024

# Events that may be held back before the first content (role-only chunks, keep-alives); beyond it
# the upstream is broken.
HELD_BYTES_MAX = 256 * 1024

# Endpoints tried for one request, the first included. Official SDKs retry twice themselves, so
# nine upstream calls is the worst case.
ATTEMPTS_MAX = 3

# How long one endpoint may take to accept a connection. One SYN retransmission after a lost packet
# takes 1 s, and waiting for it costs more than going elsewhere.
CONNECT_WAIT_S = 1.0

# How long one endpoint may take to its first content, unless the model says otherwise. Long
# prompts on busy engines take several seconds.
FIRST_TOKEN_WAIT_S = 15.0

# How long a stream may be silent between two events once it has begun.
STALL_WAIT_S = 30.0

# How long a whole request may take, streaming included. The official SDKs give up at 600 s.
REQUEST_WAIT_S = 600.0

# How long a client may take to send its headers, and then to send its body at all.
HEAD_WAIT_S = 10.0
BODY_WAIT_S = 60.0

# A client connection with nothing in flight. Longer than an SDK's own pool keeps it, so that the
# client closes first.
CLIENT_IDLE_S = 75.0

# An idle upstream connection. vLLM and SGLang close theirs after 5 s; ours must go first, else a
# request meets a closing socket.
UPSTREAM_IDLE_S = 4.0

# One gossip datagram: what fits the common path MTU of 1,500 B with IPv6, UDP and a tunnel's
# headers.
DATAGRAM_BYTES_MAX = 1400

# What a caller wrote, such as a name or an id, is quoted back in errors cut to what fits a line.
QUOTED_CHARS_MAX = 80

# Resources in one desired state, and the bytes of one resource.
RESOURCES_MAX = 20_000
RESOURCE_BYTES_MAX = 64 * 1024

assert HELD_BYTES_MAX < EVENT_BYTES_MAX <= ANSWER_BODY_BYTES_MAX
assert ATTEMPTS_MAX * CONNECT_WAIT_S < FIRST_TOKEN_WAIT_S < STALL_WAIT_S < REQUEST_WAIT_S
assert REQUEST_BODY_BYTES_MAX <= ANSWER_BODY_BYTES_MAX
