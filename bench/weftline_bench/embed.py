"""Text embeddings without a model: hashed character n-grams.

Texts that share words and word parts come out close, whatever their language; meaning beyond the
letters is not seen. Enough to make an embedding endpoint whose answers can be checked.
"""

import base64
import math
import struct
from collections import Counter
from collections.abc import Sequence
from zlib import crc32

DIMENSIONS = 256

# Parts of 3 to 5 letters carry stems and endings; this is the range that fastText settled on,
# shortened by one, since our texts are short.
PART_CHARS = (3, 4, 5)


def embedding(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a vector of length 1 (or 0 for a text without letters); equal texts give equal
    vectors.

    Shape: `dimensions` floats.
    """
    vector = [0.0] * dimensions
    for part, count in parts(text).items():
        # CRC-32 is the same on every machine, unlike hash(). Its top bit is the sign, so that
        # parts which collide cancel out on average.
        code = crc32(part.encode("utf-8", "surrogatepass"))
        sign = 1.0 if code & 0x8000_0000 else -1.0
        vector[(code & 0x7FFF_FFFF) % dimensions] += sign * math.sqrt(count)
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector] if length else vector


def parts(text: str) -> Counter[str]:
    """Return the words of `text` and their parts, with counts."""
    found: Counter[str] = Counter()
    for word in text.casefold().split():
        edged = f"<{word}>"
        found[edged] += 1
        for size in PART_CHARS:
            for at in range(len(edged) - size + 1):
                found[edged[at : at + size]] += 1
    return found


def as_base64(vector: Sequence[float]) -> str:
    """Return the wire form that OpenAI's SDKs ask for: little-endian 32-bit floats in base64."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
