"""Evaluates a workbook without a screen: which parameters are set, what is visible, which queries run, in what order,
how many at once, from which cache.

In come a `Workbook`, values and an engine; out come a `Plan` and one result an item. It draws nothing.
"""
