"""A file as a stream of bytes: decompressed, in UTF-8 where it is text, with what was wrong with it noted rather than raised."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

_PIECE = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
LINE_BYTES = 64 << 20
"""Longest line, and largest single record, that is read."""


class Source(io.RawIOBase):
    """The bytes of `path`: gzip and zstd unpacked (told by content, not by name), other encodings recoded to UTF-8.

    `damage` says why reading ended early, where it did; what came before was still given. `notices` collects what the
    reader of the report should know.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.damage = ""
        self.notices: list[str] = []
        self._file: IO[bytes] = path.open("rb")
        magic = self._file.read(4)
        self._file.seek(0)
        self.packed = "gzip" if magic[:2] == b"\x1f\x8b" else "zstd" if magic == b"\x28\xb5\x2f\xfd" else ""
        pieces = self._unpack()
        head = next(pieces, b"")
        if len(head) < 4:
            head += next(pieces, b"")
        self.encoding, skip = _encoding(head)
        self._pieces = _recoded(head[skip:], pieces, self.encoding) if self.encoding.startswith("utf-") and self.encoding != "utf-8" else _chain(head[skip:], pieces)  # fmt: skip
        self._rest = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer, or tells the end by 0."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    @property
    def position(self) -> int:
        """How far reading has come in the file, in bytes of it."""
        return self._file.tell()

    def close(self) -> None:
        """Closes the file below as well."""
        self._file.close()
        super().close()

    def lines(self) -> Iterator[bytes | None]:
        """Lines without their ends; None for one that is longer than LINE_BYTES (its rest is skipped)."""
        stream = io.BufferedReader(self, _PIECE)
        while line := stream.readline(LINE_BYTES):
            if len(line) < LINE_BYTES or line.endswith(b"\n"):
                yield line.rstrip(b"\r\n")
                continue
            while line and not line.endswith(b"\n"):
                line = stream.readline(LINE_BYTES)
            yield None

    def blocks(self, size: int) -> Iterator[bytes | None]:
        """Whole lines, about `size` bytes of them at a time; None for a line that is longer than LINE_BYTES (its rest is skipped)."""
        held: list[bytes] = []
        length, skipping = 0, False
        while piece := self._rest or next(self._pieces, b""):
            self._rest = b""
            if skipping:
                _, mark, piece = piece.partition(b"\n")
                skipping = not mark
            at = piece.rfind(b"\n")
            if at < 0:
                held.append(piece)
                length += len(piece)
                if length > LINE_BYTES:
                    start, mark, _ = b"".join(held).rpartition(b"\n")
                    if mark:
                        yield start
                    yield None
                    held, length, skipping = [], 0, True
            elif length + at >= size:
                yield b"".join((*held, piece[:at]))
                held, length = [piece[at + 1 :]], len(piece) - at - 1
            else:
                held.append(piece)
                length += len(piece)
        if length:
            yield b"".join(held)

    def text(self) -> io.TextIOWrapper:
        """As text. Bytes that are not UTF-8 are read as Windows-1252, with a notice."""
        return io.TextIOWrapper(io.BufferedReader(self, _PIECE), encoding="utf-8", errors=LENIENT, newline="")

    def head(self, size: int = 1 << 20) -> bytes:
        """The first bytes, without taking them from the stream."""
        pieces, length = [self._rest], len(self._rest)
        while length < size and (piece := next(self._pieces, b"")):
            pieces.append(piece)
            length += len(piece)
        self._rest = b"".join(pieces)
        return self._rest[:size]

    def _unpack(self) -> Iterator[bytes]:
        if self.packed == "gzip":
            yield from self._gunzip()
        elif self.packed == "zstd":
            yield from self._unzstd()
        else:
            while piece := self._file.read(_PIECE):
                yield piece

    def _gunzip(self) -> Iterator[bytes]:
        member = zlib.decompressobj(31)
        fed = False
        while data := self._file.read(_PIECE):
            while data:
                try:
                    piece = member.decompress(data, _PIECE)
                except zlib.error as error:
                    if not fed:
                        self.notices.append("bytes after the end of the gzip data were left out")
                    else:
                        self.damage = f"the gzip data is damaged ({error})"
                    return
                fed = True
                if piece:
                    yield piece
                data = member.unconsumed_tail
                if member.eof:
                    data = member.unused_data.lstrip(b"\0")
                    member, fed = zlib.decompressobj(31), False
        while fed and (piece := member.decompress(member.unconsumed_tail, _PIECE)):
            yield piece
        if fed and not member.eof:
            self.damage = "the gzip data ends in the middle"

    def _unzstd(self) -> Iterator[bytes]:
        import pyarrow as pa

        with pa.input_stream(str(self.path), compression="zstd") as stream:
            while True:
                try:
                    piece: bytes = stream.read(1 << 16)
                except OSError as error:
                    self.damage = f"the zstd data is damaged or ends in the middle ({str(error)[:80]})"
                    return
                if not piece:
                    return
                yield piece


def _chain(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from pieces


def _encoding(head: bytes) -> tuple[str, int]:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    # UTF-16 without a mark: text of the first 128 characters has a zero in every second byte.
    sample = head[:256]
    if len(sample) >= 8 and sample.count(0) > len(sample) // 3:
        if sum(byte == 0 for byte in sample[1::2]) > len(sample) // 3:
            return "utf-16-le", 0
        if sum(byte == 0 for byte in sample[::2]) > len(sample) // 3:
            return "utf-16-be", 0
    return "utf-8", 0


def _recoded(head: bytes, pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in _chain(head, pieces):
        if text := decoder.decode(piece):
            yield text.encode("utf-8", "replace")
    if text := decoder.decode(b"", True):
        yield text.encode("utf-8", "replace")


LENIENT = "watchbook.windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(LENIENT, _as_windows)
