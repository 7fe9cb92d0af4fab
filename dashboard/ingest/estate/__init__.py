"""The sample estate: two AKS clusters, the Azure around them, their people, and six attacks, as Parquet tables.

In come the descriptions in `sample_data/estate`, a seed, a time that "now" means and a number of rows; out go the
tables of Log Analytics, equal for equal input. Tables are made by family, one module each, whole columns at a time.
It knows nothing of queries or workbooks.
"""

from dashboard.ingest.estate.generate import Report, ensure_estate, generate

__all__ = ["Report", "ensure_estate", "generate"]
