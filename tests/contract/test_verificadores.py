"""The verifiers that the page shows: the Python one is run, all of them are short."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from app.domain.assinatura import assinar, segredo_de

PAGINA = (Path(__file__).parents[2] / "docs" / "integrador.md").read_text("utf-8")
SEGREDO, OUTRO = segredo_de(b"a" * 32), segredo_de(b"b" * 32)
CORPO = b'{"type":"reserva.paga"}'
LINHAS = 13


def trechos(linguagem: str) -> list[str]:
    secao = PAGINA.partition("### Chamadas assinadas")[2].partition("\n## ")[0]
    return re.findall(rf"```{linguagem}\n(.*?)```", secao, re.DOTALL)


@pytest.fixture(scope="module")
def confere() -> Any:
    (trecho,) = trechos("python")
    nomes: dict[str, Any] = {}
    exec(trecho, nomes)  # noqa: S102 - it is the page's own
    return nomes["confere"]


def headers(*segredos: str, idade: int = 0) -> dict[str, str]:
    quando = int(time.time()) - idade
    return {
        "webhook-id": "evt",
        "webhook-timestamp": str(quando),
        "webhook-signature": assinar(segredos, "evt", quando, CORPO),
    }


def test_what_is_ours_is_accepted_also_while_the_secret_changes(confere: Any) -> None:
    assert confere(SEGREDO, headers(SEGREDO), CORPO)
    assert confere(SEGREDO, headers(OUTRO, SEGREDO), CORPO)


def test_what_is_not_is_refused(confere: Any) -> None:
    assert not confere(OUTRO, headers(SEGREDO), CORPO)
    assert not confere(SEGREDO, headers(SEGREDO), CORPO + b" ")
    assert not confere(SEGREDO, headers(SEGREDO, idade=400), CORPO)
    assert not confere(SEGREDO, {**headers(SEGREDO), "webhook-id": "outro"}, CORPO)


@pytest.mark.parametrize("linguagem", ["python", "csharp", "java"])
def test_they_are_short(linguagem: str) -> None:
    (trecho,) = trechos(linguagem)
    assert len([linha for linha in trecho.splitlines() if linha.strip()]) <= LINHAS
