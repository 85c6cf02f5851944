"""What points of sale and the hub poll: one pre-sale, a list of them, and the positions of orders (spec §4.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CENTAVO, CONTEXTO, ZERO, arredondar
from app.domain.vida import Estado, estados_do_pdv, nome_no_pdv
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import nao_encontrada
from app.services.operacao.requisicao import numero_curto
from app.services.relogio import na_filial
from app.winthor import pedidos
from app.winthor.consultas import lista_de_pedidos
from app.winthor.consultas.lista_de_pedidos import FiltroDePedidos, FiltroDeStatus, Linha
from app.winthor.db.transaction import Connection
from app.winthor.pedidos import LinhaGravada

DIAS_DE_BUSCA = 60


@dataclass(frozen=True, slots=True)
class Pagina:
    """A page by number: its rows and whether another follows."""

    itens: list[dict[str, Any]]
    tem_proxima: bool


@dataclass(frozen=True, slots=True)
class Periodo:
    """A span of time; a bare day means the whole of it. None = open."""

    inicio: dt.date | dt.datetime | None = None
    fim: dt.date | dt.datetime | None = None


def consultar_um(gw: Gateway, caller: Caller, *, numped: int | None, filial: str | None, numero: str | None) -> Any:
    """One pre-sale with its items, by its order's number, or by ``numero`` and branch (then the current one).

    All that is given must fit. Raises Recusa RESERVA_NAO_ENCONTRADA, the same for an absent number and a foreign one.
    """
    origem = gw.settings.origem_integracao
    with gw.db.read() as connection:
        achado = numped
        if achado is None and filial is not None and numero is not None:
            achado = lista_de_pedidos.numero_atual(connection, filial, numero, origem)
        row = None if achado is None else lista_de_pedidos.um(connection, achado, origem)
        if (
            row is None
            or not caller.pode_na_filial(row["CODFILIAL"])
            or filial not in {None, row["CODFILIAL"]}
            or numero not in {None, row["NUMPEDHUBE"]}
        ):
            raise nao_encontrada(achado)
        linhas = pedidos.ler_linhas(connection, row["NUMPED"])
        if row["POSICAO"] != pedidos.CANCELADO:
            # What WinThor has cut out of a live order is not reserved any more; a cancelled one shows what it was.
            linhas = [linha for linha in linhas if linha.posicao != pedidos.CANCELADO]
        itens = [_item(linha, converte=gw.settings.converte_embalagem) for linha in linhas]
        return {**_pre_venda(gw, connection, row), "preVendaItens": itens}


def listar(gw: Gateway, filial: str, periodo: Periodo, situacao: str | None, *, pagina: int, tamanho: int) -> Pagina:
    """Pre-sales of a branch, newest first; ``situacao`` by the POS's name."""
    inicio, fim = _inicio(gw, periodo.inicio), _fim(gw, periodo.fim)
    estados = None if situacao is None else estados_do_pdv(situacao)
    filtro = FiltroDePedidos(
        filial=filial,
        origem=gw.settings.origem_integracao,
        estados=estados,
        dia_de=None if inicio is None else _dia(gw.hora_do_erp(inicio)),
        dia_ate=None if fim is None else _dia(gw.hora_do_erp(fim)),
        de=None if inicio is None else utc(inicio),
        ate=None if fim is None else utc(fim),
        pular=(pagina - 1) * tamanho,
        limite=tamanho + 1,
    )
    with gw.db.read() as connection:
        rows = lista_de_pedidos.listar(connection, filtro)
        itens = [_pre_venda(gw, connection, row) for row in rows[:tamanho]]
    return Pagina(itens, len(rows) > tamanho)


def _dia(hora: dt.datetime) -> dt.datetime:
    return hora.replace(hour=0, minute=0, second=0, microsecond=0)


def _inicio(gw: Gateway, quando: dt.date | dt.datetime | None) -> dt.datetime | None:
    if quando is None or isinstance(quando, dt.datetime):
        return quando
    return dt.datetime.combine(quando, dt.time.min, tzinfo=gw.settings.fuso)


def _fim(gw: Gateway, quando: dt.date | dt.datetime | None) -> dt.datetime | None:
    if quando is None or isinstance(quando, dt.datetime):
        return quando
    return dt.datetime.combine(quando, dt.time.max, tzinfo=gw.settings.fuso)


def _pre_venda(gw: Gateway, connection: Connection, row: Linha) -> dict[str, Any]:
    estado = Estado(row["ESTADO"])
    total = row["VLTOTAL"] or ZERO
    expira = row["DTEXPIRA"] if estado is Estado.AUTORIZADA else None
    return {
        "idRetaguarda": row["NUMPED"],
        "idPedidoRetaguarda": row["NUMPED"],
        "numero": row["NUMPEDHUBE"],
        "idLojaRetaguarda": row["CODFILIAL"],
        "situacaoPreVenda": nome_no_pdv(estado, Estado(row["REGISTRADO"])),
        "situacaoReserva": estado.value,
        "posicao": row["POSICAO"],
        "data": _quando(gw, connection, row),
        "expiraEm": None if expira is None else _iso(na_filial(gw, connection, row["CODFILIAL"], expira)),
        "idOperadorRetaguarda": row["CODEMITENTE"],
        "codusur": row["CODUSUR"],
        "totalLiquido": arredondar(total, CENTAVO),
        "descontoTotal": arredondar(max((row["VLTABELA"] or total) - total, ZERO), CENTAVO),
        "itens": row["NUMITENS"],
        "cliente": {"idRetaguarda": row["CODCLI"], "nome": row["CLIENTE"], "cpfCnpj": row["CGCENT"]},
        "substitui": row["NUMPED_ANTERIOR"],
        "substituidaPor": row["NUMPED_SEGUINTE"],
    }


def _quando(gw: Gateway, connection: Connection, row: Linha) -> str | None:
    if row["DTCRIACAO"] is not None:
        return _iso(na_filial(gw, connection, row["CODFILIAL"], row["DTCRIACAO"]))
    hora = _com_hora(row["DATA"], row["HORA"], row["MINUTO"])
    return None if hora is None else _iso(hora.replace(tzinfo=gw.settings.fuso))


def _iso(instante: dt.datetime) -> str:
    return instante.isoformat(timespec="seconds")


def _com_hora(dia: dt.datetime | None, hora: int | None, minuto: int | None) -> dt.datetime | None:
    if dia is None or dia.hour or dia.minute:
        return dia
    return dia + dt.timedelta(hours=int(hora or 0), minutes=int(minuto or 0))


def _item(linha: LinhaGravada, *, converte: bool) -> dict[str, Any]:
    fator = linha.qtunitemb if converte and linha.qtunitemb else Decimal(1)
    return {
        "idProdutoRetaguarda": _id_produto(linha.codauxiliar, linha.codprod),
        "quantidade": numero_curto(CONTEXTO.divide(linha.qt, fator).normalize()),
        "preco": numero_curto(arredondar(linha.pvenda * fator, Decimal("0.0001"))),
        "entrega": {"idLojaEntregaRetaguarda": linha.filial},
        "itensKit": [
            {
                "idProdutoRetaguarda": _id_produto(parte.codauxiliar, parte.codprod),
                "sequencial": n + 1,
                "quantidade": numero_curto(CONTEXTO.divide(parte.qtmp, parte.qtunitemb if converte else Decimal(1))),
                "preco": numero_curto(
                    arredondar(parte.pvenda * parte.qtunitemb if converte else parte.pvenda, CENTAVO)
                ),
            }
            for n, parte in enumerate(linha.partes)
        ],
    }


def _id_produto(codauxiliar: int | None, codprod: int) -> str:
    return str(codprod) if codauxiliar is None else f"{codauxiliar}-{codprod}"


@dataclass(frozen=True, slots=True)
class ConsultaDeStatus:
    """What the hub asks of the list of positions; None = any. ``origem`` None: the gateway's own integration."""

    filial: str
    origem: str | None = None
    posicoes: Collection[str] | None = None
    desde: dt.datetime | None = None
    dias: int = DIAS_DE_BUSCA
    sem_clientes_excluidos: bool = False
    pagina: int = 1
    tamanho: int = 100


def listar_status(gw: Gateway, consulta: ConsultaDeStatus) -> Pagina:
    """Positions of a branch's orders for the hub; ``lastChange`` by the ERP's clock, as the hub sends it."""
    filtro = FiltroDeStatus(
        filial=consulta.filial,
        origem=consulta.origem or gw.settings.origem_integracao,
        dia=_dia(gw.hora_do_erp(gw.agora())) - dt.timedelta(days=consulta.dias),
        posicoes=consulta.posicoes,
        desde=None if consulta.desde is None else gw.hora_do_erp(consulta.desde),
        desde_utc=None if consulta.desde is None else utc(consulta.desde),
        sem_clientes_excluidos=consulta.sem_clientes_excluidos,
        pular=(consulta.pagina - 1) * consulta.tamanho,
        limite=consulta.tamanho + 1,
    )
    with gw.db.read() as connection:
        rows = lista_de_pedidos.listar_status(connection, filtro)
    itens = [
        {
            "orderId": row["NUMPED"],
            "branchId": row["CODFILIAL"],
            "orderStatus": row["POSICAO"],
            "lastChange": _ultima_mudanca(gw, row).isoformat(timespec="seconds"),
        }
        for row in rows[: consulta.tamanho]
    ]
    return Pagina(itens, len(rows) > consulta.tamanho)


def _ultima_mudanca(gw: Gateway, row: Mapping[str, Any]) -> dt.datetime:
    alterada = row["DTALTERACAO"]
    candidatas: list[dt.datetime | None] = [
        _com_hora(row["DATA"], row["HORA"], row["MINUTO"]),
        _com_hora(row["DTFAT"], row["HORAFAT"], row["MINUTOFAT"]),
        row["DTCANCEL"],
        None if alterada is None else gw.hora_do_erp(alterada.replace(tzinfo=dt.UTC)),
    ]
    return max(data for data in candidatas if data is not None)
