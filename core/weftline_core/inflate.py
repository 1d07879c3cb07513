"""Bounded decompression, for an upstream that compresses although it was asked not to."""

import zlib

# gzip and zlib headers are told apart by zlib itself; a bare deflate stream has none.
_AUTO_HEADER = 32 + zlib.MAX_WBITS
_NO_HEADER = -zlib.MAX_WBITS
_ZLIB_METHOD = 8

CODINGS = frozenset((b"gzip", b"x-gzip", b"deflate"))


class BadCompression(ValueError):
    """The compressed bytes are damaged, cut short, of an unknown coding, or inflate too far."""


class Inflater:
    """Inflates one answer, piece by piece, to at most `bytes_max` in total.

    A bomb of 400 KB inflates to 400 MB; the bound holds before memory is taken.
    """

    __slots__ = ("_bytes_left", "_inflate", "_raw_allowed")

    def __init__(self, coding: bytes, bytes_max: int) -> None:
        if coding.lower() not in CODINGS:
            raise BadCompression("it uses a content coding that was not asked for")
        self._bytes_left = bytes_max
        self._inflate = zlib.decompressobj(_AUTO_HEADER)
        self._raw_allowed = coding.lower() == b"deflate"

    def feed(self, data: bytes) -> bytes:
        """Return what `data` inflates to.

        Raises:
            BadCompression: damaged, or over the bound.
        """
        if self._raw_allowed and data:
            # "deflate" means zlib by the standard and bare deflate by custom. Source: RFC 9110
            # section 8.4.1.2.
            self._raw_allowed = False
            if data[0] & 0x0F != _ZLIB_METHOD:
                self._inflate = zlib.decompressobj(_NO_HEADER)
        try:
            # One byte more than allowed tells a full answer from an overfull one.
            out = self._inflate.decompress(data, self._bytes_left + 1)
        except zlib.error:
            raise BadCompression("its compressed body is damaged") from None
        self._bytes_left -= len(out)
        if self._bytes_left < 0:
            raise BadCompression("its compressed body inflates over the limit")
        if self._inflate.unused_data:
            raise BadCompression("bytes follow its compressed body")
        return out

    def end(self) -> None:
        """Check that nothing is missing.

        Raises:
            BadCompression: the compressed stream was cut.
        """
        if not self._inflate.eof:
            raise BadCompression("its compressed body is cut short")
