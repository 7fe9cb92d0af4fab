"""The real dashboard in a process of its own, on a free port of loopback, for tests that talk to it over HTTP, and the browser
that looks at it."""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.shared import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

_START = """
import sys
from pathlib import Path
from dashboard import app
host, script, workbooks, data = sys.argv[1:]
folder = lambda name: Path(name) if name else None
app.serve(host, 0, folder(workbooks), folder(data), script=folder(script) or app.SCRIPT, say=lambda line: print(line, flush=True))
"""


# A page asks for a run of its script (rerun_script, field 11 of Streamlit's BackMsg), and after a while, which is long on a loaded
# machine, the server says that one began (new_session, field 4 of ForwardMsg). Between the two nothing on the page tells.
RUNS = """() => {
  const runs = (window.scriptRuns = { asked: 0, begun: 0 });
  const kind = (bytes) => {
    let at = 0;
    const number = () => {
      let sum = 0;
      for (let shift = 0; at < bytes.length; shift += 7) {
        sum |= (bytes[at] & 127) << shift;
        if (bytes[at++] < 128) break;
      }
      return sum;
    };
    while (at < bytes.length) {
      const field = number() >> 3;
      if (field > 2) return field; // 1 and 2 are the hash and what is said about the message
      const size = number();
      at += size;
    }
    return 0;
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (data instanceof ArrayBuffer && kind(new Uint8Array(data)) === 4) runs.begun = performance.now();
      });
    }
    send(data) {
      if (data instanceof Uint8Array && kind(data) === 11) runs.asked = performance.now();
      super.send(data);
    }
  };
}"""


@dataclass
class Serving:
    """A running dashboard: its address without a slash at the end, what it printed before it was ready, its process."""

    url: str
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None


def launch_chromium(playwright: Playwright) -> Browser:
    """A headless Chromium. (`make test` sees to it that there is one.)"""
    from dashboard.export.chromium import find_chromium

    path = find_chromium()
    assert path, "no Chromium on the PATH; `make chromium` installs one or says how"
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def open_page(browser: Browser, **options: Any) -> Page:
    """A page in a context of its own. It keeps in `scriptRuns` when it asked for a run of its script, and when one began."""
    context = browser.new_context(**options)
    # The first page of a fresh server compresses megabytes of scripts; a loaded machine takes its time.
    context.set_default_timeout(60_000)
    context.add_init_script(f"({RUNS})()")
    return context.new_page()


@contextlib.contextmanager
def serving(
    script: Path | None = None,
    *,
    host: str = "127.0.0.1",
    workbooks: Path | None = None,
    data: Path | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[Serving]:
    """Serves the pages, or another Streamlit `script`, until the block ends. `folder` is its working directory."""
    arguments = [host, *(str(part.resolve()) if part else "" for part in (script, workbooks, data))]
    given = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-c", _START, *arguments],
        env=given, cwd=folder or ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        running = _wait(lines)
        running.process = process
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(url: str) -> None:
    """Waits until the server, whose port is open already, answers."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


def _wait(lines: queue.Queue[str | None]) -> Serving:
    said: list[str] = []
    while True:
        line = lines.get(timeout=120)
        if line is None:
            raise AssertionError("the dashboard did not start:\n" + "\n".join(said))
        said.append(line)
        found = re.search(r"Watchbook is at (http://\S+)", line)
        if found:
            # More lines (a token) follow at once; they are there before a connection is answered.
            _answers(found[1])
            while True:
                try:
                    following = lines.get(timeout=0.3)
                except queue.Empty:
                    return Serving(found[1], said)
                if following is not None:
                    said.append(following)
