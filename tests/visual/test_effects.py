"""What the count of drawn settings claims by their names is true: a sample of them is drawn with and without each."""

from __future__ import annotations

import random
import re

import pytest

from tests.shared import needs_shared, workbooks
from tests.visual.effects import EXCEPTIONS, SAME_ANYWAY, TRIES, Key, has_effect, uses

SEED = 6
SAMPLE = 40
OFTEN = 10


def _named(key: Key) -> str:
    return f" {key[0]} {key[1] if key[1] != '' else '-'} {key[2]}"


@needs_shared
@pytest.mark.shared
def test_every_exception_is_of_settings_that_workbooks_use() -> None:
    used = [_named(key) for key in uses(workbooks())]
    assert [pattern for pattern in EXCEPTIONS if not any(re.search(pattern, name) for name in used)] == []


@needs_shared
@pytest.mark.shared
def test_the_settings_that_workbooks_use_most_change_what_is_drawn() -> None:
    often = {key: each for key, each in uses(workbooks()).items() if len(each) >= OFTEN}
    tried = [key for key in often if not SAME_ANYWAY.search(_named(key))]
    assert len(tried) > 200
    sample = random.Random(SEED).sample(tried, SAMPLE)
    assert [key for key in sample if not any(map(has_effect, often[key][:TRIES]))] == []
