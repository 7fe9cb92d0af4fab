"""`make bench`: each benchmark prints ratios against a reference run in the same process. `python -m tests.benchmarks NAME …`
runs those named."""

from __future__ import annotations

import importlib
import sys

NAMES = ("translate", "execute", "start", "page", "live", "export")


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        print(f"== {name}", flush=True)
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
