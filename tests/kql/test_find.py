"""find: rows of several tables, with their columns as Kusto's documentation has them."""

from __future__ import annotations

import pytest

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.translate import translate
from tests.kql.answers import answer

TABLES = {
    "Events1": TableSchema(
        "Events1",
        (("Session", "string"), ("Level", "string"), ("Text", "string"), ("Version", "string")),
        "(SELECT * FROM (VALUES ('a', 'Info', 'one', 'v1'), ('a', 'Error', 'two', 'v1'), ('b', 'Error', 'three', 'v2'))"
        ' AS v("Session", "Level", "Text", "Version"))',
    ),
    "Events2": TableSchema(
        "Events2",
        (("Session", "string"), ("Level", "string"), ("Text", "string"), ("Name", "string")),
        "(SELECT * FROM (VALUES ('c', 'Info', 'four', 'n1'), ('a', 'Error', 'five', 'n2'))"
        ' AS v("Session", "Level", "Text", "Name"))',
    ),
    "Quiet": TableSchema("Quiet", (("Session", "long"), ("Other", "string"))),
}


def rows(query: str) -> list[str]:
    head, *found = answer(query, TABLES).split("\n")
    return [head, *sorted(found)]


def test_the_columns_of_project_and_the_others_packed() -> None:
    query = (
        "find in (Events1, Events2) where Session == 'a' and Level == 'Error' project Text, Version, Name, pack_all()"
    )
    assert rows(query) == [
        "source_:string | Text:string | Version:string | Name:string | pack_:dynamic",
        'Events1 | two | v1 |  | {"Session":"a","Level":"Error"}',
        'Events2 | five |  | n2 | {"Session":"a","Level":"Error"}',
    ]


def test_a_table_that_lacks_one_column_of_the_condition_is_read_and_one_that_lacks_all_is_not() -> None:
    assert rows("find Version == 'v1' or Name == 'n1' project Session, Version, Name") == [
        "source_:string | Session:string | Version:string | Name:string",
        "Events1 | a | v1 |",
        "Events1 | a | v1 |",
        "Events2 | c |  | n1",
    ]


def test_without_project_come_the_columns_of_the_condition_and_those_in_common() -> None:
    assert rows("find in (Ev*) where Text startswith 'f'") == [
        "source_:string | Text:string | Session:string | Level:string | pack_:dynamic",
        'Events2 | five | a | Error | {"Name":"n2"}',
        'Events2 | four | c | Info | {"Name":"n1"}',
    ]
    assert rows("find in (Ev*) where 'three' project-smart")[1] == 'Events1 | b | Error | three | {"Version":"v2"}'
    assert rows("find withsource=From in (Quiet) where Other == 'x'") == [
        "From:string | Other:string | Session:long | pack_:dynamic"
    ]


def test_a_column_of_several_types_comes_once_for_each() -> None:
    assert rows("find in (Quiet, Events1) where Session == 'b' project-smart")[0] == (
        "source_:string | Session_long:long | Session_string:string | pack_:dynamic"
    )
    assert rows("find in (Events1) where Text == 'one' project Session:long, Level") == [
        "source_:string | Session:long | Level:string",
        "Events1 | ∅ | Info",
    ]


def test_a_let_is_no_column() -> None:
    query = "let wanted = 'n2'; find in (Events1, Events2) where Name == wanted project Text"
    assert rows(query) == ["source_:string | Text:string", "Events2 | five"]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("find Nowhere == 1", "KQ102", "None of the tables has a column 'Nowhere'."),
        ("find 'x' project Nowhere", "KQ102", "None of the tables has a column 'Nowhere'."),
        ("find in (Quiet, Events1) where 'x' project Session", "KQ104", "as long and as string"),
        ("find 'x' project-away Session", "KQ203", "project-away"),
        ("find in (Nope) where 'x'", "KQ101", "Nope"),
    ],
)
def test_what_cannot_be_found_is_told(query: str, code: str, words: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        translate(query, Catalog(TABLES))
    assert caught.value.problem.code == code
    assert words in caught.value.problem.message


def test_of_several_tables_the_first_is_shown_with_a_warning() -> None:
    found = translate("print a = 1 | fork all = (extend b = 1) (count)", Catalog())
    assert [(problem.code, problem.severity) for problem in found.problems] == [("KQ208", "warning")]
    assert "'all'" in found.problems[0].message
