"""Scheduled reports: a workbook rendered by the clock into a folder, or sent by e-mail or webhook. Reports and the store come in;
files and messages go out, each due time at most once. It knows no page."""
