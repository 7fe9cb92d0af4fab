"""What answers HTTP beside the pages: security headers, the guards of Host, Origin, token and size, compressed static
files, health, the access log, the processes that listen, and the query API (api*.py) over any engine.

In comes any ASGI application (the pages are handed in, never imported); out goes the same application behind the
guards. This room knows neither Streamlit nor workbooks.
"""
