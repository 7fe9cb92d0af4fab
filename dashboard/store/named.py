"""Rows that a person names: each has an id of its own, and no two have one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError


def put_named(
    connection: sa.Connection, table: sa.Table, ident: str, values: Mapping[str, Any], taken: Problem
) -> None:
    """Puts a row into a table with the columns `id` and a unique `name`, in the place of the one with that id. Raises
    WatchbookError (`taken`) where another row has the name."""
    try:
        if connection.execute(table.update().where(table.c.id == ident).values(**values)).rowcount == 0:
            connection.execute(table.insert().values(id=ident, **values))
    except sa.exc.IntegrityError:
        raise WatchbookError(taken) from None
