"""Syslog and CEF over UDP and TCP: a line or a datagram is a row of Syslog, or of CommonSecurityLog where it is CEF.

TCP takes both framings of RFC 6587: lines, and a length before each message. UDP has no acknowledgement: what finds the journal full
is counted as dropped.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from concurrent.futures import Future
from typing import Any

from dashboard.ingest.imports.text_logs import log_record
from dashboard.ingest.journal import Full, Journal

LONGEST = 64 * 1024
_LENGTH = re.compile(rb"(\d{1,6}) (?=<)")
_GATHER_SECONDS = 0.2
_BATCH = 2_000


class SyslogReceiver:
    """Both transports in front of one journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._flushing: asyncio.Task[None] | None = None
        self.dropped = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None

    async def start(self, host: str, udp: int | None, tcp: int | None) -> tuple[int | None, int | None]:
        """Opens the ports that are not None (0 is any free one) and gives their numbers. Raises OSError."""
        found: list[int | None] = [None, None]
        loop = asyncio.get_running_loop()
        if udp is not None:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=(host, udp))
            found[0] = self._transport.get_extra_info("sockname")[1]
        if tcp is not None:
            self._server = await asyncio.start_server(self._serve, host, tcp)
            found[1] = self._server.sockets[0].getsockname()[1]
        return found[0], found[1]

    async def stop(self) -> None:
        """Closes the ports; what was taken goes to the journal."""
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()
        self._flush()

    def take_datagram(self, data: bytes, sender: str) -> None:
        """One datagram."""
        for table, record in _rows([data], sender):
            rows = self._waiting.setdefault(table, [])
            if len(rows) >= _BATCH * 10:
                self.dropped += 1
                continue
            rows.append(record)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush_soon())

    async def _flush_soon(self) -> None:
        await asyncio.sleep(_GATHER_SECONDS)
        self._flushing = None
        self._flush()

    def _flush(self) -> None:
        for table, rows in self._waiting.items():
            if rows:
                try:
                    self._journal.put(table, rows)
                except Full:
                    self.dropped += len(rows)
        self._waiting = {}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = str((writer.get_extra_info("peername") or ("",))[0])
        held = b""
        try:
            while data := await reader.read(LONGEST):
                messages, held = split_messages(held + data)
                if len(held) > LONGEST:
                    messages, held = [*messages, held], b""
                await self._put(_rows(messages, sender))
            await self._put(_rows([held], sender))
        except ConnectionError:
            pass  # A sender that goes away ends its own connection only.
        finally:
            writer.close()

    async def _put(self, rows: list[tuple[str, dict[str, Any]]]) -> None:
        by_table: dict[str, list[dict[str, Any]]] = {}
        for table, record in rows:
            by_table.setdefault(table, []).append(record)
        for table, records in by_table.items():
            done: Future[None] | None = None
            while done is None:
                try:
                    done = self._journal.put(table, records)
                except Full:
                    await asyncio.sleep(0.5)  # Not read meanwhile: the sender's own buffer fills, and it waits.
            await asyncio.wrap_future(done)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receiver: SyslogReceiver) -> None:
        self._receiver = receiver

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._receiver.take_datagram(data, str(addr[0]))


def split_messages(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole messages at the start of what a connection gave, in either framing of RFC 6587, and the rest."""
    found = []
    at = 0
    while at < len(data):
        counted = _LENGTH.match(data, at)
        if counted:
            end = counted.end() + int(counted[1])
            if end > len(data):
                break
            found.append(data[counted.end() : end])
        else:
            end = data.find(b"\n", at)
            if end < 0:
                break
            found.append(data[at:end])
            end += 1
        at = end
    return found, data[at:]


def _rows(lines: list[bytes], sender: str) -> list[tuple[str, dict[str, Any]]]:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    found = []
    for line in lines:
        text = line.decode("utf-8", "replace").strip("\r\n\0 ")
        if text:
            found.append(log_record(text, now, sender))
    return found
