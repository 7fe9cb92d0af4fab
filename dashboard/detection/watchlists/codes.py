"""The errors of watchlists."""

CODES: dict[str, str] = {
    "WL001": "There is no such watchlist, or an item of it is gone.",
    "WL002": "A watchlist's file cannot be read; nothing of it was imported.",
    "WL003": "An alias, a key column or a column of a watchlist is not one that is allowed.",
    "WL004": "A watchlist's file has keys that come more than once.",
}
