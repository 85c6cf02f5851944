"""README is true where a machine can tell."""

from __future__ import annotations

import re
from pathlib import Path

import click

from app.cli import main
from app.settings import describe

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_settings_table_is_complete() -> None:
    table = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0].strip().splitlines()[2:]

    assert table == [
        f"| `{name}` | {f'`{default}`' if default else '–'} | {meaning} |" for name, _, default, meaning in describe()
    ]


def test_every_command_is_documented() -> None:
    def leaves(group: click.Group, path: str) -> list[str]:
        found: list[str] = []
        for name, command in group.commands.items():
            full = f"{path} {name}"
            found += leaves(command, full) if isinstance(command, click.Group) else [full]
        return found

    documented = README.replace("verificar\\|mostrar", "verificar` `prevenda mapeamentos mostrar")
    missing = [leaf for leaf in leaves(main, "prevenda") if f"`{leaf}" not in documented]
    assert missing == []


def test_tests_named_in_the_readme_exist() -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", README):
        source = (ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in source, f"{path}::{name}"


def test_files_named_in_the_readme_exist() -> None:
    for path in re.findall(r"`((?:app|sql|mappings|tests)/[\w./]*)`", README):
        assert (ROOT / path).exists(), path
