"""One Chromium that stays: pages are printed and charts are drawn in it without starting it anew each time.

It is spoken to over a pipe (the DevTools protocol, messages ended by a zero byte), so that no port is opened. It gets files
that we made, in a profile of its own, with every host name unknown to it. It ends with the process, or after some idle
minutes. A caller waits in its own thread; several may at once.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dashboard.engines.protocol import CancelToken
from dashboard.errors import Problem, WatchbookError

SECONDS = 60
_IDLE_SECONDS = 300
_POLL = 0.05
# Chromium reads from file 3 and writes to file 4; Python can only pass the numbers it has.
_LAUNCH = """
import fcntl, os, sys
into, out = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3])
os.dup2(into, 3); os.dup2(out, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

FLAGS = (
    "--headless=new", "--disable-gpu", "--disable-extensions", "--disable-background-networking", "--no-first-run", "--disable-sync",
    "--disable-dev-shm-usage", "--mute-audio", "--incognito", "--host-resolver-rules=MAP * ~NOTFOUND", "--log-level=3",
    "--hide-scrollbars",
    *(("--no-sandbox",) if os.name == "posix" and os.geteuid() == 0 else ()),
)  # fmt: skip


def failed(why: str) -> WatchbookError:
    """What a reader is told where Chromium did not do its work."""
    return WatchbookError(
        Problem("EX003", f"Chromium could not draw: {why[:300]}", hint="Export in the browser instead.")
    )


class Tab:
    """A page that is open in the browser."""

    def __init__(self, browser: Browser, target: str, session: str, cancel: CancelToken | None) -> None:
        self._browser, self.target, self._session, self._cancel = browser, target, session, cancel

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command. Raises WatchbookError (EX003, EX004) and Cancelled."""
        return self._browser.call(method, parameters, self._session, self._cancel)

    def run(self, script: str) -> Any:
        """The value of a script's last expression; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            told = answer["exceptionDetails"]
            raise failed(str(told.get("exception", {}).get("description") or told.get("text")))
        return answer["result"].get("value")

    def open(self, page: Path) -> None:
        """Goes to a file and waits until it is loaded."""
        self.call("Page.navigate", url=page.as_uri())
        self.run("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))")


class Browser:
    """The running Chromium. Use `shared()`."""

    def __init__(self, path: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="watchbook-chromium-"))
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any] | None]] = {}
        self._lock = threading.Lock()
        self.used = time.monotonic()
        self.busy = 0
        theirs_in, self._write = os.pipe()
        self._read, theirs_out = os.pipe()
        command = [sys.executable, "-S", "-E", "-c", _LAUNCH, str(theirs_in), str(theirs_out), path, *FLAGS]
        command += [f"--user-data-dir={self.folder / 'profile'}", "--remote-debugging-pipe", "about:blank"]
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command, pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, cwd=self.folder,
            )  # fmt: skip
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        threading.Thread(target=self._listen, name="chromium", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def call(
        self, method: str, parameters: Mapping[str, Any], session: str = "", cancel: CancelToken | None = None
    ) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        deadline = time.monotonic() + SECONDS
        try:
            with self._lock:
                self._waiting[number] = answers
                data = json.dumps(message).encode() + b"\0"
                while data:
                    data = data[os.write(self._write, data) :]
            while True:
                if cancel is not None:
                    cancel.check()
                try:
                    answer = answers.get(timeout=_POLL)
                    break
                except queue.Empty:
                    if time.monotonic() > deadline:
                        raise WatchbookError(
                            Problem(
                                "EX004", f"Chromium took longer than {SECONDS} seconds.", hint="Export fewer items."
                            )
                        ) from None
        except OSError as error:
            raise failed(str(error)) from error
        finally:
            self._waiting.pop(number, None)
        if answer is None:
            raise failed("It ended.")
        if "error" in answer:
            raise failed(str(answer["error"].get("message")))
        return dict(answer.get("result") or {})

    def _listen(self) -> None:
        rest = bytearray()
        with suppress(OSError):
            while chunk := os.read(self._read, 1 << 20):
                rest += chunk
                if b"\0" not in chunk:
                    continue
                *messages, rest = rest.split(b"\0")
                for text in messages:
                    message = json.loads(text)
                    waiting = self._waiting.get(message.get("id", 0))
                    if waiting is not None:
                        waiting.put(message)
        for waiting in list(self._waiting.values()):
            waiting.put(None)

    @contextmanager
    def tab(self, cancel: CancelToken | None = None) -> Iterator[Tab]:
        """A new page, closed at the end."""
        target = self.call("Target.createTarget", {"url": "about:blank"}, cancel=cancel)["targetId"]
        try:
            attached = self.call("Target.attachToTarget", {"targetId": target, "flatten": True}, cancel=cancel)
            yield Tab(self, target, attached["sessionId"], cancel)
        finally:
            with suppress(WatchbookError):
                self.call("Target.closeTarget", {"targetId": target})

    def end(self) -> None:
        """Ends it and takes its profile away."""
        with suppress(OSError):
            self._process.kill()
        with suppress(OSError, subprocess.TimeoutExpired):
            self._process.wait(5)
        for end in (self._read, self._write):
            with suppress(OSError):
                os.close(end)
        shutil.rmtree(self.folder, ignore_errors=True)


_making = threading.Lock()
_running: Browser | None = None
_picture_lock = threading.Lock()
_picture: tuple[Browser, Tab, Any] | None = None


@contextmanager
def shared(path: str) -> Iterator[Browser]:
    """The one browser of this process, started when it is first needed or has ended."""
    global _running
    with _making:
        if _running is None or not _running.alive:
            if _running is not None:
                _running.end()
            else:
                atexit.register(close)
            _running = Browser(path)
            threading.Thread(target=_watch, args=(_running,), name="chromium-idle", daemon=True).start()
        browser = _running
        browser.busy += 1
    try:
        yield browser
    finally:
        with _making:
            browser.busy -= 1
            browser.used = time.monotonic()


def _watch(browser: Browser) -> None:
    """Ends a browser that nobody needed for a while."""
    while browser.alive:
        time.sleep(10)
        with _making:
            if not browser.busy and time.monotonic() - browser.used > _IDLE_SECONDS:
                browser.end()


def close() -> None:
    """Ends the browser, if one runs."""
    global _running, _picture
    with _making:
        if _running is not None:
            _running.end()
        _running, _picture = None, None


def picture(browser: Browser, blank: Callable[[], bytes], chart: str) -> str:
    """The data URL of a chart (JSON text as `picture.js` takes it), drawn in a page that stays open with its library."""
    global _picture
    with _picture_lock:
        if _picture is None or _picture[0] is not browser:
            page = browser.folder / "picture.html"
            page.write_bytes(blank())
            opened = browser.tab()
            tab = opened.__enter__()
            tab.open(page)
            _picture = (browser, tab, opened)
        try:
            return str(_picture[1].run(f"picture({json.dumps(chart)})"))
        except WatchbookError:
            _picture = None
            raise
