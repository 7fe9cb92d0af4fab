"""Watchlists: named lists of things to know about (important people, own addresses), imported from CSV, edited, and seen by
queries as the table Watchlist and by `_GetWatchlist('alias')`. They live in the store."""
