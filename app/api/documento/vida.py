"""The life of a reservation as the page shows it: what each request does in each state (R16)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.vida import REGISTRADOS_VIVOS, VIVOS, Acao, Efeito, Estado, Passo, passo

# What a till or time asks, by the words of the heading.
PEDIDOS = {
    "alterar (2 com o número)": Acao.ALTERAR,
    "pagar (1)": Acao.CONFIRMAR,
    "resgatar (3)": Acao.RESGATAR,
    "cancelar (0)": Acao.CANCELAR,
    "o tempo": Acao.EXPIRAR,
}
_LIDOS_DO_PEDIDO = VIVOS - REGISTRADOS_VIVOS
_PALAVRAS = {
    Efeito.RECRIAR: "cancelada e feita de novo, com outro número",
    Efeito.REGISTRAR_RESGATE: "o resgate é anotado",
    Efeito.NENHUM: "sem efeito, 200",
    Efeito.SEGUIR: "age na que a substituiu",
    Efeito.RESERVAR_DE_NOVO: "reservada de novo se há estoque, com outro número",
}


@dataclass(frozen=True, slots=True)
class Celula:
    """What happens: words, or the code of the refusal."""

    texto: str
    recusa: str | None = None


def tabela() -> dict[str, list[Celula]]:
    """State -> a cell for each of ``PEDIDOS``."""
    return {estado.value: [_celula(estado, passo(estado, acao)) for acao in PEDIDOS.values()] for estado in Estado}


def _celula(estado: Estado, feito: Passo) -> Celula:
    if feito.recusa is not None:
        return Celula("", feito.recusa)
    if feito.efeito is Efeito.MUDAR and feito.novo is not None:
        guardado = estado in _LIDOS_DO_PEDIDO and feito.novo is Estado.CONFIRMADA
        return Celula("o pagamento é guardado" if guardado else f"passa a {feito.novo.value}")
    return Celula(_PALAVRAS[feito.efeito or Efeito.NENHUM])
