"""How Azure is reached: clouds and their addresses, who signs in, one way to send a request and wait for it with patience.

In comes a request of a service's REST reference, out comes JSON or a `WatchbookError` that says what to do. It contacts
Azure only when it is asked to, that is when a person chose live data. It knows no workbook.
"""
