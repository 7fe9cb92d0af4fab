"""The one event loop in which requests to Azure are on their way, and how a thread waits for one of them."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import threading
import weakref
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from dashboard.engines.protocol import CancelToken
from dashboard.errors import Cancelled

T = TypeVar("T")
_CLOSING_SECONDS = 1.0
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop, in a thread of its own that ends with the process."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            # Registered first, it runs after the closing of each client.
            atexit.register(_end, _loop)
            threading.Thread(target=_loop.run_forever, name="azure", daemon=True).start()
        return _loop


def wait_for(work: Coroutine[Any, Any, T], cancel: CancelToken | None = None) -> T:
    """What `work` gives. A cancel, or an interrupt of the waiting thread, stops the request that is on its way. Raises
    Cancelled."""
    if cancel is not None and cancel.cancelled:
        work.close()
        raise Cancelled
    future = asyncio.run_coroutine_threadsafe(work, running_loop())
    if cancel is not None:
        cancel.on_cancel(partial(_stop, future))
    try:
        return future.result()
    except concurrent.futures.CancelledError:
        raise Cancelled from None
    finally:
        future.cancel()


def _stop(future: concurrent.futures.Future[Any]) -> None:
    future.cancel()


def close_with(owner: object, client: Any) -> None:
    """Has the client's connections closed when `owner` is gone, or at the end of the process."""
    weakref.finalize(owner, _close, client)


def _close(client: Any) -> None:
    # Never waited for here: this may run in any thread at any moment, in the loop's own, too.
    asyncio.run_coroutine_threadsafe(client.close(), running_loop())


async def _settle() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    if others:
        await asyncio.wait(others)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """At the end of the process: connections are closed before the loop is gone."""
    with contextlib.suppress(Exception):
        asyncio.run_coroutine_threadsafe(_settle(), loop).result(_CLOSING_SECONDS)
