"""Where the material beside the project lies, and how a test says that it needs it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("WATCHBOOK_SHARED", ROOT.parent / "shared"))

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the material beside the project (../shared) is not here")


def lines(path: str) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file below ../shared."""
    return [json.loads(line) for line in (SHARED / path).read_text(encoding="utf-8").splitlines()]
