"""The user's own files into local tables: one reader a format, types from the known schemas, rejects with reasons.

Importing a file again, or rows that are already there, adds nothing: a row's identity is its content.
"""
