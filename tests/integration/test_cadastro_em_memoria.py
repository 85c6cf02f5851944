"""Products may be as old as PREVENDA_CACHE_SEGUNDOS when they let an item pass; what would refuse it is read anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.winthor.cache import Cache
from tests.support.builders import item, pre_venda
from tests.support.cep_servers import RelogioFalso
from tests.support.gateway import Casa


@pytest.fixture
def relogio() -> RelogioFalso:
    return RelogioFalso()


@pytest.fixture
def quente(casa: Casa, relogio: RelogioFalso, monkeypatch: pytest.MonkeyPatch) -> Iterator[Casa]:
    """A gateway that has just sold product 1."""
    quente = casa.com(cache_segundos=30)
    monkeypatch.setattr(quente.gw.cadastros, "_produtos", Cache(30, relogio))
    quente.reservar(pre_venda(item("100-1"), numero="AQUECER"))
    yield quente
    quente.close()


def test_a_product_is_sold_as_it_was_a_moment_ago(quente: Casa) -> None:
    with quente.comandos() as comandos:
        quente.reservar(pre_venda(item("100-1")))
    assert [c for c in comandos if "FROM PCPRODUT" in c] == []


def test_a_product_that_is_old_is_read_again(quente: Casa, relogio: RelogioFalso) -> None:
    quente.executar("UPDATE PCPRODUT SET OBS = 'PV' WHERE CODPROD = 1")
    relogio.avancar(31)
    assert quente.recusado(pre_venda(item("100-1")))["codigo"] == "PRODUTO_INATIVO"


def test_what_was_refused_is_judged_anew_at_once(quente: Casa) -> None:
    corpo = pre_venda(item("500-5"))
    assert quente.recusado(corpo)["codigo"] == "PRODUTO_INATIVO"
    quente.executar("UPDATE PCPRODUT SET DTEXCLUSAO = NULL WHERE CODPROD = 5")
    assert quente.enviar(corpo).get_json().get("codigo") != "PRODUTO_INATIVO"


@pytest.mark.parametrize("coluna", ["CODPROD", "CODAUXILIAR"])
def test_what_was_not_there_is_looked_for_again(quente: Casa, coluna: str) -> None:
    """A product, or a package of a product that is known already, made in WinThor after it was refused."""
    produto = "999-999" if coluna == "CODPROD" else "199-1"
    corpo = pre_venda(item(produto))
    assert quente.recusado(corpo)["codigo"] in {"PRODUTO_NAO_ENCONTRADO", "EMBALAGEM_NAO_CONFERE"}
    if coluna == "CODPROD":
        quente.executar("UPDATE PCPRODUT SET CODPROD = 999 WHERE CODPROD = 4")
        quente.executar("UPDATE PCEMBALAGEM SET CODPROD = 999, CODAUXILIAR = 999 WHERE CODPROD = 4")
        quente.executar("UPDATE PCEST SET CODPROD = 999, QTBLOQUEADA = 0 WHERE CODPROD = 4")
    else:
        quente.executar("UPDATE PCEMBALAGEM SET CODAUXILIAR = 199 WHERE CODAUXILIAR = 123 AND CODFILIAL = '1'")
    quente.reservar(corpo)
