"""The refusals of the table of states, in words a person understands."""

from __future__ import annotations

from app.domain.codigos import CODIGOS
from app.domain.recusas import Recusa, recusar


def nao_encontrada(numped: int | None) -> Recusa:
    """RESERVA_NAO_ENCONTRADA; without a number, that the pre-sale has none."""
    if numped is None:
        return recusar("RESERVA_NAO_ENCONTRADA", "Não existe reserva desta pré-venda nesta filial.", "/numero")
    return recusar(
        "RESERVA_NAO_ENCONTRADA", f"Não existe a reserva {numped} desta pré-venda nesta filial.", "/idRetaguarda"
    )


def substituida(numped: int, cabeca: int) -> Recusa:
    texto = f"A reserva {numped} foi substituída; a atual é a {cabeca}."
    return recusar("RESERVA_SUBSTITUIDA", texto, "/idRetaguarda", atual=cabeca)


def em_uso(texto: str, numped: int, campo: str) -> Recusa:
    """NUMERO_EM_USO: the pre-sale has a live order, which is named (R12, R18, R21)."""
    return recusar("NUMERO_EM_USO", texto, campo, atual=numped)


def ja_reservada(numped: int) -> Recusa:
    """NUMERO_EM_USO: other content needs the number of the reservation (R12)."""
    return em_uso(f"A pré-venda já tem a reserva {numped}; para alterá-la envie idRetaguarda.", numped, "/numero")


def recusa_da_vida(codigo: str, numped: int) -> Recusa:
    """The refusal of the table of states, in the words of its code."""
    linha = CODIGOS[codigo]
    return recusar(codigo, linha.mensagem.format(numped), "/idRetaguarda", rotina=linha.rotina)
