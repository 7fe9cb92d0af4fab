"""Golden cases as text: a file of cases separated by lines of `====`, each `# title`, input, `---`, expected."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Golden:
    """One case: what goes in, and what must come out, both stripped."""

    title: str
    text: str
    expected: str


def golden_cases(name: str) -> list[Golden]:
    """All cases of `cases/<name>.txt`."""
    found = []
    for block in (CASES / f"{name}.txt").read_text(encoding="utf-8").split("\n====\n"):
        head, _, rest = block.strip("\n").partition("\n")
        text, _, expected = rest.partition("\n---\n")
        found.append(Golden(head.removeprefix("# "), text.strip("\n"), expected.strip("\n")))
    return found
