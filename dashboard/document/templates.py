"""Which of the files at hand a template's id means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def template_key(template: str) -> str:
    """What is compared of a template's id (`Community-Workbooks/…/Name`, a file name or a resource id): the last part without
    its ending, letters and digits only, in lower case."""
    last = template.rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"\W|_", "", re.sub(r"\.(json|workbook)$", "", last, flags=re.IGNORECASE)).lower()


def template_file(template: str, files: Iterable[Path]) -> Path | None:
    """The first of the files with the template's name; of several one whose folders fit best; None where there is none."""
    wanted = template_key(template)
    found = [path for path in files if wanted and template_key(path.name) == wanted]
    folders = {part.lower() for part in template.split("/")[:-1]}
    return max(found, key=lambda path: len(folders & {part.lower() for part in path.parts[:-1]}), default=None)
