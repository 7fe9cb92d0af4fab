"""The script that Streamlit runs for every session: the frame of all pages, then the page that the address names."""

from __future__ import annotations

import streamlit as st

from dashboard.pages import (
    automation,
    data,
    dialogs,
    gallery,
    hunting,
    incidents,
    new,
    query,
    rules,
    settings,
    workbook,
)

st.set_page_config(page_title="Watchbook", layout="wide", initial_sidebar_state="collapsed")
pages = {
    "gallery": st.Page(gallery.draw, title="Watchbook", url_path="gallery", default=True),
    "workbook": st.Page(workbook.draw, title="Workbook · Watchbook", url_path="workbook"),
    "incidents": st.Page(incidents.draw, title="Incidents · Watchbook", url_path="incidents"),
    "rules": st.Page(rules.draw, title="Rules · Watchbook", url_path="rules"),
    "new": st.Page(new.draw, title="New workbook · Watchbook", url_path="new"),
    "query": st.Page(query.draw, title="Query · Watchbook", url_path="query"),
    "automation": st.Page(automation.draw, title="Automation · Watchbook", url_path="automation"),
    "hunting": st.Page(hunting.draw, title="Hunting · Watchbook", url_path="hunting"),
    "settings": st.Page(settings.draw, title="Settings · Watchbook", url_path="settings"),
    "data": st.Page(data.draw, title="Data · Watchbook", url_path="data"),
}
st.session_state["wb-pages"] = pages
page = st.navigation(list(pages.values()), position="hidden")
dialogs.keep(f"{page.url_path}?w={st.query_params.get('w', '')}")
page.run()
