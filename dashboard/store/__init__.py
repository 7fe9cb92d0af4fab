"""What Watchbook remembers: versions of workbooks, incidents, schedules, audit. Rows and questions come in, rows and
decisions go out, over SQLAlchemy: SQLite in the user's folder by default, PostgreSQL by the setting `store`.
One file a subject, each with its own tables and migrations. It knows no Streamlit, no workbook layout and no rule."""
