"""Who answers a query: the local engine on DuckDB, live Log Analytics, later others, all behind `protocol.Engine`.

In comes a `QueryRequest`, out comes a `Table` or a `WatchbookError`. It knows nothing of workbooks' layout.
"""
