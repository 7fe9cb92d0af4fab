"""The script that Streamlit runs for every session."""

from __future__ import annotations

import streamlit as st

st.set_page_config(page_title="Watchbook", layout="wide")
st.title("Watchbook")
