"""The codes of every KQL problem, and what kind of failure each is.

KQ001-KQ009 limits of the text, KQ010-KQ049 syntax, KQ1xx names and types (semantic), KQ2xx what KQL has and this
translator has not (unsupported), KQ3xx limits and failures while running.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["syntax", "semantic", "unsupported", "limit", "runtime"]

CODES: dict[str, str] = {
    "KQ001": "The query text is longer than this product reads.",
    "KQ002": "The query is nested too deeply.",
    "KQ010": "Something else was expected at this place.",
    "KQ011": "An expression is missing.",
    "KQ012": "A pipe is missing before an operator.",
    "KQ013": "A bracket is not closed, or closed without having been opened.",
    "KQ014": "The word after a pipe is not an operator of KQL.",
    "KQ015": "A semicolon is missing between two statements.",
    "KQ016": "A character does not belong to KQL.",
    "KQ017": "A quotation mark is not a straight one.",
    "KQ018": "A string is not closed on its line.",
    "KQ019": "A backslash in a string starts no known escape.",
    "KQ020": "A constant cannot be read as its type says.",
    "KQ021": "A word is not a KQL type.",
    "KQ022": "The text holds no query.",
    "KQ100": "The query starts with an operator instead of a table.",
    "KQ003": "The query makes more work than this product takes on: too many operators, columns or letters of SQL.",
    "KQ101": "A table, function or variable of that name is not known.",
    "KQ102": "A column of that name does not exist at this place.",
    "KQ103": "A function of that name does not exist.",
    "KQ104": "A function or operator was given arguments it does not take.",
    "KQ105": "A table stands where a value belongs, or a value where a table belongs.",
    "KQ106": "An aggregate stands outside summarize, or a column stands outside an aggregate inside it.",
    "KQ107": "A column name is used twice.",
    "KQ108": "A join condition does not compare a column of the left side with one of the right side.",
    "KQ109": "A constant known before the query runs is needed here.",
    "KQ110": "A name is defined twice in one scope.",
    "KQ111": "A function calls itself.",
    "KQ112": "The query has no result: only statements stand in it.",
    "KQ113": "A column name must be given here.",
    "KQ201": "A tabular operator of KQL that is not translated.",
    "KQ202": "A function of KQL that is not translated.",
    "KQ203": "A form of an operator or function that is not translated.",
    "KQ204": "A statement of KQL that is not translated.",
    "KQ205": "Another workspace, cluster, database or application is named and not mapped.",
    "KQ206": "An address outside what externaldata may read.",
    "KQ207": "The columns depend on the data and the data cannot be asked here.",
    "KQ208": "The operator gives several tables; only the first one is shown.",
    "KQ209": "A function needs a database that is not set up here, and gives null.",
    "KQ399": "A fault of the translator itself.",
}


def kind_of(code: str) -> Kind:
    """The kind of failure that a KQ code stands for, as the command line's contract names it."""
    number = int(code[2:])
    if number < 10:
        return "limit"
    if number < 100:
        return "syntax"
    if number < 200:
        return "semantic"
    return "unsupported" if number < 300 else "runtime"
