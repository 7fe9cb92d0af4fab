"""Workbook parameters: their kinds, what depends on what, how a value becomes text, and substitution.

In come parameter definitions and values, out come resolved texts. It knows no engine: options that come from a query
are handed in.
"""
