"""What ``make audit`` checks without a network holds always."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.auditoria import (
    MAIS_DEPENDENCIAS,
    NAO_CONFERIDO,
    conferir,
    de_execucao,
    licencas_a_conferir,
    main,
    pacotes,
    sem_hash,
    vulnerabilidades,
)

HASH = "0" * 64


def test_every_check_passes() -> None:
    assert [linha for certo, linha in conferir() if not certo] == []


def test_a_package_without_a_hash_is_found() -> None:
    lock = f"a==1.0 \\\n    --hash=sha256:{HASH}\n    # via b\nb==2 ; python_version < '3.12'\n"
    assert pacotes(lock) == {"a": ("1.0", [HASH]), "b": ("2", [])}
    assert sem_hash(lock) == ["b"]


def test_what_only_builds_is_not_counted() -> None:
    assert de_execucao("flask==3\nhatchling==1\n") == {"flask"}


def test_an_unknown_licence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.auditoria.licenca", {"a": "GPL-3.0", "b": "MIT", "c": None, "psycopg": "LGPL"}.get)
    assert licencas_a_conferir({"a", "b", "c", "psycopg"}) == ["a: GPL-3.0"]


def test_it_is_said_loudly_when_nobody_could_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.auditoria.shutil.which", lambda *_args, **_kwargs: None)
    with pytest.raises(LookupError):
        vulnerabilidades()
    assert main() == NAO_CONFERIDO
    saida = capsys.readouterr()
    assert "KNOWN VULNERABILITIES WERE NOT CHECKED" in saida.err
    assert f"of {MAIS_DEPENDENCIAS}" in saida.out


TABELA = "Found 1 known vulnerability\nName Version ID Fix Versions\n---- ------- -- ------------\na 1 PYSEC-1 2\n"


@pytest.mark.parametrize(
    ("sai", "saida", "erro", "codigo"),
    [
        (0, "", "No known vulnerabilities found", 0),
        (1, TABELA, "", 1),
        (1, "", "ERROR:pip_audit._cli:connection refused", NAO_CONFERIDO),
    ],
)
def test_what_pip_audit_says_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sai: int, saida: str, erro: str, codigo: int
) -> None:
    """A stand-in that answers as pip-audit does: nothing found, something found, nobody to ask."""
    program = tmp_path / "pip-audit"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nprint({saida!r})\nprint({erro!r}, file=sys.stderr)\nsys.exit({sai})\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr("tests.auditoria.shutil.which", lambda *_args, **_kwargs: str(program))
    assert main() == codigo
