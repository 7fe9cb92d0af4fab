"""The process behind `watchbook listen`: the ingestion endpoints, Syslog and CEF, in front of one journal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from dashboard import settings
from dashboard.errors import Problem, WatchbookError
from dashboard.ingest.journal import Journal
from dashboard.server.api_serve import token_for
from dashboard.server.asgi import App
from dashboard.server.headers import SecurityHeaders
from dashboard.server.hosts import AllowedHosts, is_loopback
from dashboard.server.ingestion import AUDIT_BYTES, BODY_BYTES, Ingestion
from dashboard.server.limits import BodyLimit
from dashboard.server.log import AccessLog, LastDefence
from dashboard.server.serve import Health, address, make_server, open_socket
from dashboard.server.syslog import SyslogReceiver


def guarded_ingestion(journal: Journal, *, host: str, token: str = "", names: frozenset[str] = frozenset()) -> App:
    """The ingestion endpoints behind every guard; `names` are host names to answer for beside loopback."""
    inner: App = Health(Ingestion(journal, token))
    inner = BodyLimit(inner, limit=BODY_BYTES, longer={"/audit": AUDIT_BYTES, "/k8s/audit": AUDIT_BYTES})
    inner = AllowedHosts(inner, listen=host, names=names)
    return AccessLog(SecurityHeaders(LastDefence(inner)))


def listen_rows(
    folder: Path,
    *,
    host: str,
    port: int,
    syslog: int | None = None,
    token: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Takes rows into `folder` until told to stop. `syslog` is the port for Syslog and CEF, UDP and TCP; None opens none.
    Raises WatchbookError (SV001, SV009, IN014, IN015)."""
    token, made = token_for(host, token)
    listening = open_socket(host, port)
    try:
        journal = Journal(folder, most_bytes=settings.integer("listen_waiting_mb") << 20)
        try:
            port = listening.getsockname()[1]
            names = settings.names("allowed_hosts")
            server = make_server(guarded_ingestion(journal, host=host, token=token, names=names), compress=False)
            receiver = SyslogReceiver(journal)

            async def work() -> None:
                ports = await _open_syslog(receiver, host, syslog)
                say(f"Rows are taken at {address(host, port)}")
                if ports is not None:
                    say(f"Syslog and CEF are taken at {host}, UDP port {ports[0]} and TCP port {ports[1]}")
                if made:
                    say(f"Token made for this run: {token}")
                if not is_loopback(host):
                    say("Syslog has no token, and traffic is not encrypted: keep it in a network you trust.")
                sys.stdout.flush()
                try:
                    await server.serve(sockets=[listening])
                finally:
                    await receiver.stop()

            with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends the command, it is no failure
                asyncio.run(work())
            if receiver.dropped:
                say(f"{receiver.dropped:,} datagrams were dropped: more waited than may.")
        finally:
            journal.close()
            counts = journal.counts
            say(f"{counts.taken:,} rows taken, {counts.landed:,} new in their tables, {counts.rejected:,} rejected")
            for failure in counts.failures[:5]:
                say(f"kept for the next start: {failure}")
    finally:
        listening.close()


async def _open_syslog(receiver: SyslogReceiver, host: str, port: int | None) -> tuple[int | None, int | None] | None:
    if port is None:
        return None
    try:
        return await receiver.start(host, port, port)
    except OSError as error:
        raise WatchbookError(
            Problem(
                "SV001",
                f"Port {port} of {host} can't be opened for Syslog: {error.strerror or error}.",
                hint="Choose another with --syslog; --syslog none opens none.",
            )
        ) from None
