"""Incidents: alerts grouped for a person, changed by one function, remembered change by change.

`make` writes a new one and adds alerts, `change` is the only way to alter one (with the version that was seen), `history`
is what other parts follow after a cursor, `queue` is what a page or command lists.
"""

from dashboard.detection.incidents.change import Change, change_incident
from dashboard.detection.incidents.history import Entry, history_after, history_of
from dashboard.detection.incidents.incident import Incident, read_incident
from dashboard.detection.incidents.make import add_alerts, make_incident
from dashboard.detection.incidents.queue import Page, Wanted, list_incidents

__all__ = [
    "Change",
    "Entry",
    "Incident",
    "Page",
    "Wanted",
    "add_alerts",
    "change_incident",
    "history_after",
    "history_of",
    "list_incidents",
    "make_incident",
    "read_incident",
]
