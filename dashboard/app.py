"""The dashboard as one ASGI application, and the function that serves it.

Streamlit is given its options here, from `.streamlit/config.toml` of this project alone: neither the working directory
nor a person's own Streamlit files change how Watchbook is served.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import logging
import os
import re
import secrets
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from dashboard.pages import shelves
from dashboard.server import serve as server
from dashboard.server.asgi import App
from dashboard.visual.html import PRINT

SCRIPT = Path(__file__).resolve().parent / "pages" / "main.py"
SHEETS = (SCRIPT.parent / "static" / "watchbook.css", PRINT)
START = SCRIPT.parent / "static" / "start.js"
# What the pages need of Streamlit's own addresses; its metrics, its agent API and its sign-in stay out of reach.
_PASSED_ON = ("/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/_stcore/upload_file/", "/media/")
_COMPONENTS = "/_stcore/bidi-components/"
_LOG = logging.getLogger("watchbook.pages")


def streamlit_options() -> dict[str, Any]:
    """The shipped Streamlit options by dotted name: from the wheel's copy, else from the checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "_shipped" / "streamlit" / "config.toml"
    path = inside if inside.is_file() else package.parent / ".streamlit" / "config.toml"
    return _dotted(tomllib.loads(path.read_text(encoding="utf-8")))


def _dotted(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _dotted(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def create_app(script: Path = SCRIPT) -> tuple[App, server.StaticContent, dict[str, int]]:
    """The Streamlit application of `script`, the files served beside it, and its upload limits in bytes."""
    from streamlit import config, file_util
    from streamlit.starlette import App as StreamlitApp
    from streamlit.web import bootstrap

    script = script.resolve()
    config._main_script_path = str(script)
    bootstrap.load_config_options(streamlit_options())
    config.set_option("server.cookieSecret", secrets.token_hex(32))
    static = Path(file_util.get_static_dir())
    index = (static / "index.html").read_text(encoding="utf-8")
    own = {path: _address(path) for path in (*SHEETS, START)} if script == SCRIPT else {}
    content = server.StaticContent(
        start_page=start_page(index, [own[sheet] for sheet in SHEETS], own[START], _drawn_with(static))
        if own
        else start_page(index),
        folders={"/static/": static / "static", shelves.ADDRESS: shelves.PICTURES, **component_folders()},
        # Streamlit's scripts ask for this name; what it is, the content type says.
        files={"/favicon.png": SCRIPT.parent / "static" / "favicon.svg", **{own[path]: path for path in own}},
        passed_on=_PASSED_ON,
    )
    if script == SCRIPT:
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    uploads = {"/_stcore/upload_file/": config.get_option("server.maxUploadSize") * 1_048_576}
    return StreamlitApp(script, on_script_error=draw_failure), content, uploads


def _warm_up() -> None:
    """Imports what the first page and its first query need, while the browser still loads its scripts. What fails here
    fails again, and is shown, when the page imports it."""
    with contextlib.suppress(Exception):
        for name in ("dashboard.pages.data", "pyarrow", "duckdb", "dashboard.pages.workbook", "dashboard.pages.query"):
            importlib.import_module(name)


def _address(path: Path) -> str:
    """The address of a file that browsers keep for good: it changes with the content."""
    return f"/{path.stem}.{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}{path.suffix}"


def _drawn_with(static: Path) -> list[str]:
    """The addresses of the scripts that draw a workbook, which Streamlit would ask for only when the first part of the
    page arrives."""
    found = sorted((static / "static" / "js").glob("BidiComponent.*.js"))
    return [f"/static/js/{path.name}" for path in found] + [
        f"{_COMPONENTS}watchbook.{name}/{name}.js" for name in ("chart", "controls")
    ]


def start_page(index: str, sheets: Iterable[str] = (), script: str = "", soon: Iterable[str] = ()) -> bytes:
    """Streamlit's start page with our title, the style sheets at the addresses `sheets`, and `script`, which runs first and is
    told what to load `soon`; without what the content policy would block or what we switch off: the inline script (only
    read by a prerendering service) and the pointer to the agent API."""
    index = re.sub(r"<!--.*?-->", "", index, flags=re.DOTALL)
    index = re.sub(r"<title>.*?</title>", "<title>Watchbook</title>", index)
    index = re.sub(r"<script>.*?</script>", "", index, flags=re.DOTALL)
    index = re.sub(r'<link rel="service-desc"[^>]*>', "", index)
    index = re.sub(
        r"<noscript>.*?</noscript>", "<noscript>Watchbook needs JavaScript.</noscript>", index, flags=re.DOTALL
    )
    # At the end of the body: Streamlit's own rules are put into the head, and of two equals the later one holds.
    links = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in sheets)
    index = index.replace("</body>", f"{links}</body>")
    if script:
        index = index.replace(
            "<script ", f'<script src="{script}" data-soon="{" ".join(soon)}"></script>\n    <script ', 1
        )
    return re.sub(r"\n\s*\n", "\n", index).strip().encode()


def component_folders() -> dict[str, Path]:
    """The built files of our own components, by the address that Streamlit gives them."""
    root = Path(__file__).resolve().parent / "components"
    return {f"{_COMPONENTS}watchbook.{path.parent.name}/": path for path in sorted(root.glob("*/assets"))}


def draw_failure(failure: Exception) -> bool:
    """Draws an uncaught failure of a page as one message with a code and logs the rest; no traceback reaches a person."""
    import streamlit as st

    from dashboard.errors import WatchbookError

    if isinstance(failure, WatchbookError):
        st.error("\n\n".join(problem.describe() for problem in failure.problems))
        return True
    reference = secrets.token_hex(4)
    _LOG.error("SV008: a page failed (reference %s)", reference, exc_info=failure)
    st.error(f"SV008: This part of the page failed. The reason is in the dashboard's log under reference {reference}.")
    return True


def serve(
    host: str,
    port: int,
    workbooks_dir: Path | None = None,
    data_dir: Path | None = None,
    open_browser: bool = False,
    *,
    script: Path = SCRIPT,
    say: Callable[[str], None] = print,
) -> None:
    """Serves the dashboard until it is told to stop. `port` 0 takes any free one; the address is printed by `say`.

    `workbooks_dir` and `data_dir` go to the pages through the settings `workbooks` and `data`.
    Raises WatchbookError (SV001 for a taken port, SV009 for a token that is too short).
    """
    for name, folder in (("workbooks", workbooks_dir), ("data", data_dir)):
        if folder is not None:
            os.environ[f"WATCHBOOK_{name.upper()}"] = str(folder.resolve())
    server.listen(lambda: create_app(script), host=host, port=port, open_browser=open_browser, say=say)
