"""A `Table` and an item's settings become a `View`: plain data (figure, grid, tiles, text, message) that a page, an export
or a test can show as it is.

Everything that came from logs, workbooks or parameters is escaped here, and only here. It knows no engine and no page.
"""
