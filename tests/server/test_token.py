"""The token beyond loopback, asked as browsers and scripts ask."""

from __future__ import annotations

import html
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from dashboard.errors import WatchbookError
from dashboard.server.token import COOKIE_SECONDS, TokenGate, Tries, choose_token
from tests.server.listening import Answer, ask, behind, handshake, listening

TOKEN = "correct-horse-battery"
AS_PAGE = {"Accept": "text/html,*/*"}


@pytest.fixture
def port() -> Iterator[int]:
    with listening(token=TOKEN) as port:
        yield port


def _log_in(port: int, token: str = TOKEN, target: str = "/workbook") -> Answer:
    form = urlencode({"token": token, "next": target}).encode()
    return ask(port, "/login", method="POST", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=form)


def _cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].split(";")[0]


def test_without_the_token_pages_lead_to_the_form_and_the_rest_is_refused(port: int) -> None:
    page = ask(port, "/workbook", headers=AS_PAGE)
    assert (page.status, page.headers["location"]) == (303, "/login?next=%2Fworkbook")
    assert ask(port, "/_stcore/echo").text.startswith("SV004: ")
    assert ask(port, "/static/js/x.js").status == 401
    assert handshake(port) == 401


def test_a_deep_link_survives_the_form(port: int) -> None:
    page = ask(port, "/workbook?w=a%20b&p.Name=x%26y&token=wrong", headers=AS_PAGE)
    form = ask(port, page.headers["location"]).text
    target = html.unescape(form.split('name="next" value="')[1].split('"')[0])
    assert _log_in(port, target=target).headers["location"] == "/workbook?w=a+b&p.Name=x%26y"


def test_health_answers_without_a_token(port: int) -> None:
    assert ask(port, "/healthz").text == "ok\n"


def test_the_form_exchanges_the_token_for_a_cookie_that_scripts_cannot_read(port: int) -> None:
    done = _log_in(port)
    assert (done.status, done.headers["location"]) == (303, "/workbook")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert ask(port, headers={"Cookie": _cookie(done)}).status == 200
    assert handshake(port, cookie=_cookie(done)) == 101


def test_a_cookie_is_marked_secure_behind_tls(port: int) -> None:
    form = urlencode({"token": TOKEN}).encode()
    done = ask(port, "/login", method="POST", headers={"X-Forwarded-Proto": "https"}, body=form)
    assert "; Secure" in done.headers["set-cookie"]


def test_a_token_in_the_address_is_taken_once_and_leaves_the_address(port: int) -> None:
    first = ask(port, f"/workbook?id=a%26b&token={TOKEN}", headers=AS_PAGE)
    assert (first.status, first.headers["location"]) == (303, "/workbook?id=a%26b")
    again = ask(port, f"/?token={TOKEN}", headers={**AS_PAGE, "Cookie": _cookie(first)})
    assert (again.status, again.headers["location"]) == (303, "/")


def test_a_script_may_send_the_token_as_bearer(port: int) -> None:
    assert ask(port, "/_stcore/echo", headers={"Authorization": f"Bearer {TOKEN}"}).status == 200
    assert ask(port, "/_stcore/echo", headers={"Authorization": "Bearer wrong"}).status == 401


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nSet-Cookie: x=1"],
)
def test_the_form_never_leads_to_another_site(port: int, target: str) -> None:
    location = _log_in(port, target=target).headers["location"]
    assert location == "/"


def test_the_form_shows_hostile_text_as_text(port: int) -> None:
    form = ask(port, '/login?next=/"><script>alert(1)</script>').text
    assert "<script" not in form


@pytest.mark.parametrize("cookie", ["", "1.2", "99999999999.00", "99999999999.", "x.y", "."])
def test_a_made_up_cookie_is_refused(port: int, cookie: str) -> None:
    assert ask(port, "/_stcore/echo", headers={"Cookie": f"watchbook_{port}={cookie}"}).status == 401


def test_a_cookie_ends_after_thirty_days_and_with_its_token() -> None:
    now = [1_000_000.0]

    def gate(token: str) -> TokenGate:
        return TokenGate(behind, token=token, port=1, clock=lambda: now[0])

    cookie = gate(TOKEN)._new_cookie({"headers": [], "scheme": "http"}).split(b";")[0]
    request = {"headers": [(b"cookie", cookie)]}
    assert gate(TOKEN)._has_cookie(request)
    assert not gate("another-token-as-long")._has_cookie(request)
    now[0] += COOKIE_SECONDS
    assert not gate(TOKEN)._has_cookie(request)


def test_after_five_wrong_tokens_even_the_right_one_has_to_wait(port: int) -> None:
    assert [_log_in(port, "wrong").status for _ in range(5)] == [403] * 5
    waiting = _log_in(port)
    assert waiting.status == 429
    assert 0 < int(waiting.headers["retry-after"]) <= 61
    assert ask(port, f"/?token={TOKEN}").status == 429


def test_wrong_tokens_are_forgotten_after_a_minute() -> None:
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    for _ in range(5):
        tries.note("10.0.0.1")
    assert tries.wait("10.0.0.1") > 0
    assert tries.wait("10.0.0.2") == 0
    now[0] = 60.1
    assert tries.wait("10.0.0.1") == 0


def test_a_token_is_made_where_none_is_set_and_a_short_one_is_refused() -> None:
    made, fresh = choose_token("")
    assert fresh
    assert len(made) >= 32
    assert choose_token(TOKEN) == (TOKEN, False)
    with pytest.raises(WatchbookError, match="SV009"):
        choose_token("short")
