"""`make bench`: each benchmark prints ratios against a reference run in the same process. `python -m tests.benchmarks NAME … NAME …`
runs those named, each with what follows its name.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("translate", "execute", "start", "page", "live", "export", "import_speed")
ALL = sorted({path.stem for path in Path(__file__).parent.glob("[a-z]*.py")} - {"page_bare"})
"""Every benchmark; page_bare is the page that page compares with."""


def named(arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The benchmarks that are named, with the arguments of each."""
    chosen: list[tuple[str, list[str]]] = []
    for word in arguments:
        if word in ALL:
            chosen.append((word, []))
        elif chosen:
            chosen[-1][1].append(word)
        else:
            raise SystemExit(f"There is no benchmark {word}. There are: {', '.join(ALL)}.")
    return chosen


def main() -> None:
    # An installation keeps its bytecode; a shell that forbids it would have every new process compile everything again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for name, arguments in named(sys.argv[1:] or NAMES):
        print(f"== {name}", flush=True)
        importlib.import_module(f"tests.benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
