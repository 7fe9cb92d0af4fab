"""KQL over local data: one read-only query in, one DuckDB SELECT out.

A query goes through visible passes, one file each: `tokens` → `parser` → syntax tree (`syntax`) → `binder` → bound tree
(`bound`: names and types resolved) → `lowering` → SQL text. Functions live in `functions/`, by family, as data wherever
a table says it all. `translate` in `translate.py` is the chain. This room knows nothing of workbooks, pages or files:
what tables exist is passed in as a `Catalog`.
"""
