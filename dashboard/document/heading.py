"""What a workbook calls itself: the heading of its first text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.document.workbook import Workbook


def heading(workbook: Workbook) -> str:
    """The first heading of the leading texts; empty where there is none, or it holds a parameter."""
    for text in leading_texts(workbook):
        match = re.search(r"^\s{0,3}#{1,3}\s*(.+?)\s*#*\s*$", text, re.MULTILINE)
        if match and "{" not in match[1]:
            return plain(match[1])[:90]
    return ""


def leading_texts(workbook: Workbook) -> Iterator[str]:
    """The texts that stand above everything else and are always shown."""
    for item in workbook.items[:8]:
        if item.kind == "text" and not item.conditions:
            if _markdown(item.content).strip():
                yield _markdown(item.content)
        elif item.kind != "parameters":
            return


def plain(markdown: str) -> str:
    """Markdown without its marks, links and tags."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"<[^>]{0,200}>", "", text)
    return re.sub(r"[*_`>#]+", "", text).strip()


def _markdown(content: Mapping[str, Any]) -> str:
    text = content.get("json")
    return text if isinstance(text, str) else ""
