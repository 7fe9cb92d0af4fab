"""Threat detection and response: rules to alerts, alerts to incidents, what happens then. Rules (YAML) and rows come in;
alerts, incidents and their history go into the store, from where the local engine shows them as tables. It knows no
Streamlit and no workbook."""
