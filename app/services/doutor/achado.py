"""A line of the doctor's report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.winthor.db.faults import Falha

OK, AVISO, ERRO = "ok", "aviso", "erro"


@dataclass(frozen=True, slots=True)
class Achado:
    """What was examined, how it is (``OK``, ``AVISO``, ``ERRO``), and in words for the operator."""

    conferencia: str
    situacao: str
    detalhe: str


def ate_falhar(conferencia: str, achados: Iterator[Achado]) -> Iterator[Achado]:
    """A check that breaks, for want of a table say, is a finding and does not hide the others."""
    try:
        yield from achados
    except Falha as falha:
        yield Achado(conferencia, ERRO, f"não pôde ser conferido ({falha.codigo})")
