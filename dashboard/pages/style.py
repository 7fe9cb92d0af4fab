"""The few pieces of HTML that are drawn without a component. How they look says static/watchbook.css, which the server
puts into the start page.

Texts are escaped here where they are put between tags; nothing in this room makes HTML elsewhere.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from typing import Literal

import streamlit as st

from dashboard.errors import Problem, WatchbookError

_LOG = logging.getLogger("watchbook.pages")
Mode = Literal["light", "dark"]


def mode() -> Mode:
    """Whether the browser shows the page light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def message_html(text: str, tone: str = "info", below: str = "", code: str = "", lines: Iterable[str] = ()) -> str:
    """A sentence in a frame; `below` and `lines` stand under it, `code` at its end."""
    role = "alert" if tone == "error" else "note"
    label = f' <span class="wb-note">{escape(code)}</span>' if code else ""
    body = f"<p>{escape(text)}{label}</p>"
    if below:
        body += f'<div class="wb-detail">{escape(below)}</div>'
    body += "".join(f'<div class="wb-detail">{escape(line)}</div>' for line in lines)
    return f'<div class="wb-message is-{escape(tone)}" role="{role}">{body}</div>'


def detail(problem: Problem) -> str:
    """Where a problem is and what to do about it, as the second line of a message."""
    # A path inside the document helps who edits it; who reads a page is told by the part in which the message stands.
    place = replace(problem.place, path="").describe()
    # A file is called as it is written; other places begin a sentence.
    told = f"{place if problem.place.file else place[:1].upper() + place[1:]}." if place else ""
    return " ".join(part for part in (told, problem.hint) if part)


def problem_html(problem: Problem, more: Iterable[Problem] = ()) -> str:
    """A problem as a person reads it: what was found, where, what to do."""
    tone = "error" if problem.severity == "error" else problem.severity
    return message_html(problem.message, tone, detail(problem), problem.code, [other.describe() for other in more])


def notices_html(notices: Iterable[str]) -> str:
    """What a reader must know about a drawing, below it."""
    found = [escape(notice) for notice in notices if notice]
    return f'<div class="wb-notices" role="note">{"<br>".join(found)}</div>' if found else ""


def head_html(title: str, text: str = "") -> str:
    """The heading of a page."""
    below = f"<p>{escape(text)}</p>" if text else ""
    return f'<div class="wb-page-head"><h1>{escape(title)}</h1>{below}</div>'


def source_html(source: str) -> str:
    """A text of a language, as it is."""
    return f'<pre class="wb-source" tabindex="0">{escape(source)}</pre>'


@contextmanager
def guard() -> Iterator[None]:
    """Keeps a fault in one part from taking the page: it becomes a message in its place, and the log has the rest."""
    try:
        yield
    except WatchbookError as error:
        st.html(problem_html(error.problem, error.problems[1:]))
    except Exception:  # noqa: BLE001 - a fault in one part is a sentence in its place, whatever it is
        reference = secrets.token_hex(4)
        _LOG.exception("PG002: a part of a page failed (reference %s)", reference)
        words = "This part of the page failed."
        st.html(
            message_html(words, "error", f"The reason is in the dashboard's log under reference {reference}.", "PG002")
        )


def text(value: str) -> str:
    """A text, safe between tags and in a quoted attribute."""
    return escape(value)


def count(number: int, noun: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
