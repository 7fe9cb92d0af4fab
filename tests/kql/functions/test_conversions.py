from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import same, value

CASES: list[tuple[str, Any]] = [
    ("tostring(true)", "true"),
    ("tostring(1.0)", "1.0"),
    ("tostring(1d)", "1.00:00:00"),
    ("tostring(datetime(2020-01-01))", "2020-01-01T00:00:00.0000000Z"),
    ("tostring(dynamic({'a': 1}))", '{"a":1}'),
    ("tostring(parse_json('{\"a\": [1, 2]}'))", '{"a":[1,2]}'),
    ("tostring(dynamic('x'))", "x"),
    ("tostring(long(null))", ""),
    ("tolong('123')", 123),
    ("tolong('0x1F')", 31),
    ("tolong('abc')", None),
    ("tolong('12.7')", 12),
    ("tolong(1.9)", 1),
    ("tolong(-1.9)", -1),
    ("toint('4294967296')", None),
    ("tolong(true)", 1),
    ("tolong(dynamic('17'))", 17),
    ("tolong(1s)", 10000000),
    ("todouble('1.5e3')", 1500.0),
    ("toreal('x')", None),
    ("tobool('true')", True),
    ("tobool('0')", False),
    ("tobool('maybe')", None),
    ("tobool(2)", True),
    ("todatetime('2020-01-01T02:00:00+02:00')", "2020-01-01T00:00:00Z"),
    ("todatetime('2020-01-01')", "2020-01-01T00:00:00Z"),
    ("todatetime('1/2/2020 3:04:05 PM')", "2020-01-02T15:04:05Z"),
    ("todatetime('Tue, 24 Nov 2026 10:00:00 GMT')", "2026-11-24T10:00:00Z"),
    ("todatetime('nonsense')", None),
    ("todatetime(dynamic('2020-01-01'))", "2020-01-01T00:00:00Z"),
    ("totimespan('1.02:03:04.5')", "1.02:03:04.5000000"),
    ("totimespan('00:01')", "00:01:00"),
    ("totimespan('1d')", "1.00:00:00"),
    ("totimespan('x')", None),
    ("toguid('70FC66F7-8279-44FC-9092-D364D70FCE44')", "70fc66f7-8279-44fc-9092-d364d70fce44"),
    ("toguid('x')", None),
    ('parse_json(\'{"a": {"b": [10, 20]}}\').a.b[1]', 20),
    ("parse_json('nonsense').a", None),
    ("tostring(parse_json('nonsense'))", "nonsense"),
    ("parse_json('')", None),
    ("parse_json('null')", None),
    ("isnull(parse_json('{\"a\": null}').a)", True),
    ("parse_json('{\"a\": null}').a", None),
    ("tostring(parse_json('{\"a b\": 1}')['a b'])", "1"),
    ("parse_json(tostring(dynamic({'a': '{\"b\": 7}'}).a)).b", 7),
    ("gettype(parse_json('1'))", "long"),
    ("gettype(dynamic([1]))", "array"),
    ("gettype(dynamic({}))", "dictionary"),
    ("gettype(1d)", "timespan"),
    ("gettype(dynamic('a'))", "string"),
    ("isempty(dynamic(''))", True),
    ("isnotempty(dynamic([]))", True),
    ("isnull(int(null))", True),
    ("isnotnull(now())", True),
    ("tohex(256)", "100"),
    ("tohex(-256)", "ffffffffffffff00"),
    ("tohex(256, 8)", "00000100"),
    ("tohex(toint(-256), 8)", "ffffff00"),
    ("todecimal('1.5')", "1.5"),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_conversions_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found
