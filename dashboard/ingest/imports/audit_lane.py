"""An audit log of many lines by several processes: blocks of lines out, columns back, in the order of the file.

Python does one thing at a time in a process, and a large log is worth all cores of the machine. A worker is this module run with
`python -m`: it reads blocks from its standard input and answers on its standard output, and ends when the input does.
"""

from __future__ import annotations

import gc
import os
import queue
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from dashboard.ingest.imports.audit_columns import Block, audit_block, no_rows
from dashboard.ingest.imports.identity import packed
from dashboard.ingest.imports.source import Source

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BLOCK_BYTES = 4 << 20
WORTH_BYTES = 48 << 20
"""A file smaller than this is done before the workers have started."""
_SIZE = struct.Struct("<Q")


@dataclass(frozen=True)
class Part:
    """A block as tables, the identities of their rows, and the lines that go the ordinary way with their numbers; None is a line
    too long to be read."""

    tables: dict[str, pa.Table]
    identities: np.ndarray
    others: list[tuple[int, bytes | None]]
    lines: int


def audit_parts(source: Source, size: int) -> Iterator[Part]:
    """The lines of an audit log of `size` bytes, a block at a time."""
    count = min(4, os.cpu_count() or 1) if size >= WORTH_BYTES or source.packed else 0
    number = 1
    with ExitStack() as stack:
        pool = stack.enter_context(_workers(count)) if count > 1 else None
        waiting: deque[tuple[int, list[bytes], Future[Block]]] = deque()
        for block in source.blocks(BLOCK_BYTES):
            if block is None:
                while waiting:
                    yield _part(*waiting.popleft())
                yield Part({}, no_rows([]).identities, [(number, None)], 1)
                number += 1
                continue
            lines = block.split(b"\n")
            if pool is None:
                done: Future[Block] = Future()
                done.set_result(audit_block(lines))
            else:
                done = pool.send(block)
            waiting.append((number, lines, done))
            number += len(lines)
            while len(waiting) > count:
                yield _part(*waiting.popleft())
        while waiting:
            yield _part(*waiting.popleft())


def _part(number: int, lines: list[bytes], done: Future[Block]) -> Part:
    block = done.result()
    others: list[tuple[int, bytes | None]] = [(number + i, lines[i]) for i in block.others]
    return Part(block.tables(lines), block.identities, others, len(block.identities) + len(block.others))


class _Pool:
    def __init__(self, count: int, stack: ExitStack) -> None:
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._threads = stack.enter_context(ThreadPoolExecutor(count, "audit"))
        root = str(Path(__file__).resolve().parents[3])
        path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
        for _ in range(count):
            worker = subprocess.Popen(  # noqa: S603 our own module, no shell
                [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
            stack.callback(_end, worker)
            self._idle.put(worker)

    def send(self, block: bytes) -> Future[Block]:
        return self._threads.submit(self._ask, block)

    def _ask(self, block: bytes) -> Block:
        worker = self._idle.get()
        try:
            assert worker.stdin is not None  # noqa: S101
            assert worker.stdout is not None  # noqa: S101
            _write(worker.stdin, [block])
            return _unpacked(worker.stdout)
        except (OSError, EOFError):
            # A worker that was killed takes nothing with it: the block is done here.
            return audit_block(block.split(b"\n"))
        finally:
            self._idle.put(worker)


@contextmanager
def _workers(count: int) -> Iterator[_Pool]:
    with ExitStack() as stack:
        yield _Pool(count, stack)


def _end(worker: subprocess.Popen[bytes]) -> None:
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    worker.terminate()
    worker.wait()


def _write(out: IO[bytes], pieces: list[Any]) -> None:
    out.write(_SIZE.pack(sum(len(piece) for piece in pieces)))
    for piece in pieces:
        out.write(piece)
    out.flush()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return body


def _packed_block(block: Block) -> list[Any]:
    import pyarrow as pa

    parts = []
    for table in (block.audit, block.flat):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        parts.append(sink.getvalue())
    identities = block.identities.tobytes()
    head = orjson.dumps({
        "tables": [len(part) for part in parts], "others": block.others, "identities": len(identities),
    })  # fmt: skip
    return [_SIZE.pack(len(head)), head, identities, *parts]


def _unpacked(stream: IO[bytes]) -> Block:
    import pyarrow as pa

    body = pa.py_buffer(_read(stream))
    (size,) = _SIZE.unpack(body[: _SIZE.size])
    at = _SIZE.size + size
    head = orjson.loads(body[_SIZE.size : at].to_pybytes())
    identities = packed([body[at : at + head["identities"]].to_pybytes()])
    at += head["identities"]
    tables = []
    for length in head["tables"]:
        tables.append(pa.ipc.open_stream(body[at : at + length]).read_all())
        at += length
    return Block(tables[0], tables[1], identities, head["others"])


def main() -> None:
    """A worker: blocks in, columns out, until the input ends."""
    gc.disable()  # records hold no cycles
    while True:
        try:
            block = _read(sys.stdin.buffer)
        except EOFError:
            return
        _write(sys.stdout.buffer, _packed_block(audit_block(block.split(b"\n"))))


if __name__ == "__main__":
    main()
