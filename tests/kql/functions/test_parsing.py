from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import same, value

CASES: list[tuple[str, Any]] = [
    (
        "parse_url('scheme://u:p@host:1234/a/path?k1=v1&k2=v%202#frag')",
        {
            "Scheme": "scheme",
            "Host": "host",
            "Port": "1234",
            "Path": "/a/path",
            "Username": "u",
            "Password": "p",
            "Query Parameters": {"k1": "v1", "k2": "v 2"},
            "Fragment": "frag",
        },
    ),
    ("parse_urlquery('k1=v1&k2=v2')", {"Query Parameters": {"k1": "v1", "k2": "v2"}}),
    ("parse_url('https://a.b/c').Host", "a.b"),
    ("parse_path(@'C:\\temp\\file.txt').Filename", "file.txt"),
    ("parse_path(@'\\\\shared\\users\\temp\\file.txt.gz').Extension", "gz"),
    ("parse_path('/usr/bin/x').DirectoryName", "bin"),
    (
        "parse_path('file://C:/temp/file.txt:some.exe')",
        {
            "Scheme": "file",
            "RootPath": "C:",
            "DirectoryPath": "C:/temp",
            "DirectoryName": "temp",
            "Filename": "file.txt",
            "Extension": "txt",
            "AlternateDataStreamName": "some.exe",
        },
    ),
    ("parse_path(@'\\\\shared\\users\\temp\\file.txt.gz').DirectoryPath", "\\\\shared\\users\\temp"),
    ("parse_command_line('echo \"hello world!\" x', 'windows')", ["echo", "hello world!", "x"]),
    ("parse_csv('aa,\"b,b\",cc')", ["aa", "b,b", "cc"]),
    ("parse_xml('<a x=\"1\"><b>t</b><b>u</b></a>')", {"a": {"@x": "1", "b": ["t", "u"]}}),
    ("parse_xml('nonsense')", None),
    ("parse_version('0.2') < parse_version('0.10')", True),
    ("extract_json('$.a[0].b', '{\"a\": [{\"b\": 5}]}', typeof(long))", 5),
    ('extractjson("$.[\'a b\']", \'{"a b": "x"}\')', "x"),
    (
        "parse_user_agent('Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1', 'browser')",
        {"Browser": {"Family": "AdobeAIR", "MajorVersion": "2", "MinorVersion": "5", "Patch": "1"}},
    ),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_parsing_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_xml_that_declares_entities_is_not_read() -> None:
    assert value("""parse_xml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')""") is None
