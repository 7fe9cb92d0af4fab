"""What the pages share about a data source, without a browser."""

from __future__ import annotations

from dashboard.engines.protocol import TableInfo
from dashboard.errors import Problem, WatchbookError
from dashboard.pages import sources
from tests.runtime.standin import StandIn


def test_a_list_of_tables_that_failed_is_asked_for_again_when_somebody_wants_it_and_kept_when_it_came() -> None:
    class Failing(StandIn):
        calls = 0

        def tables(self) -> list[TableInfo]:
            self.calls += 1
            if self.calls == 1:
                raise WatchbookError(Problem("EN013", "Not now."))
            return []

    engine = Failing()
    assert isinstance(sources.live_tables(engine).exception(), WatchbookError)
    assert isinstance(sources.live_tables(engine).exception(), WatchbookError)
    assert engine.calls == 1
    assert sources.live_tables(engine, again=True).result() == []
    assert sources.live_tables(engine, again=True).result() == []
    assert engine.calls == 2
