"""The Streamlit pages: gallery, workbook, query, data. They show what runtime and visual decided, and decide nothing themselves.

In come a session of `runtime` and views of `visual`, out go Streamlit elements and what a person did with them. Engines are
reached through `runtime` and the one protocol; nothing here knows how an answer comes about.
"""
