"""Reservations for the back office: the live ones, one with its whole story, and who holds a product's stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CENTAVO, ZERO, arredondar
from app.domain.estoque import Saldo, planejar
from app.domain.vida import VIVOS, Estado, nome_no_pdv
from app.services.acesso.credenciais import Caller
from app.services.consulta.operacoes import Evento
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import nao_encontrada
from app.services.operacao.requisicao import numero_curto
from app.services.relogio import na_filial
from app.winthor import estoque, pedidos
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.consultas.lista_de_reservas import Filtro, Linha
from app.winthor.db.transaction import Connection
from app.winthor.pedidos import LinhaGravada


@dataclass(frozen=True, slots=True)
class FiltroDeReservas:
    """Filters of the list; None = any; without ``estado`` only live reservations."""

    filial: str | None = None
    codprod: int | None = None
    estado: Estado | None = None
    numero: str | None = None
    caller: str | None = None
    vence_ate: dt.datetime | None = None
    vence_em_minutos: int | None = None
    idade_minima_horas: int | None = None
    cursor: int | None = None
    limite: int = 50


def listar(gw: Gateway, caller: Caller, filtro: FiltroDeReservas) -> dict[str, Any]:
    """Reservations, newest number first; ``proximo`` is the cursor of the next page."""
    agora = gw.agora()
    vence = filtro.vence_ate
    if filtro.vence_em_minutos is not None:
        vence = agora + dt.timedelta(minutes=filtro.vence_em_minutos)
    estados: Collection[Estado] = VIVOS if filtro.estado is None else {filtro.estado}
    criada = None if filtro.idade_minima_horas is None else agora - dt.timedelta(hours=filtro.idade_minima_horas)
    with gw.db.read() as connection:
        rows = lista_de_reservas.listar(
            connection,
            Filtro(
                filiais=caller.filiais,
                estados=estados,
                filial=filtro.filial,
                codprod=filtro.codprod,
                numero=filtro.numero,
                caller=filtro.caller,
                vence_ate=None if vence is None else utc(vence),
                criada_ate=None if criada is None else utc(criada),
                depois_de=filtro.cursor,
                limite=filtro.limite + 1,
            ),
        )
        pagina = rows[: filtro.limite]
        itens = [_resumo(gw, connection, row, agora) for row in pagina]
    return {"itens": itens, "proximo": pagina[-1]["NUMPED"] if len(rows) > filtro.limite else None}


def _resumo(gw: Gateway, connection: Connection, row: Linha, agora: dt.datetime) -> dict[str, Any]:
    estado = Estado(row["ESTADO"])
    expira = row["DTEXPIRA"] if estado is Estado.AUTORIZADA else None
    return {
        "idRetaguarda": row["NUMPED"],
        "filial": row["CODFILIAL"],
        "numero": row["NUMERO"],
        "situacaoReserva": estado.value,
        "situacaoPreVenda": nome_no_pdv(estado, Estado(row["REGISTRADO"])),
        "posicao": row["POSICAO"],
        "codcli": row["CODCLI"],
        "codusur": row["CODUSUR"],
        "total": None if row["VLTOTAL"] is None else arredondar(row["VLTOTAL"], CENTAVO),
        "itens": row["NUMITENS"],
        "caller": row["CALLER"],
        "criadaEm": _iso(gw, connection, row["CODFILIAL"], row["DTCRIACAO"]),
        "alteradaEm": _iso(gw, connection, row["CODFILIAL"], row["DTALTERACAO"]),
        "expiraEm": _iso(gw, connection, row["CODFILIAL"], expira),
        "vencida": expira is not None and expira <= utc(agora),
        "idadeHoras": int((utc(agora) - row["DTCRIACAO"]).total_seconds() // 3600),
        "substitui": row["NUMPED_ANTERIOR"],
        "substituidaPor": row["NUMPED_SEGUINTE"],
    }


def _iso(gw: Gateway, connection: Connection, filial: str, instante: dt.datetime | None) -> str | None:
    return None if instante is None else na_filial(gw, connection, filial, instante).isoformat(timespec="seconds")


def detalhar(gw: Gateway, caller: Caller, numped: int) -> dict[str, Any]:
    """One reservation: items, its whole chain with the difference of each alteration, and its events in time order.

    Raises Recusa RESERVA_NAO_ENCONTRADA, the same for an absent number and another branch's.
    """
    agora = gw.agora()
    with gw.db.read() as connection:
        row = lista_de_reservas.uma(connection, numped)
        if row is None or not caller.pode_na_filial(row["CODFILIAL"]):
            raise nao_encontrada(numped)
        cadeia = _linhagem(lista_de_reservas.da_pre_venda(connection, row["CODFILIAL"], row["NUMERO"]), numped)
        linhas = {elo["NUMPED"]: pedidos.ler_linhas(connection, elo["NUMPED"]) for elo in cadeia}
        eventos = lista_de_operacoes.da_pre_venda(connection, row["CODFILIAL"], row["NUMERO"])
        linhagem = []
        for anterior, elo in zip([None, *cadeia], cadeia, strict=False):
            antes = linhas[anterior["NUMPED"]] if anterior is not None else []
            diferencas = _diferencas(antes, linhas[elo["NUMPED"]]) if anterior is not None else []
            linhagem.append({**_resumo(gw, connection, elo, agora), "diferencas": diferencas})
        return {
            **_resumo(gw, connection, row, agora),
            "linhas": [_linha(linha) for linha in linhas[numped]],
            "linhagem": linhagem,
            "eventos": [
                Evento(evento, na_filial(gw, connection, row["CODFILIAL"], evento.inicio)) for evento in eventos
            ],
        }


def _linhagem(todas: Sequence[Linha], numped: int) -> list[Linha]:
    """The chain that ``numped`` is in, oldest first; other reservations of the same pre-sale are left out."""
    por_numero = {row["NUMPED"]: row for row in todas}
    atual = por_numero[numped]
    while atual["NUMPED_ANTERIOR"] in por_numero:
        atual = por_numero[atual["NUMPED_ANTERIOR"]]
    cadeia = [atual]
    while cadeia[-1]["NUMPED_SEGUINTE"] in por_numero:
        cadeia.append(por_numero[cadeia[-1]["NUMPED_SEGUINTE"]])
    return cadeia


def _linha(linha: LinhaGravada) -> dict[str, Any]:
    return {
        "numseq": linha.numseq,
        "codprod": linha.codprod,
        "codauxiliar": linha.codauxiliar,
        "filial": linha.filial,
        "qt": numero_curto(linha.qt),
        "pvenda": numero_curto(linha.pvenda),
        "componentes": [
            {"codprod": p.codprod, "qtmp": numero_curto(p.qtmp), "pvenda": numero_curto(p.pvenda)} for p in linha.partes
        ],
    }


def _diferencas(antes: Sequence[LinhaGravada], depois: Sequence[LinhaGravada]) -> list[dict[str, Any]]:
    """What an alteration changed, by product, package, branch and price: units before and after."""
    quantidades: dict[tuple[Any, ...], list[Decimal]] = {}
    for lado, linhas in enumerate((antes, depois)):
        for linha in linhas:
            chave = (linha.codprod, linha.codauxiliar, linha.filial, linha.pvenda)
            quantidades.setdefault(chave, [ZERO, ZERO])[lado] += linha.qt
    return [
        {
            "codprod": codprod,
            "codauxiliar": codauxiliar,
            "filial": filial,
            "pvenda": numero_curto(pvenda),
            "antes": numero_curto(a),
            "depois": numero_curto(d),
        }
        for (codprod, codauxiliar, filial, pvenda), (a, d) in quantidades.items()
        if a != d
    ]


# Of a product that thousands of orders hold: the rest is counted, and in ``explicado``.
DETENTORES_MAXIMOS = 200


def explicar_estoque(gw: Gateway, caller: Caller, filial: str, codprod: int) -> dict[str, Any] | None:
    """The availability of a product in a branch, explained: what is on hand, blocked, reserved, and by whom.

    ``naoExplicado`` is what QTRESERV counts beyond the holders (R19). None when there is no stock row.
    """
    agora = gw.agora()
    with gw.db.read() as connection:
        saldos = estoque.ler_saldos_dos_produtos(connection, [codprod])
        saldo = saldos.get((filial, codprod))
        if saldo is None:
            return None
        rows = lista_de_reservas.detentores(connection, filial, codprod, gw.regra_de_retencao(connection))
        detentores = [_detentor(gw, connection, row, agora) for row in rows[:DETENTORES_MAXIMOS]]
    explicado = sum((row["QT"] for row in rows), ZERO)
    livres = planejar(saldos, gw.regra_de_estoque).livres
    return {
        "filial": filial,
        "codprod": codprod,
        **_saldo_json(saldo),
        "disponivel": numero_curto(max(livres[filial, codprod], ZERO)),
        "explicado": numero_curto(explicado),
        "naoExplicado": numero_curto(saldo.reservado - explicado),
        "detentores": detentores,
        **({"detentoresOmitidos": len(rows) - DETENTORES_MAXIMOS} if len(rows) > DETENTORES_MAXIMOS else {}),
        "outrasFiliais": [
            {"filial": outra, "disponivel": numero_curto(max(livre, ZERO))}
            for (outra, _), livre in sorted(livres.items())
            if outra != filial and caller.pode_na_filial(outra)
        ],
    }


def _saldo_json(saldo: Saldo) -> Mapping[str, Any]:
    return {
        "estoque": numero_curto(saldo.qtestger),
        "reservado": numero_curto(saldo.qtreserv),
        "bloqueado": numero_curto(saldo.qtbloqueada),
        "pendente": numero_curto(saldo.qtpendente),
    }


def _detentor(gw: Gateway, connection: Connection, row: Linha, agora: dt.datetime) -> dict[str, Any]:
    nascida_aqui = row["ORIGEMINTEGRACAO"] == gw.settings.origem_integracao
    criada = row["DTCRIACAO"]
    return {
        "idRetaguarda": row["NUMPED"],
        "filial": row["CODFILIAL"],
        "numero": row["NUMPEDHUBE"] if nascida_aqui else None,
        "origem": row["ORIGEMINTEGRACAO"],
        "situacaoReserva": row["ESTADO"],
        "posicao": row["POSICAO"],
        "quantidade": numero_curto(row["QT"]),
        "data": None if row["DATA"] is None else row["DATA"].date().isoformat(),
        "idadeHoras": None if criada is None else int((utc(agora) - criada).total_seconds() // 3600),
        "expiraEm": _iso(gw, connection, row["CODFILIAL"], row["DTEXPIRA"]),
        "caller": row["CALLER"],
    }
