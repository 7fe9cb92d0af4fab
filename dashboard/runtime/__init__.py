"""Evaluates a workbook without a screen: which parameters are set, what is visible, which queries run, in what order,
how many at once, from which cache.

In come a `Workbook`, values and an engine; out come a `Plan` and one result an item. It draws nothing.
"""

from dashboard.parameters.options import Option
from dashboard.runtime.evaluate import Session
from dashboard.runtime.execute import run_all
from dashboard.runtime.plan import Control, Plan, PlannedItem, Tab
from dashboard.runtime.report import report
from dashboard.runtime.results import ItemResult

__all__ = ["Control", "ItemResult", "Option", "Plan", "PlannedItem", "Session", "Tab", "report", "run_all"]
