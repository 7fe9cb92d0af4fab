"""The functions of KQL, by family: one file a family, data wherever a table says it all.

In come typed operands that already are SQL, out comes SQL text and a type. A file here knows neither syntax trees nor
tables. `registry` defines the shapes and collects the families.
"""
