"""Lists of the panel: pages that say which rows they show, and headings that sort.

A list reads a thousand rows at once. What fits into them is counted and sorted by any heading; of a longer one a page
says "mais de 1.000", and its order is the one that an index has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.api.contrato.query import Consulta, Palavra, inteiro

T = TypeVar("T")

TAMANHO = 50
BLOCO = 1000
PAGINAS_MAXIMAS = 200


class FolhaQuery(Consulta):
    """Which page, and by which heading it is sorted; with ``-`` from the largest."""

    pagina = inteiro(1, PAGINAS_MAXIMAS)
    ordem = Palavra()


@dataclass(frozen=True, slots=True)
class Folha(Generic[T]):
    """A page of a list. ``passa``: there are more than were counted; ``ordem``: the heading, with ``-`` in front."""

    itens: Sequence[T]
    pagina: int
    primeiro: int
    ultimo: int
    total: int
    passa: bool
    ordem: str

    @property
    def ordenavel(self) -> bool:
        """Whether the headings can sort it."""
        return not self.passa and self.total > 1

    @property
    def anterior(self) -> int | None:
        """The page before."""
        return self.pagina - 1 if self.pagina > 1 else None

    @property
    def seguinte(self) -> int | None:
        """The page after."""
        ha_mais = self.passa or self.ultimo < self.total
        return self.pagina + 1 if ha_mais and self.pagina < PAGINAS_MAXIMAS else None


def pular(pagina: int, tamanho: int = TAMANHO) -> int:
    """How many rows come before the thousand, or the whole pages in it, that holds a page."""
    paginas = BLOCO // tamanho
    return (pagina - 1) // paginas * paginas * tamanho


def folhear(
    lidas: Sequence[T],
    pagina: int,
    ordem: str,
    ordens: Mapping[str, Callable[[T], Any]],
    *,
    natural: str,
    tamanho: int = TAMANHO,
) -> Folha[T]:
    """A page of what was read: the thousand that holds it and, if there is one, a row more. ``natural``: the order in
    which it was read."""
    base = pular(pagina, tamanho)
    passa, itens = len(lidas) > BLOCO, list(lidas[:BLOCO])
    chave = ordens.get(ordem.removeprefix("-"))
    if chave is None or passa or base:
        ordem = natural
    else:
        itens.sort(key=lambda item: _com_vazios(chave(item)), reverse=ordem.startswith("-"))
    inicio = (pagina - 1) * tamanho - base
    vistos = itens[inicio : inicio + tamanho]
    primeiro = base + inicio + 1 if vistos else 0
    return Folha(vistos, pagina, primeiro, primeiro + len(vistos) - 1 if vistos else 0, base + len(itens), passa, ordem)


def _com_vazios(valor: Any) -> tuple[bool, Any]:
    """Nothing comes after everything."""
    return (valor is None, 0 if valor is None else valor)
