"""What a request meets before the pages: names, sites, sizes, headers, failures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.server.headers import HEADERS, content_policy
from tests.server.listening import ask, handshake, listening


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening(uploads={"/_stcore/upload_file/": 3_000_000}) as port:
        yield port


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1", "127.0.0.1:{port}", "127.0.0.2", "[::1]:{port}", "LOCALHOST."]
)
def test_loopback_names_are_answered_whatever_the_port(port: int, host: str) -> None:
    assert ask(port, "/healthz", headers={"Host": host.format(port=port)}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.5",
        "user@localhost",
        "localhost:port",
        "localhost/x",
        "",
        "[::1",
    ],
)
def test_other_names_are_refused_even_for_health(port: int, host: str) -> None:
    answer = ask(port, "/healthz", headers={"Host": host or " "})
    assert answer.status in (400, 421)
    assert answer.status == 400 or answer.text.startswith("SV002: ")


def test_beyond_loopback_bare_addresses_are_ours_and_names_only_where_allowed() -> None:
    with listening(host="0.0.0.0", names=frozenset({"watchbook.example"})) as port:
        assert ask(port, "/healthz", headers={"Host": "192.168.1.5:8501"}).status == 200
        assert ask(port, "/healthz", headers={"Host": "watchbook.example"}).status == 200
        assert ask(port, "/healthz", headers={"Host": "rebound.example"}).status == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example", "http://127.0.0.1:1", "file://", ""]
)
def test_a_page_of_another_site_gets_neither_answers_nor_a_websocket(port: int, origin: str) -> None:
    answer = ask(port, "/_stcore/echo", method="POST", headers={"Origin": origin}, body=b"x")
    assert (answer.status, answer.text[:6]) == (403, "SV003:")
    assert handshake(port, origin=origin) == 403


def test_our_own_page_gets_both(port: int) -> None:
    own = f"http://127.0.0.1:{port}"
    assert ask(port, "/_stcore/echo", method="POST", headers={"Origin": own}, body=b"xyz").text == "3"
    assert handshake(port, origin=own) == 101


def test_another_site_may_link_here_but_not_embed_or_fetch(port: int) -> None:
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert ask(port, headers={**cross, "Sec-Fetch-Mode": "navigate"}).status == 200
    assert ask(port, headers={**cross, "Sec-Fetch-Mode": "no-cors"}).status == 403


def test_a_body_over_the_limit_is_refused_by_its_length_before_it_is_sent(port: int) -> None:
    answer = ask(port, "/_stcore/echo", method="POST", headers={"Content-Length": "99999999"})
    assert (answer.status, answer.text[:6]) == (413, "SV006:")


def test_a_body_over_the_limit_is_refused_while_it_arrives_without_a_length(port: int) -> None:
    answer = ask(port, "/_stcore/echo", method="POST", body=iter([b"x" * 700_000] * 2))
    assert answer.status == 413


def test_uploads_have_their_own_limit(port: int) -> None:
    assert ask(port, "/_stcore/upload_file/s/f", method="PUT", body=b"x" * 2_000_000).text == "2000000"
    assert ask(port, "/_stcore/upload_file/s/f", method="PUT", body=b"x" * 3_000_001).status == 413


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing.js", "/_stcore/broken", "/_stcore/echo"])
def test_every_answer_has_the_security_headers(port: int, path: str) -> None:
    answer = ask(port, path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in answer.headers


def test_refusals_have_the_security_headers_too(port: int) -> None:
    assert ask(port, headers={"Host": "evil.example"}).headers["x-frame-options"] == "DENY"


def test_the_content_policy_allows_no_inline_script_no_eval_and_no_other_host(port: int) -> None:
    policy = dict(part.strip().split(" ", 1) for part in ask(port).headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == f"'self' ws://127.0.0.1:{port} wss://127.0.0.1:{port}"
    assert not [value for value in policy.values() if "*" in value or "http" in value or "unsafe-eval" in value]


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "[::1]; x", None, ""])
def test_a_made_up_host_adds_nothing_to_the_content_policy(host: str | None) -> None:
    assert "connect-src 'self';" in content_policy(host)


def test_a_failure_is_one_sentence_without_its_reason(port: int, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(port, "/_stcore/broken")
    assert (answer.status, answer.text) == (500, "SV008: The dashboard failed to answer; see its log.\n")
    assert "secret detail" in caplog.text


def test_a_program_that_asks_for_json_gets_its_refusal_as_json(port: int) -> None:
    answer = ask(port, "/nothing.js", headers={"Accept": "application/json"})
    assert answer.text == '{"error": {"code": "SV007", "message": "There is nothing at this address."}}'


def test_the_access_log_says_who_asked_for_what_but_never_query_cookie_or_token(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="watchbook.access"):
        ask(port, "/workbook?token=secret-token", headers={"Cookie": "a=secret-cookie"})
        ask(port, "/a%0Aforged%20line")
        ask(port, "/healthz")  # when it is answered, the lines of the others are written
    lines = [record.getMessage() for record in caplog.records if record.name == "watchbook.access"]
    assert [line.rsplit(" ", 2)[0] for line in lines[:2]] == [
        "127.0.0.1 GET /workbook 200",
        "127.0.0.1 GET /a\\nforged line 200",
    ]
