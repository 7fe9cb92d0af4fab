"""What answers HTTP beside the pages: security headers, the guards of Host, Origin, token and size, compressed static
files, health, the access log, and the process that listens.

In comes any ASGI application (the pages are handed in, never imported); out goes the same application behind the
guards. This room knows neither Streamlit nor workbooks.
"""
