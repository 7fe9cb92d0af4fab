"""Where a term ends: the characters that are neither letters nor digits.

RE2 reads `[^\\pL\\pN]` as seven hundred ranges and takes five milliseconds to compile a pattern with two of them, each time a
query is planned and once more for each thread. The same said in a few ranges is six times cheaper. They hold no letter and no
digit of any script; the punctuation of a few scripts that logs hardly have (Syriac, Ethiopic, Tibetan …) counts as letters.
"""

from __future__ import annotations

from typing import Final

_APART = """
0-2f 3a-40 5b-60 7b-a9 ab-b1 b4 b6-b8 bb bf d7 f7 2c2-2c5 2d2-2df 2e5-2eb 2ed 2ef-2ff 375 37e 384-385 387 3f6 482
55a-55f 589-5c6 5f3-61f 66a-66d 6d4 6de 6e9 6fd-6fe 964-965 970 e3f e4f e5a-e5b 104a-104f 109e-109f 10fb 2000-205f
207a-207e 208a-208e 20a0-2101 2103-2106 2108-2109 2114 2116-2118 211e-2123 2125 2127 2129 212e 213a-213b 2140-2144
214a-214d 214f 218a-244a 249c-24e9 2500-2775 2794-2bff 2e00-2e2e 2e30-3004 3008-3020 3030 3036-3037 303d-303f
309b-309c 30a0 30fb 3190-3191 3196-319f 31c0-31e3 3200-321e 322a-3247 3250 3260-327f 328a-32b0 32c0-33ff fd3e-fd3f
fe00-fe6b ff01-ff0f ff1a-ff20 ff3b-ff40 ff5b-ff65 ffe0-fffd 1f000-1f0f5 1f10d-1fbca
"""
_RANGES: Final = "".join("-".join(f"\\x{{{end}}}" for end in ends.split("-")) for ends in _APART.split())

EDGE: Final = f"[{_RANGES}]"
"""Matches one character between terms, in RE2's syntax."""

LETTER: Final = f"[^{_RANGES}]"
"""Matches one character of a term."""
