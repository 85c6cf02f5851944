"""README and the pages of docs/ are true where a machine can tell."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from app.cli import main
from tests.architecture.tabelas import TABELAS, com_tabelas
from tests.browser.telas import RETRATOS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])
OPERADOR = (ROOT / "docs" / "operador.md").read_text(encoding="utf-8")
WORDS_OF_README = 900


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("pagina", sorted({onde for onde, _ in TABELAS.values()}))
def test_tables_are_those_of_the_code(pagina: str) -> None:
    page = text(ROOT / "docs" / pagina)
    assert page == com_tabelas(pagina, page), "make tabelas"


def test_every_command_is_documented() -> None:
    def leaves(group: click.Group, path: str) -> list[str]:
        found: list[str] = []
        for name, command in group.commands.items():
            full = f"{path} {name}"
            found += leaves(command, full) if isinstance(command, click.Group) else [full]
        return found

    documented = OPERADOR.replace("verificar\\|mostrar", "verificar` `prevenda mapeamentos mostrar")
    missing = [leaf for leaf in leaves(main, "prevenda") if f"`{leaf}" not in documented]
    assert missing == []


def test_readme_is_a_page_and_a_half() -> None:
    assert len(text(ROOT / "README.md").split()) <= WORDS_OF_README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tests_and_files_named_on_a_page_exist(page: Path) -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text(page)):
        source = (ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in source, f"{path}::{name}"
    if page.name != "CHANGELOG.md":  # it tells of what has been
        for path in re.findall(r"`((?:app|sql|mappings|tests|deploy|docs)/[\w./]*)`", text(page)):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        file, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (page.parent / file) if file else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(text(there)), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_and_commands_on_a_page_exist(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"(?:`|^)(?:\w+=\S+ )*make ([a-z][\w-]*)", text(page), re.M)) <= targets
    if page.name != "CHANGELOG.md":
        for command in re.findall(r"`(?:\.venv/bin/)?prevenda ([a-z][a-z -]*[a-z])", text(page)):
            assert leads_to_a_command(command.split()), command


def leads_to_a_command(words: list[str]) -> bool:
    """Whether the words go down the tree of commands, until one takes arguments."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return True
        if word not in command.commands:
            return False
        command = command.commands[word]
    return True


def anchors(page: str) -> set[str]:
    """The anchors of its headings, as the hosts of such pages make them."""
    headings = re.findall(r"^#+ (.*)$", page, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisoes"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text(folder / "README.md"))
    assert listed == sorted(page.name for page in folder.glob("0*.md"))


# Where the code cites: a rule (R1), a section of the contract (§4.2), or one of another page (docs/x.md §1.1, §1.2).
CITING = [
    path
    for folder in ("app", "mappings", "sql", "deploy", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".toml", ".sql", ".yml", ".md", ".html"} and path != Path(__file__)
]
RULES = "docs/regras.md"


def cited(source: str) -> set[tuple[str, str]]:
    """(page, what is to be on it) of every citation."""
    found = {(RULES, rule) for rule in re.findall(r"(?<![\w-])R[1-9]\d?(?!\w)", source)}
    for page, sections in re.findall(r"(?:([\w/.-]+\.md) )?(§\d[\d.]*\d?(?:, §\d[\d.]*\d?)*)", source):
        found |= {(page or RULES, section.rstrip(".")) for section in sections.split(", ")}
    return found


def stands(page: str, what: str) -> bool:
    """Whether the page has the rule's row, or a heading with the section's number."""
    path = ROOT / page
    if not path.exists():
        return False
    start = rf"^\| {what} \|" if what.startswith("R") else rf"^#+ {re.escape(what)} "
    return re.search(start, text(path), re.M) is not None


def test_what_is_cited_is_in_the_repository() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {page} {what}"
        for path in CITING
        for page, what in cited(path.read_text(encoding="utf-8"))
        if not stands(page, what)
    }
    assert sorted(missing) == []


def test_pages_named_in_the_code_exist() -> None:
    named = {
        (str(path.relative_to(ROOT)), page)
        for path in CITING
        for page in re.findall(r"(?<![\w/])docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert [(path, page) for path, page in sorted(named) if not (ROOT / page).exists()] == []


def test_a_citation_that_leads_nowhere_is_found() -> None:
    assert cited("(R7, docs/winthor.md §2.6, §2.13.) and §4.2") == {
        (RULES, "R7"),
        ("docs/winthor.md", "§2.6"),
        ("docs/winthor.md", "§2.13"),
        (RULES, "§4.2"),
    }
    assert not stands(RULES, "R99")
    assert not stands(RULES, "§9.9")
    assert not stands("winthor.md", "§2.6")


def test_the_pictures_of_the_panel_are_few_small_and_shown() -> None:
    """`make telas PUBLICAR=1` makes them."""
    pictures = sorted((ROOT / "docs" / "imagens").iterdir())
    assert {picture.stem for picture in pictures} == {retrato.nome for retrato in RETRATOS}
    assert len(pictures) <= 8
    assert "](docs/imagens/painel.webp)" in text(ROOT / "README.md")
    shown = text(ROOT / "docs" / "retaguarda.md")
    for picture in pictures:
        assert picture.read_bytes()[8:12] == b"WEBP"
        assert picture.stat().st_size <= 80_000
        assert f"](imagens/{picture.name})" in shown
