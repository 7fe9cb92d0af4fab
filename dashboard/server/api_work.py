"""Where queries of the API run: a fixed number at once in threads, some more waiting, everything else refused."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

from dashboard.engines.protocol import CancelToken
from dashboard.server.api_errors import ApiError
from dashboard.server.asgi import Receive

T = TypeVar("T")


class Work:
    """Threads for queries and for turning rows into text. `at_once` queries run, `waiting` more may be in hand: being
    queued, or being sent to a slow reader. Used from one event loop."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._most = at_once + waiting
        self._held = 0
        self._queries = concurrent.futures.ThreadPoolExecutor(at_once, "api-query")
        # Text is made beside, so that a slow reader of a long answer holds up no query.
        self._writing = concurrent.futures.ThreadPoolExecutor(2, "api-rows")

    @contextlib.contextmanager
    def held(self, count: int = 1) -> Iterator[None]:
        """Counts `count` queries as in hand. Raises ApiError (429) where they are too many."""
        if self._held + count > self._most:
            said = "Too many queries are running and waiting. Try again in a moment."
            raise ApiError(429, "ThrottledError", said, headers=[(b"retry-after", b"1")])
        self._held += count
        try:
            yield
        finally:
            self._held -= count

    async def query(self, work: Callable[[], T]) -> T:
        """What `work` gives, run in a thread when one is free."""
        return await asyncio.get_running_loop().run_in_executor(self._queries, work)

    async def pieces(self, texts: Iterator[str]) -> AsyncIterator[bytes]:
        """The pieces of an answer, each made in a thread when the one before has been sent."""
        loop = asyncio.get_running_loop()
        ended = False
        while not ended:
            piece, ended = await loop.run_in_executor(self._writing, gather, texts)
            yield piece

    def close(self) -> None:
        """Takes no more work; what runs ends by itself or by its cancel."""
        self._queries.shutdown(wait=False, cancel_futures=True)
        self._writing.shutdown(wait=False, cancel_futures=True)


def gather(texts: Iterator[str], least: int = 65_536) -> tuple[bytes, bool]:
    """The next pieces of text, until they are worth sending, and whether they were the last."""
    found: list[str] = []
    size = 0
    for text in texts:
        found.append(text)
        size += len(text)
        if size >= least:
            return "".join(found).encode(), False
    return "".join(found).encode(), True


@contextlib.asynccontextmanager
async def cancelled_when_gone(receive: Receive) -> AsyncIterator[CancelToken]:
    """A token that is cancelled when the client goes away, and at the end, so that nothing outlives its request. The
    request's body must have been read."""
    cancel = CancelToken()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        cancel.cancel()

    watcher = asyncio.ensure_future(watch())
    try:
        yield cancel
    finally:
        watcher.cancel()
        cancel.cancel()
