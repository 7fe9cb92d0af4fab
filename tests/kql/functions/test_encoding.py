from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import same, value

CASES: list[tuple[str, Any]] = [
    ("hash_md5('World')", "f5a7924e621e84c9280a9a27e1bcb7f6"),
    ("hash_sha256('World')", "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"),
    ("hash('World')", 1846988464401551951),
    ("hash('World', 100)", 51),
    ("hash(datetime(2015-01-01))", 1380966698541616202),
    ("base64_encode_tostring('Kusto')", "S3VzdG8="),
    ("base64_decode_tostring('S3VzdG8=')", "Kusto"),
    ("base64_decode_tostring('***')", ""),
    ("base64_decode_toarray('S3VzdG8=')", [75, 117, 115, 116, 111]),
    ("base64_decode_toguid('abcd1231')", None),
    ("url_encode('https://www.bing.com/hello world')", "https%3a%2f%2fwww.bing.com%2fhello+world"),
    ("url_decode('a%20b%2Fc')", "a b/c"),
    ("url_encode_component('a b/c')", "a%20b%2fc"),
    ("unicode_codepoints_from_string('ab')", [97, 98]),
    ("make_string(75, 117)", "Ku"),
    ("unicode_codepoints_to_string(dynamic([75, 117]))", "Ku"),
    ("strlen(tostring(new_guid()))", 36),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_encoding_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found
