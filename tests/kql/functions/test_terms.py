"""Where terms end: at every character of common scripts that is neither a letter nor a digit, and at no letter or digit."""

from __future__ import annotations

import re
import sys
import unicodedata

import duckdb

from dashboard.kql.functions.terms import EDGE, LETTER

PYTHON = re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: f"\\U{int(found[1], 16):08x}", EDGE))
LETTERS = ("Ll", "Lu", "Lt", "Lm", "Lo", "Nd", "Nl", "No")
# Latin to Arabic, general punctuation and symbols, East Asian punctuation, full and half width, pictographs.
COMMON = ((0x20, 0x6FF), (0x2000, 0x2BFF), (0x3000, 0x33FF), (0xFF00, 0xFFFF), (0x1F300, 0x1FAFF))


def test_no_letter_and_no_digit_of_any_script_ends_a_term() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    assert [char for char in every if unicodedata.category(char) in LETTERS and PYTHON.match(char)] == []


def test_punctuation_symbols_and_spaces_of_common_scripts_end_a_term() -> None:
    common = (chr(code) for first, last in COMMON for code in range(first, last + 1))
    assert [char for char in common if unicodedata.category(char)[0] in "PSZ" and not PYTHON.match(char)] == []


def test_the_engine_reads_the_ranges_as_they_are_meant() -> None:
    chars = ["a", "ß", "я", "漢", "٣", "Ⅷ", "_", "-", " ", "。", "—", "“", "😀", "\n", "\x00"]
    sql = "SELECT list_transform(?, lambda c: regexp_matches(c, ?)), list_transform(?, lambda c: regexp_matches(c, ?))"
    edges, letters = duckdb.execute(sql, [chars, f"^{EDGE}$", chars, f"^{LETTER}$"]).fetchall()[0]
    assert edges == [False] * 6 + [True] * 9
    assert letters == [not edge for edge in edges]
