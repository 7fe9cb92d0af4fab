"""Of what the Sentinel workbooks set, at least 99 % of the items are drawn with all of it."""

from __future__ import annotations

import pytest

from tests.drawn_settings import measure
from tests.shared import needs_shared, workbooks


@needs_shared
@pytest.mark.shared
def test_nearly_every_item_of_the_sentinel_set_is_drawn_with_all_it_sets() -> None:
    items, whole, exceptions = measure(workbooks(set="sentinel"))
    assert items > 2_500
    assert whole / items >= 0.99, exceptions.most_common(10)
