"""Files made for one person: whoever has the address saves them, for as long as their maker keeps them."""

from __future__ import annotations

import gc

from dashboard.server.downloads import Download
from tests.server.listening import ask, listening


def test_a_kept_file_is_saved_under_its_name_and_never_shown_as_a_page() -> None:
    made = Download('Łódź "pods"/<b>.html', "text/html", b"<script>alert(1)</script>")
    with listening() as port:
        answer = ask(port, made.address)
        assert (answer.status, answer.body) == (200, made.content)
        assert answer.headers["content-disposition"] == (
            "attachment; filename*=UTF-8''%C5%81%C3%B3d%C5%BA%20%22pods%22%2F%3Cb%3E.html"
        )
        assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert ask(port, made.address, method="HEAD").headers["content-length"] == str(len(made.content))


def test_a_file_let_go_is_gone_and_no_address_can_be_guessed() -> None:
    made = Download("pods.pdf", "application/pdf", b"%PDF-")
    with listening() as port:
        address = made.address
        guessed = ask(port, "/download/pods.pdf")
        assert (guessed.status, guessed.text[:6]) == (404, "SV007:")
        assert ask(port, address, method="POST").status == 404
        del made
        gc.collect()
        assert ask(port, address).status == 404


def test_a_file_is_behind_the_token_like_everything() -> None:
    made = Download("pods.pdf", "application/pdf", b"%PDF-")
    with listening(token="correct-horse-battery") as port:
        assert ask(port, made.address).status == 401
