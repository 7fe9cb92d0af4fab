"""Turns a `Table` and an item's settings into a `View`: plain, JSON-ready data that a page, an export and a test read alike.

In comes a planned item (settings with parameters already substituted) and the answer to its query; out goes a figure,
grid, tiles, text or message. This is the only room that makes HTML safe, and it knows neither Streamlit nor engines.
"""
