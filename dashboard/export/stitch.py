"""One tall PNG of strips that were drawn one below the other, without holding the whole picture.

A browser draws surfaces up to 16,384 pixels; the format itself has room for two thousand million. Rows of a PNG are filtered
against the row above, so all that changes where two strips meet is the first row of the lower one (PNG specification, 9.2).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

_MARK = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def stitched(strips: Iterable[bytes]) -> bytes:
    """One PNG of strips of the same width and colours, the first on top. Raises ValueError where they differ, or are no plain
    PNGs of eight bits a channel."""
    packing = zlib.compressobj(1)
    packed: list[bytes] = []
    head, height = b"", 0
    for strip in strips:
        header, data = _read(strip)
        width, rows, depth, colour = struct.unpack(">IIBB", header[:10])
        if depth != 8 or colour not in _CHANNELS or header[10:] != b"\0\0\0":
            raise ValueError("only plain PNGs of eight bits a channel are stitched")
        if head and (header[:4] != head[:4] or header[8:] != head[8:]):
            raise ValueError("the strips are not of one kind")
        length = 1 + width * _CHANNELS[colour]
        raw = zlib.decompress(data)
        first = bytes(raw[:length])
        packed.append(packing.compress(_unfiltered(first, _CHANNELS[colour]) if head else first))
        packed.append(packing.compress(memoryview(raw)[length:]))
        head, height = head or header, height + rows
    if not head:
        raise ValueError("there is nothing to stitch")
    packed.append(packing.flush())
    header = head[:4] + struct.pack(">I", height) + head[8:]
    return b"".join((_MARK, _chunk(b"IHDR", header), _chunk(b"IDAT", b"".join(packed)), _chunk(b"IEND", b"")))


def _read(png: bytes) -> tuple[bytes, bytes]:
    """Header and packed rows."""
    header, parts = b"", []
    for kind, body in _chunks(png):
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            parts.append(body)
    if len(header) != 13 or not parts:
        raise ValueError("this is no PNG")
    return header, b"".join(parts)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_MARK)
    while at + 8 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _unfiltered(row: bytes, step: int) -> bytes:
    """A picture's first row as it is, without a filter. Above it there is nothing, which all filters take for zeros."""
    kind, cells = row[0], bytearray(row[1:])
    for at in range(step, len(cells)):
        left = cells[at - step]
        # Of the filters, those that look left: Sub, Average with nothing above, and Paeth, which then chooses the left one.
        cells[at] = (cells[at] + (left if kind in (1, 4) else left // 2 if kind == 3 else 0)) & 255
    return b"\0" + bytes(cells)
