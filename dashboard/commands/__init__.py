"""The bodies of the `watchbook` subcommands, one file a subject: the same product through a terminal.

In come parsed options, out go files, data on stdout and notices on stderr. No Streamlit, but for `serve`, which starts it.
"""
