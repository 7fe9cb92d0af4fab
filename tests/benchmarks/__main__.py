"""`make bench`: each benchmark prints ratios against a reference run in the same process. `python -m tests.benchmarks NAME …`
runs those named."""

from __future__ import annotations

import importlib
import os
import sys

NAMES = ("translate", "execute", "start", "page", "live", "export", "import_speed")


def main() -> None:
    # An installation keeps its bytecode; a shell that forbids it would have every new process compile everything again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for name in sys.argv[1:] or NAMES:
        print(f"== {name}", flush=True)
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
