"""The refusals of the table of states, in words a person understands."""

from __future__ import annotations

from app.domain.recusas import Recusa, recusar

MENSAGENS = {
    "RESERVA_CANCELADA": "A reserva {} foi cancelada.",
    "RESERVA_EXPIRADA": "A reserva {} expirou.",
    "RESERVA_RESGATADA": "A reserva {} já foi resgatada em um caixa e não pode ser alterada.",
    "RESERVA_CONFIRMADA": "A reserva {} já foi paga e não pode ser alterada.",
    "RESERVA_FATURADA": "A reserva {} já foi faturada.",
    "RESERVA_EM_SEPARACAO": "A reserva {} já está em separação no WinThor.",
    "RESERVA_BLOQUEADA": "O pedido da reserva {} está bloqueado ou pendente no WinThor; libere-o lá.",
    "RESERVA_ASSUMIDA": "O pedido da reserva {} recebeu cobrança no WinThor e está com quem o assumiu lá.",
}
ROTINAS = {"RESERVA_EM_SEPARACAO": "901", "RESERVA_BLOQUEADA": "336", "RESERVA_ASSUMIDA": "336"}


def nao_encontrada(numped: int | None) -> Recusa:
    return recusar(
        "RESERVA_NAO_ENCONTRADA", f"Não existe a reserva {numped} desta pré-venda nesta filial.", "/idRetaguarda"
    )


def substituida(numped: int, cabeca: int) -> Recusa:
    texto = f"A reserva {numped} foi substituída; a atual é a {cabeca}."
    return recusar("RESERVA_SUBSTITUIDA", texto, "/idRetaguarda", idPedidoRetaguarda=cabeca)


def em_uso(texto: str, numped: int, campo: str) -> Recusa:
    """NUMERO_EM_USO: the pre-sale has a live order, which is named (R12, R18, R21)."""
    return recusar("NUMERO_EM_USO", texto, campo, idPedidoRetaguarda=numped)


def ja_reservada(numped: int) -> Recusa:
    """NUMERO_EM_USO: other content needs the number of the reservation (R12)."""
    return em_uso(f"A pré-venda já tem a reserva {numped}; para alterá-la envie idRetaguarda.", numped, "/numero")


def recusa_da_vida(codigo: str, numped: int) -> Recusa:
    return recusar(codigo, MENSAGENS[codigo].format(numped), "/idRetaguarda", rotina=ROTINAS.get(codigo))
