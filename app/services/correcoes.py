"""Corrections: differences that the gateway may mend, each once, under the locks, audited (R19, R20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.vida import Estado
from app.services import expirar, registrar
from app.services.cancelar import marcar_cancelada
from app.services.conciliar import CANCELAR, EXPIRAR, INFORMAR, RECUPERAR, Diferenca, conciliar, id_da_diferenca
from app.services.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.services.interno import pedido_interno
from app.services.pedido import Resposta, json_texto, numero_curto
from app.winthor import conciliacao, estoque, operacoes, ordens, reservas
from app.winthor.db import Connection
from app.winthor.faults import Falha

CORRIGIDA = "corrigida"


def corrigir(gw: Gateway, caller: Caller, *, ids: Sequence[str] | None, motivo: str, simular: bool) -> dict[str, Any]:
    """Mend the differences named by ``ids`` (None: all that can be mended), each once, under R20 after re-reading.

    Only units of orders born here are released; the rest is reported. ``simular`` only says what would be done.
    Every correction leaves a log row with who and why.
    """
    escolhidas = [d for d in conciliar(gw, caller.filiais).diferencas if ids is None or d.id in ids]
    rodada = _Rodada(gw, caller, motivo)
    feitas = [{**d.json(), "resultado": _so_dizer(d) if simular else rodada.corrigir(d)} for d in escolhidas]
    desconhecidos = sorted(set(ids or ()) - {d.id for d in escolhidas})
    return {"simulado": simular, "correcoes": feitas, "desconhecidos": desconhecidos}


def _so_dizer(diferenca: Diferenca) -> str:
    if diferenca.acao != INFORMAR:
        return "simulada"
    return "não corrigida: " + (f"é de {diferenca.rotina}" if diferenca.rotina else "exige uma pessoa")


class _Rodada:
    """One round: an order is mended whole, with all its products, and what a crash left P is settled once."""

    def __init__(self, gw: Gateway, caller: Caller, motivo: str) -> None:
        self.gw = gw
        self.caller = caller
        self.motivo = motivo
        self._ordens: set[int] = set()
        self._operacoes: set[str] | None = None

    def corrigir(self, diferenca: Diferenca) -> str:
        """Mend one difference and say what came of it."""
        if diferenca.acao == INFORMAR:
            return _so_dizer(diferenca)
        try:
            if diferenca.acao == RECUPERAR:
                return self._recuperar(diferenca)
            if diferenca.numped in self._ordens:
                return CORRIGIDA
            resultado = self._expirar(diferenca) if diferenca.acao == EXPIRAR else self._soltar(diferenca)
        except Falha as falha:
            return f"falhou: {falha.codigo}"
        if resultado == CORRIGIDA and diferenca.numped is not None:
            self._ordens.add(diferenca.numped)
        return resultado

    def _recuperar(self, diferenca: Diferenca) -> str:
        if self._operacoes is None:
            self._operacoes = {id_da_diferenca(diferenca.tipo, feita.id) for feita in registrar.recuperar(self.gw)}
        return CORRIGIDA if diferenca.id in self._operacoes else "não corrigida: já não está pendente"

    def _expirar(self, diferenca: Diferenca) -> str:
        numped, filial, numero = diferenca.numped or 0, diferenca.filial or "", diferenca.numero or ""
        razao = self.gw.db.run(
            lambda c: expirar.expirar_uma(
                self.gw, c, numped, filial, numero, caller=self.caller.login, motivo=self.motivo
            )
        )
        return CORRIGIDA if razao is None else f"não corrigida: {razao}"

    def _soltar(self, diferenca: Diferenca) -> str:
        return self.gw.db.run(lambda c: _soltar(self.gw, c, self.caller, diferenca, self.motivo))


def _soltar(gw: Gateway, connection: Connection, caller: Caller, diferenca: Diferenca, motivo: str) -> str:
    """Release what an order born here still holds, judged again under its locks."""
    numped, numero = diferenca.numped or 0, diferenca.numero or ""
    lida = ordens.ler(connection, numped)
    if lida is None or lida.adotada:
        return "não corrigida: o pedido não nasceu aqui"
    if not caller.pode_na_filial(lida.filial):
        return "não corrigida: o pedido é de outra filial"
    operacoes.numero_atual(connection, lida.filial, numero, gw.settings.espera_lock)
    ordem = ordens.lock(connection, numped, gw.settings.espera_lock)
    if ordem is None:
        return "não corrigida: o pedido não existe mais"
    soltas = _contadas_da_ordem(gw, connection, ordem)
    if diferenca.acao == CANCELAR:
        if not conciliacao.cancelamento_perdido(connection, numped):
            return "não corrigida: o pedido mudou"
        linhas = ordens.ler_linhas(connection, numped)
        marcar_cancelada(gw, connection, ordem, linhas, codfunc=None, motivo=motivo)
    else:
        if not soltas or ordem.estado not in {Estado.BAIXADA, Estado.CANCELADA}:
            return "não corrigida: a diferença não existe mais"
        reservas.mudar(connection, numped, utc(gw.agora()), ESTADO=ordem.estado.value)
    estoque.somar_reserva(connection, {chave: -quantidade for chave, quantidade in soltas.items()})
    _anotar(gw, connection, caller, ordem, diferenca, motivo, soltas)
    return CORRIGIDA


def _contadas_da_ordem(gw: Gateway, connection: Connection, ordem: ordens.Ordem) -> dict[Chave, Decimal]:
    """The order's units that QTRESERV really counts, now that its stock rows are locked: what is left of the counter
    after every other order has its units. Never more than the order's own."""
    unidades = ordens.unidades(ordens.ler_linhas(connection, ordem.numped), ordem.modo_kit or gw.settings.modo_kit)
    saldos = estoque.lock_saldos(connection, unidades, gw.settings.espera_lock)
    vivas = conciliacao.esperado(connection, unidades, gw.settings.modo_kit)
    contadas: dict[Chave, Decimal] = {}
    for chave, quantidade in unidades.items():
        das_outras = vivas.get(chave, ZERO) - (quantidade if ordem.retem else ZERO)
        sobra = saldos[chave].qtreserv - das_outras if chave in saldos else ZERO
        if sobra > 0:
            contadas[chave] = min(quantidade, sobra)
    return contadas


def _anotar(
    gw: Gateway,
    connection: Connection,
    caller: Caller,
    ordem: ordens.Ordem,
    diferenca: Diferenca,
    motivo: str,
    soltas: Mapping[Chave, Decimal],
) -> None:
    corpo = {
        "acao": "correcao",
        "tipo": diferenca.tipo,
        "idRetaguarda": ordem.numped,
        "numero": ordem.numero,
        "idLojaRetaguarda": ordem.filial,
        "motivo": motivo,
        "liberadas": [
            {"filial": filial, "codprod": codprod, "quantidade": numero_curto(quantidade)}
            for (filial, codprod), quantidade in soltas.items()
        ],
    }
    pedido = pedido_interno(caller.login, ordem.filial, ordem.numero, ordem.numped, corpo, cancela=True)
    resposta = Resposta(200, json_texto({"success": True, "situacaoReserva": ordem.estado.value}))
    registrar.anotar_feito(
        gw,
        connection,
        pedido,
        resposta,
        numped=ordem.numped,
        posicao=ordem.posicao if ordem.estado is Estado.BAIXADA and ordem.posicao else "C",
        codcli=ordem.codcli,
    )
