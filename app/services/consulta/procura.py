"""From what a person holds in hand – the number of a pre-sale or of a reservation – to what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.acesso.credenciais import Caller
from app.services.consulta.operacoes import LIMITE_MAXIMO, FiltroDoLog, listar_log
from app.services.gateway import Gateway
from app.winthor.consultas import lista_de_reservas

ALGARISMOS_DE_NUMPED = 10


@dataclass(frozen=True, slots=True)
class Achado:
    """Either an operation, or a reservation, or (neither) only a list can help."""

    operacao: str | None = None
    reserva: int | None = None


def procurar(gw: Gateway, caller: Caller, texto: str) -> Achado:
    """The newest operation of the pre-sale of that number, else the reservation of that number.

    Neither when there is none in the caller's branches, or when two branches use the number.
    """
    achadas = listar_log(gw, FiltroDoLog(filiais=caller.filiais, numero=texto, limite=LIMITE_MAXIMO)).itens
    if achadas:
        uma_filial = len({operacao.filial for operacao in achadas}) == 1
        return Achado(operacao=achadas[0].id) if uma_filial else Achado()
    if not (texto.isascii() and texto.isdigit() and len(texto) <= ALGARISMOS_DE_NUMPED):
        return Achado()
    with gw.db.read() as connection:
        reserva = lista_de_reservas.uma(connection, int(texto))
    visivel = reserva is not None and caller.pode_na_filial(reserva.filial)
    return Achado(reserva=int(texto)) if visivel else Achado()
