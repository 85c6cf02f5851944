"""Bodies as .NET, Java, Delphi and PHP write them, through the whole life of a reservation (§4.2)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_recusas import cru
from tests.support.gateway import Casa
from tests.support.senders import SENDERS

# The day counts, not the hour: every language writes the same one.
ENTREGA = dt.datetime(2026, 3, 9, 12, 30, 15)  # noqa: DTZ001 - a sender's own clock


def venda(situacao: Any = 2, numped: int | None = None, quantidade: str = "2") -> dict[str, Any]:
    return {
        "situacaoPreVenda": situacao,
        "numero": "PV 7/ção",
        "idLojaRetaguarda": 1,
        "idRetaguarda": numped,
        "idOperadorRetaguarda": None,
        "observacoes": "Retirar à tarde & avisar 'João' <1º andar> + troco",
        "lockTTL": None,
        "dataExpiracaoPagamento": None,
        "idPdv": None,
        "idInquilino": None,
        "cliente": None,
        "preVendaItens": [
            {
                "idProdutoRetaguarda": "100-1",
                "quantidade": Decimal(quantidade),
                "preco": Decimal("10"),
                "desconto": Decimal("0"),
                "idVendedorRetaguarda": None,
                "entrega": None,
                "itensKit": [],
            },
            {
                "idProdutoRetaguarda": "200-2",
                "quantidade": Decimal("0.25"),
                "preco": Decimal("10.10"),
                "descontoPercentual": Decimal("0.1"),
                "idVendedorRetaguarda": 100,
                "entrega": {"idLojaEntregaRetaguarda": 1, "tipoEntrega": 2, "dataEntrega": ENTREGA},
                "itensKit": None,
            },
        ],
        "pagamentos": [],
    }


def aceita(casa: Casa, remetente: str, corpo: dict[str, Any], http: int, *, repetida: bool = False) -> dict[str, Any]:
    answer = cru(casa, SENDERS[remetente].write(corpo))
    assert answer.status_code == http, answer.get_data(as_text=True)
    assert ("Idempotent-Replayed" in answer.headers) is repetida
    data: dict[str, Any] = answer.get_json()["data"]
    return data


@pytest.mark.parametrize("remetente", SENDERS)
def test_the_whole_life_as_one_language_writes_it(casa: Casa, remetente: str) -> None:
    primeira = aceita(casa, remetente, venda(), 201)
    assert (primeira["numero"], primeira["total"]) == ("PV 7/ção", 22.53)
    assert [aviso["codigo"] for aviso in primeira["avisos"]] == ["CONSUMIDOR_FINAL"]
    linhas = [(linha["QT"], linha["PVENDA"], linha["CODUSUR"], linha["TIPOENTREGA"]) for linha in casa.tabela("PCPEDI")]
    assert linhas == [(2, 10, 1, None), (Decimal("0.25"), Decimal("10.1"), 1, "EN")]
    assert casa.tabela("PCPEDI")[1]["DTENTREGA"].date() == ENTREGA.date()
    assert casa.linha("PCPEDC")["OBS"] == "Retirar à tarde & avisar"

    for outro in SENDERS:  # the hub replays what the till has sent, in its own words
        assert aceita(casa, outro, venda(), 201, repetida=True) == primeira

    alterada = aceita(casa, remetente, venda("2", primeira["idRetaguarda"], "3"), 201)
    assert (alterada["substitui"], casa.qtreserv(1)) == (primeira["idRetaguarda"], 3)
    for outro in SENDERS:
        assert aceita(casa, outro, venda(2, primeira["idRetaguarda"], "3"), 201, repetida=True) == alterada

    resgatada = aceita(casa, remetente, venda("RESGATADA", alterada["idRetaguarda"], "3"), 200)
    assert resgatada["situacaoReserva"] == "RESGATADA"
    paga = venda(1, alterada["idRetaguarda"], "3")
    paga["pagamentos"] = [{"pagamentoForma": {"idRetaguarda": "D"}, "pagamentoCondicao": None}]
    assert aceita(casa, remetente, paga, 200)["situacaoReserva"] == "CONFIRMADA"
    assert casa.tabela("PCPEDC")[-1]["CODCOB"] == "D"
    for outro in SENDERS:
        assert aceita(casa, outro, paga, 200, repetida=True)["situacaoReserva"] == "CONFIRMADA"

    assert aceita(casa, remetente, venda(0, alterada["idRetaguarda"]), 200)["situacaoReserva"] == "CANCELADA"
    assert (casa.qtreserv(1), casa.qtreserv(2)) == (0, 0)
    for outro in SENDERS:
        assert aceita(casa, outro, venda("CANCELADA", alterada["idRetaguarda"]), 200, repetida=True)


def test_the_languages_really_write_different_bodies() -> None:
    corpos = {nome: remetente.write(venda(2, 12345678)).decode() for nome, remetente in SENDERS.items()}
    assert len(set(corpos.values())) == len(SENDERS)
    assert "1.2345678E7" in corpos["Gson"]
    assert "null" not in corpos["Gson"]
    assert "12345678.0" in corpos["Newtonsoft"]
    assert '"idOperadorRetaguarda":0,' in corpos["Newtonsoft"]
    assert '"preco":1E+1' in corpos["Jackson"]
    assert "00000000-0000" in corpos["SystemTextJson"]
    assert "\\u00E7\\u00E3o" in corpos["SystemTextJson"]
    assert "PV 7\\/ção" in corpos["Delphi"]
    assert "0.10000000000000001" in corpos["Php"]
    assert '"cliente":[]' in corpos["Php"]
