"""A small catalog for cases: tables with rows in DuckDB's VALUES, an empty one, one with names that differ only in case."""

from __future__ import annotations

import datetime as dt

from dashboard.kql.catalog import Catalog, StoredFunction, TableSchema

NOW = dt.datetime(2024, 1, 31, 12)

_EVENTS = """(SELECT * FROM (VALUES
 (TIMESTAMP '2024-01-31 11:00:00', 'ann', 4624, 'web1', '{"os":"linux","tags":["a","b"]}'),
 (TIMESTAMP '2024-01-31 10:00:00', 'bob', 4625, 'web2', '{"os":"windows","tags":[]}'),
 (TIMESTAMP '2024-01-29 09:00:00', 'ann', 4625, 'db1', NULL)
) AS stored("TimeGenerated", "Account", "EventID", "Computer", "Extra"))"""

_HOSTS = """(SELECT * FROM (VALUES ('web1', 'Oslo'), ('db1', NULL), ('mail', 'Rome')) AS stored("Computer", "City"))"""

_DIAGNOSTICS = """(SELECT * FROM (VALUES (TIMESTAMP '2024-01-31 11:00:00', 'lower', 'upper', 'odd "name"'))
 AS stored("TimeGenerated", "name_s", "Name_s_1", "it's; -- \"\"odd\"\""))"""

CATALOG = Catalog(
    tables={
        "Events": TableSchema(
            "Events",
            (
                ("TimeGenerated", "datetime"), ("Account", "string"), ("EventID", "int"), ("Computer", "string"),
                ("Extra", "dynamic"),
            ),
            _EVENTS,
        ),
        "Hosts": TableSchema("Hosts", (("Computer", "string"), ("City", "string")), _HOSTS, strings_filled=False),
        "Nothing": TableSchema("Nothing", (("TimeGenerated", "datetime"), ("Account", "string"), ("Size", "long"))),
        "Diagnostics": TableSchema(
            "Diagnostics",
            (
                ("TimeGenerated", "datetime"), ("name_s", "string"), ("Name_s", "string"),
                ("it's; -- \"odd\"", "string"),
            ),
            _DIAGNOSTICS,
            held_names={"Name_s": "Name_s_1"},
        ),
    },
    functions={
        "Failures": StoredFunction("Failures", "since:timespan = 1d", "Events | where EventID == 4625 and TimeGenerated > ago(since)"),
        "Double": StoredFunction("Double", "(n:long)", "n * 2"),
        "Broken": StoredFunction("Broken", "", "Events\n| extend ok = 1\n| where Nope > 1"),
        "Loop": StoredFunction("Loop", "", "Loop()"),
    },
    places=frozenset(("soc",)),
)  # fmt: skip
