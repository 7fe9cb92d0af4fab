"""Every benchmark is run by its name, with its own arguments."""

from __future__ import annotations

import importlib
import inspect

import pytest

from tests.benchmarks.__main__ import ALL, NAMES, named


@pytest.mark.parametrize("name", ALL)
def test_a_benchmark_takes_the_arguments_behind_its_name(name: str) -> None:
    assert len(inspect.signature(importlib.import_module(f"tests.benchmarks.{name}").main).parameters) == 1


def test_each_benchmark_gets_what_follows_its_name() -> None:
    assert [name for name, _ in named(NAMES)] == list(NAMES)
    assert named(["detection", "DATA", "50", "translate"]) == [("detection", ["DATA", "50"]), ("translate", [])]
    with pytest.raises(SystemExit, match="There is no benchmark nothing"):
        named(["nothing"])
