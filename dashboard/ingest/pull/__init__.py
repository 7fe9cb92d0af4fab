"""Tables of live Log Analytics into local Parquet: in slices under the service's limits, each written whole, so that a run
that was ended at any moment goes on where it was. In come an engine, tables and a range of time; columns are masked by
rule before anything is written. It knows no workbook."""
