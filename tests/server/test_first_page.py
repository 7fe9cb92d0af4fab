"""The dashboard as a browser meets it: bytes over the wire, headers in force, failures, the token."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.server.listening import ask
from tests.serving import Serving, serving
from tests.shared import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = Path(__file__).with_name("charts_page.py")
MOST_BYTES = 1_800_000


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Started in a folder whose own Streamlit options must not matter."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(
        '[browser]\ngatherUsageStats = true\n[client]\ntoolbarMode = "developer"\n'
    )
    with serving(PAGE, folder=folder) as running:
        yield running


def _drawn(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 3_000})  # all of it near the screen
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .main-svg').length >= 12")
    page.wait_for_function("() => document.querySelectorAll('.wb-grid[data-ready]').length === 6")


@pytest.mark.browser
def test_a_cold_page_of_charts_and_grids_is_small_over_the_wire_and_a_warm_one_next_to_nothing(
    page: Page, charts: Serving
) -> None:
    received: list[float] = []
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    tools.on(
        "Network.webSocketFrameReceived", lambda event: received.append(len(event["response"]["payloadData"]) * 3 / 4)
    )
    page.goto(charts.url)
    _drawn(page)
    page.wait_for_load_state("networkidle")
    assert 1_000_000 < sum(received) < MOST_BYTES
    received.clear()
    page.reload()
    _drawn(page)
    assert sum(received) < 150_000


@pytest.mark.browser
def test_the_shipped_options_hold_whatever_folder_the_server_started_in(page: Page, charts: Serving) -> None:
    page.goto(charts.url)
    _drawn(page)
    expect(page.get_by_test_id("stAppDeployButton")).to_have_count(0)
    for scheme, ink in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 29)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.reload()
        _drawn(page)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", ink)


@pytest.mark.browser
def test_a_failing_page_shows_a_reference_and_no_traceback(page: Page, charts: Serving) -> None:
    page.goto(charts.url)
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_test_id("stAlert")).to_have_text(re.compile("^SV008: This part of the page failed."))
    assert "secret detail" not in page.locator("body").inner_text()
    assert "Traceback" not in page.locator("body").inner_text()


@pytest.mark.browser
def test_beyond_loopback_a_browser_gives_the_printed_token_once(page: Page) -> None:
    with serving(PAGE, host="0.0.0.0") as running:
        token = next(line for line in running.said if "Token" in line).split()[-1]
        url = running.url.replace("localhost", "127.0.0.1")
        page.goto(url)
        page.get_by_label("Token").fill("not the token")
        page.get_by_role("button", name="Open the dashboard").click()
        expect(page.get_by_role("alert")).to_have_text("That is not the token.")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Open the dashboard").click()
        _drawn(page)
        assert "token" not in page.url


def test_only_what_the_pages_need_of_streamlit_is_served(charts: Serving) -> None:
    port = int(charts.url.rsplit(":", 1)[1])
    assert ask(port, "/_stcore/health").status == 200
    for path in (
        "/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/script-health-check",
        "/component/x",
        "/auth/login",
    ):
        answer = ask(port, path)
        assert answer.status == 404 or b'id="root"' in answer.body, path
    assert ask(port, "/_stcore/agent/interact", method="POST", body=b"{}").status == 405


def test_interrupting_the_server_ends_it_quietly() -> None:
    with serving(PAGE) as running:
        assert running.process
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(60) == 0


def test_a_taken_port_is_reported_in_one_sentence() -> None:
    import socket

    from dashboard.errors import WatchbookError
    from dashboard.server.serve import open_socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            WatchbookError, match=rf"SV001: Port {port} of 127.0.0.1 can't be opened: another program listens there."
        ):
            open_socket("127.0.0.1", port)
    with pytest.raises(WatchbookError, match="SV001"):
        open_socket("no.such.host.invalid", 0)
    with pytest.raises(WatchbookError, match="SV001"):
        open_socket("127.0.0.1", 99_999)


def test_the_command_line_stays_quick_and_the_server_room_needs_no_streamlit() -> None:
    script = "import json, sys, dashboard.server.serve; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    loaded = json.loads(
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    )
    assert not {"streamlit", "pandas", "pyarrow", "duckdb", "plotly", "uvicorn", "brotli"} & set(loaded)
