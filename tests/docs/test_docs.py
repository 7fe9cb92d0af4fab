"""The documentation says what the code does."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from dashboard.cli import build_parser
from tests.docs.generate import PAGES, ROOT, error_codes

TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_made_from_the_code_is_up_to_date(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run `make docs`"


def test_every_error_code_in_the_code_is_documented() -> None:
    used = {
        code
        for file in (ROOT / "dashboard").rglob("*.py")
        for code in re.findall(
            r'"((?:WB|KQ|PA|EN|IN|RT|VI|EX|SV|PG|CL|ST|SO|SD|TI|WL|HU|RP|RS)\d{3})"', file.read_text(encoding="utf-8")
        )
    }
    assert used - set(error_codes()) == set()


@pytest.mark.parametrize("page", [path for path in TRACKED if path.endswith(".md") and (ROOT / path).is_file()])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (folder / target).exists(), f"{page} links to {target}"


def test_every_command_of_the_readme_is_understood() -> None:
    """The commands of the first shell blocks parse as the command line would parse them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^watchbook (.+)$", text, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        build_parser().parse_args(shlex.split(command))


def test_every_direct_dependency_says_why_it_is_there() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    reasons = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    named = re.findall(r'^    "([a-z0-9-]+)[=>]', project, re.MULTILINE)
    assert [name for name in named if f"`{name}`" not in reasons] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    kinds = {".md", ".py", ".toml", ".yaml", ".yml", ".sh", ".ts"}
    texts = {
        path: Path(ROOT, path).read_text(encoding="utf-8", errors="replace")
        for path in TRACKED
        if Path(path).suffix in kinds and path != "tests/docs/test_docs.py" and Path(ROOT, path).is_file()
    }
    hits = [path for path, text in texts.items() if re.search(r"(?<![\w.])/(work|root|home/\w+)/", text)]
    assert hits == []
