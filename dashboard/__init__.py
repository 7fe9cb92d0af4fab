"""Watchbook: Microsoft Sentinel and Azure Monitor workbooks on your own machine.

The rooms of this package and what each may know are described in docs/architecture.md;
a room imports only rooms above it there, and `make check` holds it to that.
"""

__version__ = "0.1.0"
