"""The movements of a product's reserved units in a branch: who, when, how much, by which operation (R31)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import ZERO
from app.domain.linhas import LinhaGravada, unidades
from app.domain.rastro import Rastro
from app.domain.remanejamento import variacoes
from app.domain.vida import Efeito
from app.services.consulta.operacoes import LIMITE_MAXIMO
from app.services.gateway import Gateway
from app.services.operacao.linha_do_log import SemLinha, achar_linha
from app.services.operacao.log_gravado import ler_json, variacoes_do_texto
from app.winthor import pedidos
from app.winthor.consultas import lista_de_operacoes, movimentos
from app.winthor.consultas.lista_de_operacoes import OperacaoDoLog
from app.winthor.consultas.movimentos import MudancaGravada, OperacaoQueMove
from app.winthor.db.transaction import Connection

# Operations that turn out not to have moved the row are passed over, so often at the most for one page.
RODADAS = 5


@dataclass(frozen=True, slots=True)
class Movimento:
    """By how many base units an operation changed what is reserved; ``quando``: aware, by the ERP's clock.
    ``numped`` is the order that holds them now, or held them."""

    id: str
    quando: dt.datetime
    operacao: str
    situacao: int | None
    efeito: str | None
    numped: int
    numero: str | None
    caller: str | None
    variacao: Decimal


@dataclass(frozen=True, slots=True)
class PaginaDeMovimentos:
    """Movements, newest first; ``proximo``: the cursor of the next page, None at the end."""

    itens: Sequence[Movimento]
    proximo: str | None


def listar(
    gw: Gateway, filial: str, codprod: int, *, cursor: str | None = None, limite: int = 50
) -> PaginaDeMovimentos:
    """What the gateway's operations did to the reserved units of a stock row, newest first. An alteration is one
    movement, net; what WinThor itself releases is none."""
    limite = min(limite, LIMITE_MAXIMO)
    achados: list[Movimento] = []
    with gw.db.read() as connection:
        for _ in range(RODADAS):
            lidas = movimentos.find_all(connection, codprod, cursor, limite + 1)
            lote, ha_mais = lidas[:limite], len(lidas) > limite
            for movimento, lida in zip(_movimentos(gw, connection, (filial, codprod), lote), lote, strict=True):
                if movimento is not None:
                    if len(achados) == limite:
                        return PaginaDeMovimentos(achados, achados[-1].id)
                    achados.append(movimento)
                cursor = lida.operacao.id
            if not ha_mais:
                return PaginaDeMovimentos(achados, None)
    return PaginaDeMovimentos(achados, cursor)


def _movimentos(
    gw: Gateway, connection: Connection, chave: tuple[str, int], lote: Sequence[OperacaoQueMove]
) -> list[Movimento | None]:
    """What each operation did to the stock row; None where it did nothing to it. Three statements, and one for each
    correction."""
    numpeds = {n for um in lote for n in (um.operacao.numped, um.anterior) if n is not None}
    linhas = pedidos.find_linhas_de(connection, numpeds)
    duvidosas = [um.operacao.id for um in lote if um.operacao.operacao == "C" or um.operacao.efeito is None]
    respostas = lista_de_operacoes.respostas(connection, duvidosas)
    gravadas = movimentos.mudancas(connection, numpeds)
    feitos: list[Movimento | None] = []
    for um in lote:
        o = um.operacao
        modo = um.modo_kit or gw.settings.modo_kit
        mudadas = {
            g.id: (g, _mudou(gw, g, linhas, modo).get(chave, ZERO))
            for g in gravadas
            if g.numped in {o.numped, um.anterior}
        }

        def do(numped: int | None, mudadas: Any = mudadas, modo: str = modo, quando: str = o.id) -> Decimal:
            """What the order held of the row then: what was moved later is where it was."""
            depois = [
                quanto for g, quanto in mudadas.values() if g.numped == numped and g.id > quando and g.operacao != "C"
            ]
            return _unidades(linhas, numped, modo).get(chave, ZERO) - sum(depois, ZERO)

        variacao = ZERO
        if o.id in mudadas:
            variacao = mudadas[o.id][1]
        elif o.operacao == "C":
            variacao = _liberada(gw, connection, o, respostas.get(o.id), chave, do(o.numped))
        elif o.efeito == Efeito.RESERVAR_DE_NOVO.name or o.operacao == "I":
            variacao = do(o.numped)
        elif um.anterior is not None and um.anterior == o.id_retaguarda != o.numped:
            variacao = do(o.numped) - do(um.anterior)
        feitos.append(None if not variacao or o.numped is None else _movimento(gw, o, o.numped, variacao))
    return feitos


def _mudou(
    gw: Gateway, gravada: MudancaGravada, linhas: Mapping[int, Sequence[LinhaGravada]], modo: str
) -> Mapping[Any, Decimal]:
    """By how many units an operation changed each stock row: as it recorded, or by the lines that it moved."""
    if gravada.variacoes is not None:
        return variacoes_do_texto(gravada.variacoes)
    movidas = gw.renderizacao.gravada(ler_json(gravada.resposta)).linhas
    return variacoes(linhas.get(gravada.numped, ()), movidas, modo)


def _unidades(linhas: Mapping[int, Sequence[LinhaGravada]], numped: int | None, modo: str) -> Mapping[Any, Decimal]:
    return unidades(linhas.get(numped or 0, ()), modo)


def _liberada(
    gw: Gateway, connection: Connection, o: OperacaoDoLog, gravada: str | None, chave: tuple[str, int], tinha: Decimal
) -> Decimal:
    """What a cancellation, the end of a term or a correction released, below zero."""
    dita = gw.renderizacao.gravada(ler_json(gravada))
    if o.efeito is None and "já estava encerrada" in dita.mensagem:  # recorded before EFEITO was kept
        return ZERO
    if not dita.mensagem:  # a correction, which nobody was answered: its row says what it released
        linha = achar_linha(connection, Rastro(o.id, o.rowid, o.operacao, o.estado, o.numero, gravada))
        corpo = {} if isinstance(linha, SemLinha) else linha.corpo
        partes = corpo.get("liberadas") or ()
        return -sum(
            (Decimal(str(p["quantidade"])) for p in partes if (p["filial"], p["codprod"]) == chave),
            ZERO,
        )
    return -tinha


def _movimento(gw: Gateway, o: OperacaoDoLog, numped: int, variacao: Decimal) -> Movimento:
    return Movimento(
        id=o.id,
        quando=(o.fim or o.inicio).astimezone(gw.settings.fuso),
        operacao=o.operacao,
        situacao=o.situacao,
        efeito=o.efeito,
        numped=numped,
        numero=o.numero,
        caller=o.caller,
        variacao=variacao,
    )
