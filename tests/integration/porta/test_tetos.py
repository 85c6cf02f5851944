"""A small body leaves no large one: problems told and text kept have a ceiling, and the answer says so (D10)."""

from __future__ import annotations

from typing import Any

import pytest
import simplejson

from app.api.respostas.problema import PROBLEMAS_DITOS
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

# Bytes in the ERP for one of a body, and the most for one that is small: so many problems told in few words.
VEZES, DE_UM_PEQUENO = 12, 60_000


def guardado(casa: Casa) -> int:
    """Bytes of text in the rows of the newest operation."""
    operacao = casa.tabela("GW_OPERACAO")[-1]
    log = casa.ultimo_log()
    return len(operacao["RESPOSTA"] or "") + len(simplejson.dumps(log["JSON"], use_decimal=True))


MUITOS = [
    pre_venda(*[{"quantidade": "x", "preco": "y"} for _ in range(500)]),
    pre_venda(*[item("1-999999") for _ in range(500)]),
    pre_venda(*[{} for _ in range(500)]),
    pre_venda(**{f"desconhecido{n}": "z" for n in range(1000)}, idOperadorRetaguarda="nenhum"),
]


@pytest.mark.parametrize("corpo", MUITOS, ids=["ilegiveis", "sem produto", "vazios", "desconhecidos"])
def test_a_refused_body_leaves_little(casa: Casa, corpo: dict[str, Any]) -> None:
    answer = casa.enviar(corpo)
    dito = answer.get_json(force=True)
    assert answer.status_code == 422
    assert len(dito["errors"]) <= PROBLEMAS_DITOS
    if len(corpo["preVendaItens"]) > PROBLEMAS_DITOS:
        assert dito["errosOmitidos"] >= 300
    assert guardado(casa) < max(VEZES * len(simplejson.dumps(corpo)), DE_UM_PEQUENO)


@pytest.mark.parametrize("situacao", [1, 3, 0])
def test_what_a_state_does_not_read_is_not_kept_at_length(casa: Casa, situacao: int) -> None:
    numped = casa.reservar(pre_venda())
    itens = [{**item("1-999999"), "observacoes": "x" * 1500} for _ in range(500)]
    corpo = {**pre_venda(situacaoPreVenda=situacao, idRetaguarda=numped), "observacoes": "y" * 100_000}
    if situacao != 1:
        corpo["preVendaItens"] = itens
    casa.enviar(corpo)
    assert guardado(casa) < 2 * len(simplejson.dumps(corpo)) + 4000
    assert "y" * 2001 not in str(casa.ultimo_log()["JSON"])
