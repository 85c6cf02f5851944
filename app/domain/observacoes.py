"""``observacoes`` spread over the order's text columns: OBS, then OBS1, OBS2, OBSENTREGA1–4 (R9). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

COLUNAS = ("OBS", "OBS1", "OBS2", "OBSENTREGA1", "OBSENTREGA2", "OBSENTREGA3", "OBSENTREGA4")

# (column, text) → the longest start of the text that the column holds.
Aparar = Callable[[str, str], str]


def repartir(texto: str | None, aparar: Aparar, colunas: Sequence[str] = COLUNAS) -> tuple[dict[str, str | None], bool]:
    """Each column's piece of the text, cut at a blank where there is one, and whether some of it was left over."""
    resto = " ".join((texto or "").split())
    partes: dict[str, str | None] = {}
    for nome in colunas:
        parte = _cortar(resto, aparar(nome, resto))
        partes[nome] = parte or None
        resto = resto[len(parte) :].lstrip()
    return partes, bool(resto)


def _cortar(texto: str, parte: str) -> str:
    """``parte``, the start of ``texto`` that fits, without the word it breaks, unless half the column stayed empty."""
    corte = parte.rfind(" ")
    quebra = len(parte) < len(texto) and texto[len(parte)] != " "
    return parte[:corte] if quebra and corte > len(parte) // 2 else parte
