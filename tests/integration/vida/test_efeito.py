"""What an operation did is kept with it as a member, whatever its answer says (R16)."""

from __future__ import annotations

from app.domain.vida import Efeito
from app.services.tempo import expirar
from app.winthor.esquema.gateway_tables import GW_OPERACAO
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa


def efeitos(casa: Casa) -> list[str | None]:
    return [linha["EFEITO"] for linha in casa.tabela("GW_OPERACAO")]


def agir(casa: Casa, situacao: int, numped: int, **mais: object) -> None:
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(pre_venda(situacaoPreVenda=situacao, idRetaguarda=numped) | mais)
    assert answer.status_code in {200, 201}, answer.get_data(as_text=True)


def test_the_life_of_a_pre_sale(casa: Casa) -> None:
    velha = casa.reservar(pre_venda())
    casa.relogio.andar(seconds=1)
    nova = casa.reservar(pre_venda(item(quantidade=3), idRetaguarda=velha))
    paga = {"preVendaItens": [item(quantidade=3)]}
    agir(casa, 1, nova, **paga)
    agir(casa, 1, nova, **paga, observacoes="de novo")
    agir(casa, 3, nova)
    agir(casa, 0, nova)
    agir(casa, 0, nova, idOperadorRetaguarda=300)
    assert efeitos(casa) == ["RESERVAR", "RECRIAR", "MUDAR", "NENHUM", "REGISTRAR_RESGATE", "MUDAR", "NENHUM"]


def test_a_replay_records_nothing(casa: Casa) -> None:
    casa.reservar(pre_venda())
    casa.reservar(pre_venda())
    assert efeitos(casa) == ["RESERVAR"]


def test_time_and_a_late_payment(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1d"))
    casa.relogio.andar(days=2)
    assert expirar.expirar(casa.gw).expiradas == [numped]
    casa._tokens.clear()
    agir(casa, 1, numped)
    assert efeitos(casa) == ["RESERVAR", "MUDAR", "RESERVAR_DE_NOVO"]


def test_an_extension(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1d"))
    casa.relogio.andar(seconds=1)
    corpo = {"dias": 3, "motivo": "x"}
    assert casa.pedir("POST", f"/api/v1/reservas/{numped}/prorrogacao", "retaguarda", json=corpo).status_code == 200
    assert efeitos(casa) == ["RESERVAR", "MUDAR_PRAZO"]


def test_what_was_refused_did_nothing(casa: Casa) -> None:
    casa.recusado(pre_venda(item(quantidade=9999)))
    assert efeitos(casa) == [None]


def test_every_effect_fits_its_column() -> None:
    assert max(len(efeito.name) for efeito in Efeito) <= GW_OPERACAO.c.EFEITO.type.length
