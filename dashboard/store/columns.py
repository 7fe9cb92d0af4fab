"""Kinds of column that several subjects of the store share."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa


class UtcTime(sa.TypeDecorator[dt.datetime]):
    """An aware time, kept as text of fixed width in UTC, so that it reads and sorts alike on every database."""

    impl = sa.String(27)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> str | None:
        """The text of a time; a time without a zone is refused, since it would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times of the store carry their zone")
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Any) -> dt.datetime | None:
        """The time of a text, in UTC."""
        return None if value is None else dt.datetime.fromisoformat(value)
