"""Eight writers, two sweeps, and readers that follow the feed: nothing is lost, told twice, or out of order (R27)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.eventos import Evento, TipoDeEvento
from app.domain.vida import Estado
from app.services.eventos import feed
from app.services.eventos.registrar import registrar
from app.services.tempo import expirar
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

ESCRITORES, CADA_UM = 8, 6
TUDO = feed.Filtro(None, None)
SO_POSTGRESQL = pytest.mark.parametrize(
    "engine", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def casa(casa: Casa) -> Iterator[Casa]:
    longa = casa.com(jwt_minutos=1_000_000, pool=20)
    longa.executar("UPDATE PCEST SET QTESTGER = 1000000")
    longa.token("hub")
    yield longa
    longa.close()


def vida(casa: Casa, nome: str) -> list[str]:
    """One pre-sale from its birth to an end of some kind; the types it must have told."""
    numped = casa.reservar(pre_venda(numero=nome, lockTTL="1h"))
    tipos = ["criada"]
    alterada = casa.enviar(pre_venda(item(quantidade=3), numero=nome, idRetaguarda=numped, lockTTL="1h"))
    assert alterada.status_code == 201, alterada.get_data(as_text=True)
    tipos.append("alterada")
    numped = alterada.get_json()["idPedidoRetaguarda"]
    for situacao, tipo in ((1, "paga"), (0, "cancelada")):
        corpo = pre_venda(item(quantidade=3), numero=nome, idRetaguarda=numped, situacaoPreVenda=situacao)
        assert casa.enviar(corpo).status_code == 200
        tipos.append(tipo)
    return tipos


class Leitor:
    """Follows the feed by its cursor until it is told to stop, and then to its end."""

    def __init__(self, casa: Casa) -> None:
        self.vistos: list[tuple[str, str, str]] = []
        self._casa = casa
        self._fim = threading.Event()
        self._thread = threading.Thread(target=self._seguir)
        self._thread.start()

    def _seguir(self) -> None:
        depois, ultima = 0, False
        while True:
            pagina = feed.ler(self._casa.gw, TUDO, depois=depois, limite=7)
            self.vistos += [(e.id, e.numero, e.tipo.value.removeprefix("reserva.")) for e in pagina.itens]
            depois = pagina.fim
            if not pagina.itens and ultima:
                return
            ultima = self._fim.is_set()

    def parar(self) -> None:
        self._fim.set()
        self._thread.join(60)


@SO_POSTGRESQL
def test_nothing_is_lost_nor_twice_and_each_pre_sale_is_in_order(casa: Casa) -> None:
    vencidas = [casa.reservar(pre_venda(numero=f"VENCE-{n}", lockTTL="30m")) for n in range(12)]
    casa.relogio.andar(minutes=31)
    leitores = [Leitor(casa) for _ in range(2)]
    esperados: dict[str, list[str]] = {f"VENCE-{n}": ["criada", "expirada"] for n in range(12)}
    with ThreadPoolExecutor(ESCRITORES + 2) as pool:
        varreduras = [pool.submit(expirar.expirar, casa.gw) for _ in range(2)]
        nomes = [f"PV-{escritor}-{n}" for escritor in range(ESCRITORES) for n in range(CADA_UM)]
        for nome, tipos in zip(nomes, pool.map(lambda nome: vida(casa, nome), nomes), strict=True):
            esperados[nome] = tipos
        assert sorted(n for v in varreduras for n in v.result().expiradas) == sorted(vencidas)
    for leitor in leitores:
        leitor.parar()
        assert len({id_ for id_, _, _ in leitor.vistos}) == len(leitor.vistos)
        lidos: dict[str, list[str]] = defaultdict(list)
        for _, numero, tipo in leitor.vistos:
            lidos[numero].append(tipo)
        assert lidos == esperados
    assert leitores[0].vistos == leitores[1].vistos


@SO_POSTGRESQL
def test_places_given_at_insertion_would_be_jumped_over(casa: Casa) -> None:
    """The control: a reader that goes by what it can see of the ids, not by given places, loses the late one."""
    with casa.gw.db.transaction() as lenta:
        lento = Evento(TipoDeEvento.CRIADA, "1", "PV-LENTA", 1, Estado.AUTORIZADA, "L")
        registrar(casa.gw, lenta, [lento])
        casa.relogio.andar(seconds=1)
        casa.reservar(pre_venda(numero="PV-RAPIDA"))
        visivel = max(linha["ID"] for linha in casa.tabela("GW_EVENTO"))
    perdido = [linha["NUMERO"] for linha in casa.tabela("GW_EVENTO") if linha["ID"] < visivel]
    assert perdido == ["PV-LENTA"]
