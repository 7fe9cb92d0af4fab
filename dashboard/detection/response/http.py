"""One HTTP exchange with an address that was checked: pinned to it, with one deadline for all of it, redirects not followed."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from dashboard.detection.response.addresses import Resolve, Target, check_address, resolve
from dashboard.errors import Problem, WatchbookError

SECONDS = 30.0
_LARGEST = 64 << 10
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered: its status, the first 64 KB of its body, its headers in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class SendFailed(WatchbookError):
    """Raised where something was not taken. `again`: whether another try may help; `after`: seconds the receiver asks to wait."""

    def __init__(self, problem: Problem, again: bool, after: float | None = None) -> None:
        super().__init__(problem)
        self.again = again
        self.after = after


def exchange(
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "",
    entries: Sequence[str] | None = None,
    lookup: Resolve = resolve,
    seconds: float = SECONDS,
    largest: int = _LARGEST,
    context: ssl.SSLContext | None = None,
) -> Reply:
    """Sends `body` (POST; GET where None) and returns the answer of status 2xx.

    Raises WatchbookError (RS001) where the address may not be contacted, and SendFailed (RS002) where the receiver did not
    take it: it hangs, breaks off, redirects, has a wrong certificate, answers 4xx or 5xx.
    """
    try:
        target = check_address(url, entries, lookup)
    except WatchbookError as error:
        if error.problem.code == "RS002":
            raise SendFailed(error.problem, again=True) from None
        raise
    connection = _Pinned(target, seconds, context)
    # A receiver that sends one byte a minute keeps every single read alive: the clock ends it.
    ended = threading.Event()

    def end() -> None:
        ended.set()
        connection.cut()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        sent = {"Host": _host(target), "User-Agent": "Watchbook", "Connection": "close", **(headers or {})}
        connection.request(method or ("GET" if body is None else "POST"), target.path, body=body, headers=sent)
        answer = connection.getresponse()
        if ended.is_set():
            raise TimeoutError
        found = {name.lower(): value for name, value in answer.getheaders()}
        content = b""
        with contextlib.suppress(OSError, http.client.HTTPException):
            # The status is the receipt; a body that breaks off takes nothing of it back.
            content = answer.read(largest)
        status = answer.status
    except ssl.SSLError as error:
        if ended.is_set():
            raise _failed(target, f"did not answer within {seconds:g} seconds", again=True) from None
        reason = getattr(error, "verify_message", "") or re.sub(r"\(_ssl.*", "", str(error)).strip()
        raise _failed(target, f"has no encryption that can be trusted: {reason}", again=False) from None
    except (TimeoutError, OSError, http.client.HTTPException, ValueError) as error:
        if ended.is_set() or isinstance(error, TimeoutError):
            raise _failed(target, f"did not answer within {seconds:g} seconds", again=True) from None
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise _failed(target, f"broke off: {reason}", again=True) from None
    finally:
        timer.cancel()
        connection.close()
    return _judged(target, Reply(status, content, found))


def _judged(target: Target, reply: Reply) -> Reply:
    status = reply.status
    if 200 <= status < 300:
        return reply
    if 300 <= status < 400:
        # Following it would send the incident to an address that nobody checked.
        raise _failed(target, f"answers with a redirect ({status}), which is not followed", again=False)
    raise _failed(
        target, f"answers {status}", again=status in _AGAIN, after=_wait(reply.headers.get("retry-after", ""))
    )


def _wait(text: str) -> float | None:
    """Seconds of a Retry-After header, at most an hour."""
    if text.strip().isdigit():
        return min(float(text), 3600.0)
    with contextlib.suppress(ValueError, TypeError):
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - time.time()), 3600.0)
    return None


def _failed(target: Target, sentence: str, *, again: bool, after: float | None = None) -> SendFailed:
    return SendFailed(Problem("RS002", f"{target.shown} {sentence}."), again, after)


def _host(target: Target) -> str:
    return target.shown.split("://", 1)[1]


class _Pinned(http.client.HTTPConnection):
    """A connection to the checked address; TLS asks for the certificate of the name."""

    def __init__(self, target: Target, seconds: float, context: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._target = target
        self._context = context

    def connect(self) -> None:
        """Connects to the address that was checked, whatever the name means by now."""
        self.sock = socket.create_connection((self._target.address, self._target.port), self.timeout)
        if self._target.scheme == "https":
            context = self._context or ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._target.host)

    def cut(self) -> None:
        """Ends the connection from another thread."""
        sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
