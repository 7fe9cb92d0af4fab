"""The reference content beside the project: real queries with the verdict of Microsoft's language service."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("WATCHBOOK_SHARED", Path(__file__).parents[2].parent / "shared"))

needs_shared = pytest.mark.skipif(
    not (SHARED / "corpus" / "queries").is_dir(), reason="the reference content (../shared) is not there"
)


@functools.cache
def corpus_queries() -> list[dict[str, Any]]:
    """Every query of corpus/queries with its verdict."""
    files = sorted((SHARED / "corpus" / "queries").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
