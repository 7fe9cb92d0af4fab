"""Fixtures for tests in a real browser against the real dashboard: `browser`, `page`, `server`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.serving import Serving, launch_chromium, open_page, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# No test reads or changes what the person who runs it keeps in their own folder.
os.environ["WATCHBOOK_HOME"] = tempfile.mkdtemp(prefix="watchbook-tests-")

# The same made-up texts on every run, however slow the machine is: what fails once fails again.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests run in one worker, so that they share one Chromium and one server."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the session. (`make test` sees to it that there is one.)"""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a loaded machine takes its time
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of 1440 × 900. At its end, no script may have failed and nothing may have been blocked by the content
    policy, and no host but loopback may have been asked for anything."""
    page = open_page(browser, viewport={"width": 1440, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"a script failed: {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda asked: wrong.append(f"asked {asked.url}") if _is_outside(asked.url) else None)
    page.on("websocket", lambda socket: wrong.append(f"asked {socket.url}") if _is_outside(socket.url) else None)
    yield page
    page.context.close()
    assert not wrong, "\n".join(wrong)


def _is_outside(url: str) -> bool:
    own = ("http://127.0.0.1:", "ws://127.0.0.1:", "http://localhost:", "ws://localhost:", "data:", "blob:")
    return not url.startswith(own)


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small sample estate; read only."""
    from dashboard.ingest.estate import generate

    folder = tmp_path_factory.mktemp("estate")
    generate(folder)
    return folder


@pytest.fixture(scope="session")
def server(estate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The dashboard with its own pages, the shipped workbooks and the small sample estate."""
    with serving(data=estate, workbooks=tmp_path_factory.mktemp("workbooks")) as running:
        yield running
