"""Turns tables and views into files a person takes away: CSV, XLSX, JSON, standalone HTML, PNG, SVG and PDF.

In come a `Table` or `View` and the facts that must travel with it (title, parameters, time range, source, time of the run,
what was cut off); out come bytes. Nothing in a file runs, loads from outside or turns into a formula. Knows no Streamlit.
"""
