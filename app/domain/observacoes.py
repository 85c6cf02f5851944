"""``observacoes`` spread over the order's text columns: OBS, then OBS1, OBS2, OBSENTREGA1–4 (R9). Pure."""

from __future__ import annotations

from collections.abc import Sequence

COLUNAS = (
    ("OBS", 25),
    ("OBS1", 50),
    ("OBS2", 50),
    ("OBSENTREGA1", 75),
    ("OBSENTREGA2", 75),
    ("OBSENTREGA3", 75),
    ("OBSENTREGA4", 75),
)


def repartir(
    texto: str | None, codificacao: str, colunas: Sequence[tuple[str, int]] = COLUNAS
) -> tuple[dict[str, str | None], bool]:
    """Each column's piece of the text, cut at a blank where there is one, and whether some of the text was left over.

    Widths count bytes of ``codificacao``; a character is never split.
    """
    resto = " ".join((texto or "").split())
    partes: dict[str, str | None] = {}
    for nome, largura in colunas:
        parte = _cortar(resto, largura, codificacao)
        partes[nome] = parte or None
        resto = resto[len(parte) :].lstrip()
    return partes, bool(resto)


def _cortar(texto: str, largura: int, codificacao: str) -> str:
    if len(texto.encode(codificacao, "replace")) <= largura:
        return texto
    parte = texto.encode(codificacao, "replace")[:largura].decode(codificacao, "ignore")
    # A character the charset lacks became "?", one byte: the piece has as many characters as the original.
    parte = texto[: len(parte)]
    corte = parte.rfind(" ")
    return parte[:corte] if corte > largura // 2 and texto[len(parte) : len(parte) + 1] != " " else parte
