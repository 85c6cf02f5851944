"""Operations of every kind for a new demo, made by posting them, so that the panel has something to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import simplejson

from app.domain.recusas import Recusa
from app.domain.remanejamento import LinhaARemanejar
from app.services import politicas, remanejar, retaguarda
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR, Caller
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.politicas import Definicao
from app.services.pre_venda.atender import receber
from app.services.retaguarda import NovoPrazo
from app.services.tempo import expirar

# Reads a body for a caller: the door of the HTTP layer, which this layer does not know.
Ler = Callable[[Mapping[str, Any], str], Requisicao]

_MARIA = {
    "cpfCnpj": "740.918.365-93",
    "nome": "Maria da Demonstração",
    "endereco": "Praça da Sé",
    "numero": "100",
    "bairro": "Sé",
    "cidade": "São Paulo",
    "estado": "SP",
    "cep": "01001-000",
    "email": "maria@example.com",
}


def _item(produto: str, quantidade: int, preco: int) -> dict[str, Any]:
    return {"idProdutoRetaguarda": produto, "quantidade": quantidade, "preco": preco}


@dataclass(frozen=True, slots=True)
class _Loja:
    """A point of sale that sends pre-sales at a given time."""

    gw: Gateway
    ler: Ler

    def as_(self, horas_atras: float) -> Gateway:
        """The gateway with its clock so many hours back."""
        instante = self.gw.agora() - dt.timedelta(hours=horas_atras)
        return replace(self.gw, clock=lambda: instante)

    def enviar(
        self, horas_atras: float, numero: str, *itens: dict[str, Any], login: str = "pdv1", **mais: Any
    ) -> int | None:
        """Post one; its number, None when it was refused."""
        corpo = {
            "situacaoPreVenda": 2,
            "numero": numero,
            "idLojaRetaguarda": "2" if login == "pdv2" else "1",
            # Their own RCAs: the first number of RCA 8 stays for whoever tries the README.
            "idOperadorRetaguarda": 200 if login == "pdv2" else 100,
            "preVendaItens": list(itens),
            **mais,
        }
        try:
            return _numero(receber(self.as_(horas_atras), self.ler(corpo, login)))
        except Recusa:
            return None


def _numero(resposta: Resposta) -> int:
    return int(simplejson.loads(resposta.corpo)["idPedidoRetaguarda"])


def semear(gw: Gateway, ler: Ler) -> int:
    """Post a handful of operations of the last day and a half; returns how many pre-sales were sent.

    Accepted, altered, paid, rescued, cancelled at the POS and by the back office, extended, expired, one past due that
    no sweep has taken yet, moved to another branch, short of what a quota keeps, and refusals of several kinds.
    Products 1 to 4 of branch 1 are left as the demo data have them, for whoever tries the gateway there. Raises Falha
    when the database fails.
    """
    loja = _Loja(gw, ler)
    # Two reservations of an hour: one is swept, the other stays past due.
    loja.enviar(34, "DEMO-01", _item("10010-1001", 5, 10), lockTTL="1h")
    expirar.expirar(loja.as_(32))
    loja.enviar(20, "DEMO-02", _item("10020-1002", 3, 10), lockTTL="1h")
    loja.enviar(19, "DEMO-03", _item("123-1", 2, 120), _item("200-2", 4, 10), login="pdv2", cliente=_MARIA)

    alterada = loja.enviar(17, "DEMO-04", _item("100-1", 5, 10), _item("10030-1003", 2, 10), login="pdv2")
    novos = (_item("100-1", 3, 10), _item("10040-1004", 1, 10))
    loja.enviar(16, "DEMO-04", *novos, login="pdv2", idRetaguarda=alterada)
    # The old number: refused.
    loja.enviar(15.5, "DEMO-04", _item("100-1", 9, 10), login="pdv2", idRetaguarda=alterada)

    paga = loja.enviar(14, "DEMO-05", _item("5000-50", 1, 30), login="pdv2")
    loja.enviar(13, "DEMO-05", login="pdv2", idRetaguarda=paga, situacaoPreVenda=1)
    resgatada = loja.enviar(12, "DEMO-06", _item("10050-1005", 6, 10), login="pdv2")
    loja.enviar(11, "DEMO-06", login="pdv2", idRetaguarda=resgatada, situacaoPreVenda=3)
    cancelada = loja.enviar(10, "DEMO-07", _item("300-3", 2, 10), login="pdv2")
    loja.enviar(9, "DEMO-07", login="pdv2", idRetaguarda=cancelada, situacaoPreVenda=0)

    for horas, numero, login in ((8, "DEMO-08", "pdv1"), (7.5, "DEMO-09", "pdv1"), (5, "DEMO-10", "pdv2")):
        loja.enviar(horas, numero, _item("400-4", 1, 10), login=login)  # all of it is blocked
    loja.enviar(4.5, "DEMO-11", _item("300-3", 40, 10))
    loja.enviar(4, "DEMO-12", _item("999-1", 1, 10))
    loja.enviar(3.5, "DEMO-13", _item("500-5", 1, 10))
    loja.enviar(3, "DEMO-14", _item("100-1", 1, 10), situacaoPreVenda=7)

    prorrogada = loja.enviar(2.5, "DEMO-15", _item("10060-1006", 8, 10), lockTTL="6h")
    desistida = loja.enviar(2, "DEMO-16", _item("10070-1007", 1, 10))
    pessoa = Caller("retaguarda", None, frozenset({RETAGUARDA, RETAGUARDA_AGIR}))
    if prorrogada is not None:
        retaguarda.prorrogar_reserva(loja.as_(1.5), pessoa, prorrogada, NovoPrazo(dias=3), "Cliente busca na sexta")
    if desistida is not None:
        retaguarda.cancelar_reserva(loja.as_(1), pessoa, desistida, "Cliente desistiu por telefone")
    _de_outra_filial_e_para_outro(loja, pessoa)
    loja.enviar(0.2, "DEMO-17", _item("123-1", 1, 120), _item("5000-50", 2, 30), login="pdv2", lockTTL="3h")
    return 19


def _de_outra_filial_e_para_outro(loja: _Loja, pessoa: Caller) -> None:
    """A quota of branch 2 for its own till, which another login meets; and a line that comes from branch 10 now."""
    fim = loja.gw.hora_do_erp(loja.gw.agora()).date() + dt.timedelta(days=30)
    motivo = "Encarte da loja 2: fica para o balcão dela"
    cota = Definicao("2", 1008, None, "pdv2", Decimal(600), None, None, fim, motivo)
    politicas.definir(loja.as_(0.9), "cli:demonstracao", cota)
    loja.enviar(0.8, "DEMO-18", _item("10080-1008", 500, 10), login="hub", idLojaRetaguarda="2")
    movida = loja.enviar(0.6, "DEMO-19", _item("10090-1009", 4, 10), _item("10100-1010", 1, 10))
    if movida is not None:
        linhas = [LinhaARemanejar(1, "10")]
        remanejar.remanejar(loja.as_(0.5), pessoa, movida, linhas, "A filial 10 fica mais perto do cliente")
