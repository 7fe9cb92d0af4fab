"""Rows in: the sample estate, and the user's own files, into time-partitioned Parquet that the local engine reads.

It knows table schemas and file formats. It knows nothing of workbooks or pages.
"""
