"""The Streamlit pages. They show what runtime and visual decided, and decide nothing themselves."""
