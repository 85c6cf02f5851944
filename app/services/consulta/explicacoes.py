"""What a refusal or a fault means for a person, what to do about it, and the WinThor routine where that is done."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.codigos import CODIGOS


@dataclass(frozen=True, slots=True)
class Explicacao:
    """Plain Portuguese: what happened, and what mends it. ``rotina``: WinThor routine or parameter."""

    o_que: str
    o_que_fazer: str
    rotina: str | None = None


# Of what an operation in the log may have ended with.
EXPLICACOES = {
    linha.codigo: Explicacao(linha.o_que, linha.o_que_fazer, linha.rotina)
    for linha in CODIGOS.values()
    if linha.registra
}
_OUTRA = Explicacao("A operação foi recusada.", "Veja a resposta abaixo.")


def explicar(codigo: str | None) -> Explicacao | None:
    """The words for a code of the log; None when there is none. The log may be older than the table of codes."""
    return None if codigo is None else EXPLICACOES.get(codigo, _OUTRA)
