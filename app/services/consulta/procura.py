"""From what a person holds in hand – a number, a name, a login, a document – to what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.documentos import documento_valido, formas_de_busca, normalizar_documento
from app.services.acesso.credenciais import Caller
from app.services.consulta.estoque import procurar_produtos
from app.services.consulta.operacoes import LIMITE_MAXIMO, FiltroDoLog, listar_log
from app.services.gateway import Gateway
from app.winthor import credenciais
from app.winthor.consultas import embalagens, lista_de_reservas, nomes

ALGARISMOS_DE_NUMPED = 10
DE_CADA = 20


@dataclass(frozen=True, slots=True)
class ResultadoDaProcura:
    """Either an operation, or a reservation, or (neither) only a list can help."""

    operacao: str | None = None
    reserva: int | None = None


@dataclass(frozen=True, slots=True)
class Achados:
    """What was found: pre-sales (branch, number), a reservation, products with their names, logins."""

    pre_vendas: Sequence[tuple[str, str]] = ()
    reserva: int | None = None
    produtos: Sequence[tuple[int, str]] = ()
    logins: Sequence[str] = ()

    @property
    def quantos(self) -> int:
        return len(self.pre_vendas) + len(self.produtos) + len(self.logins) + (self.reserva is not None)


def procurar(gw: Gateway, caller: Caller, texto: str) -> ResultadoDaProcura:
    """The newest operation of the pre-sale of that number, else the reservation of that number.

    Neither when there is none in the caller's branches, or when two branches use the number.
    """
    achadas = listar_log(gw, FiltroDoLog(filiais=caller.filiais, numero=texto, limite=LIMITE_MAXIMO)).itens
    if achadas:
        uma_filial = len({operacao.filial for operacao in achadas}) == 1
        return ResultadoDaProcura(operacao=achadas[0].id) if uma_filial else ResultadoDaProcura()
    return ResultadoDaProcura(reserva=_reserva(gw, caller, texto))


def _reserva(gw: Gateway, caller: Caller, texto: str) -> int | None:
    if not (texto.isascii() and texto.isdigit() and len(texto) <= ALGARISMOS_DE_NUMPED):
        return None
    with gw.db.read() as connection:
        reserva = lista_de_reservas.uma(connection, int(texto))
    return int(texto) if reserva is not None and caller.pode_na_filial(reserva.filial) else None


def procurar_tudo(gw: Gateway, caller: Caller, texto: str) -> Achados:
    """Everything that ``texto`` may mean: pre-sales whose number begins so, as written or in capitals or small
    letters; a reservation; products by code, bar code or part of the name; logins of the caller's branches that have
    it. Indexes and master data are read, never the operations."""
    formas = list(dict.fromkeys((texto, texto.upper(), texto.lower(), texto.capitalize())))
    pre_vendas: list[tuple[str, str]] = []
    with gw.db.read() as connection:
        for forma in formas:
            pre_vendas += lista_de_reservas.que_comecam(connection, caller.filiais, forma, DE_CADA)
        achados = credenciais.callers_em(connection, caller.filiais)
        logins = sorted(login for login in achados if texto.lower() in login.lower())
    codprods = procurar_produtos(gw, texto, DE_CADA)
    with gw.db.read() as connection:
        descricoes = embalagens.descricoes(connection, codprods)
    return Achados(
        pre_vendas=list(dict.fromkeys(pre_vendas))[:DE_CADA],
        reserva=_reserva(gw, caller, texto),
        produtos=[(codprod, descricoes.get(codprod, "")) for codprod in codprods],
        logins=logins[:DE_CADA],
    )


def clientes_do_documento(gw: Gateway, texto: str) -> list[int] | None:
    """Customers with that CPF or CNPJ; None when it is none."""
    documento = normalizar_documento(texto)
    if documento is None or not documento_valido(texto):
        return None
    with gw.db.read() as connection:
        return nomes.clientes_do_documento(connection, formas_de_busca(documento))
