"""One table of cases a family of functions."""
