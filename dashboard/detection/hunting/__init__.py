"""Hunting: saved queries by tactic (YAML as Microsoft Sentinel's), run all at once over an engine, with what each found last
time; notes on queries, and bookmarks of rows that go to an incident."""
