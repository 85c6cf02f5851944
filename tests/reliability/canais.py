"""Two channels, three branches, two hosts and WinThor at once: nobody takes the other's part (R20, R29, R30)."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa

from app.domain.protecao import Protecao
from app.settings import Settings
from tests.integration.test_estoque_protegido import em_estoque, guardar
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes
from tests.support.servers import servidor

FILIAIS, PRODUTOS, CANAIS = ("1", "10", "2"), (1, 3), ("pdv1", "hub")
LISTA = "1=1,10,2"
THREADS, PEDIDOS = 16, 12
# What is kept: (branch, product, channel or None, units).
GUARDADO = [("1", 1, "pdv1", 12), ("2", 1, "hub", 9), ("10", 1, None, 5), ("1", 3, "hub", 6), ("2", 3, "pdv1", 7)]

# Status and body of an answer.
Enviar = Callable[[dict[str, Any], str], tuple[int, dict[str, Any]]]


@pytest.fixture
def banco(postgresql: sa.Engine) -> Iterator[Casa]:
    url = postgresql.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, pool=20, filiais_da_loja={"1": FILIAIS})
    casa = Casa(postgresql, settings, Relogio(dt.datetime.now(dt.UTC)))
    for filial in FILIAIS:
        for codprod in PRODUTOS:
            em_estoque(casa, 30, codprod, filial)
    for filial, codprod, canal, quantidade in GUARDADO:
        guardar(casa, filial, codprod=codprod, canal=canal, quantidade=Decimal(quantidade))
    yield casa
    casa.close()


def cesta(sorte: random.Random, numero: str) -> dict[str, Any]:
    """One to three lines, left to the gateway or from a branch that they name, in any order."""
    linhas = []
    for _ in range(sorte.randint(1, 3)):
        entrega = {"entrega": {"idLojaEntregaRetaguarda": sorte.choice(["AUTO", "AUTO", *FILIAIS])}}
        escolha = sorte.randrange(3)
        quantos = sorte.randint(1, 4)
        linhas.append(kit(1, **entrega) if escolha == 2 else item(("100-1", "300-3")[escolha], quantos, **entrega))
    return pre_venda(*linhas, numero=numero)


def caixa(enviar: Enviar, n: int) -> Counter[str]:
    """A till: reserves, alters, cancels, takes what it is offered; each of its pre-sales by one channel."""
    sorte, feitos = random.Random(n), Counter[str]()  # noqa: S311 - a seed, to see the same baskets again

    def mandar(corpo: dict[str, Any], canal: str) -> dict[str, Any]:
        http, body = enviar(corpo, canal)
        feitos[body.get("codigo") or str(http)] += 1
        return body

    for vez in range(PEDIDOS):
        canal, numero = CANAIS[(n + vez) % 2], f"PV-{n}-{vez}"
        body = mandar(cesta(sorte, numero), canal)
        oferta = body.get("contraOfertaFiliais") or body.get("contraOferta")
        if oferta:
            body = mandar(oferta, canal)
        numped = body.get("idPedidoRetaguarda")
        if numped and sorte.random() < 0.3:
            novo = mandar({**cesta(sorte, numero), "idRetaguarda": numped}, canal).get("idPedidoRetaguarda")
            numped = novo or numped
        if numped and sorte.random() < 0.2:
            mandar({"situacaoPreVenda": 0, "numero": numero, "idLojaRetaguarda": "1", "idRetaguarda": numped}, canal)
    return feitos


def faltas_de_guarda(casa: Casa) -> list[str]:
    """Stock rows that have less left than is kept in them: for safety, and of each quota what its channel has not used.

    Whatever a channel takes leaves the others' parts, so this holds at every moment once it holds at the beginning.
    """
    donos = {row["NUMPED"]: row["CALLER"] for row in casa.tabela("GW_RESERVA") if row["ESTADO"] == "AUTORIZADA"}
    retidas: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    kits = {(row["NUMPED"], row["NUMSEQ"]) for row in casa.tabela("PCPEDICESTA")}
    linhas = {(r["NUMPED"], r["NUMSEQ"]): r for r in casa.tabela("PCPEDI", POSICAO="L") if r["NUMPED"] in donos}
    for chave, row in linhas.items():
        if chave not in kits:
            retidas[row["CODFILIALRETIRA"], row["CODPROD"], donos[row["NUMPED"]]] += row["QT"]
    for row in casa.tabela("PCPEDICESTA"):
        if linha := linhas.get((row["NUMPED"], row["NUMSEQ"])):
            onde = linha["CODFILIALRETIRA"], row["CODPRODMP"], donos[row["NUMPED"]]
            retidas[onde] += row["QTMP"] * linha["QT"]
    achadas = []
    for filial in FILIAIS:
        for codprod in PRODUTOS:
            saldo = casa.linha("PCEST", CODFILIAL=filial, CODPROD=codprod)
            livre = saldo["QTESTGER"] - saldo["QTRESERV"]
            guardado = sum(
                max(q - (retidas[filial, codprod, canal] if canal else 0), Decimal(0))
                for f, p, canal, q in GUARDADO
                if (f, p) == (filial, codprod)
            )
            if livre < guardado:
                achadas.append(f"{filial}, {codprod}: {livre} livres, {guardado} guardadas")
    return achadas


def winthor(casa: Casa, fim: threading.Event) -> None:
    """Receives goods, two rows in one transaction, in any order of keys; a deadlock is its own affair."""
    sorte = random.Random(0)  # noqa: S311 - a seed
    entrada = sa.text("UPDATE PCEST SET QTESTGER = QTESTGER + 1 WHERE CODFILIAL = :f AND CODPROD = :p")
    for _ in range(20):
        if fim.wait(0.1):
            return
        with casa.engine.begin() as connection:
            for filial in sorte.sample(FILIAIS, 2):
                connection.execute(entrada, {"f": filial, "p": sorte.choice(PRODUTOS)})


def deadlocks(casa: Casa) -> int:
    with casa.engine.connect() as connection:
        query = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(connection.execute(query).scalar_one())


ESPERADOS = {"201", "200", "ESTOQUE_INSUFICIENTE"}


@pytest.mark.postgresql
def test_neither_channel_takes_the_other_s_part(banco: Casa, tmp_path: Path) -> None:
    url = banco.engine.url.render_as_string(hide_password=False)
    config = {"filiais_da_loja": LISTA, "threads": 8, "pool": 8, "fila": 64}
    fim = threading.Event()
    with (
        servidor(tmp_path, url, processos=2, **config) as um,
        servidor(tmp_path, url, processos=1, **config) as outro,
        ThreadPoolExecutor(THREADS + 1) as pool,
    ):
        tokens = {canal: um.entrar(canal) for canal in CANAIS}

        def por(n: int) -> Enviar:
            host = (um, outro)[n % 2]

            def enviar(corpo: dict[str, Any], canal: str) -> tuple[int, dict[str, Any]]:
                for _ in range(50):
                    http, _, body = host.enviar(corpo, tokens[canal])
                    if http != 503:
                        break
                return http, simplejson.loads(body, use_decimal=True)

            return enviar

        entradas = pool.submit(winthor, banco, fim)
        feitos = sum(pool.map(lambda n: caixa(por(n), n), range(THREADS)), Counter[str]())
        fim.set()
        entradas.result()
        linhas = [*um.linhas, *outro.linhas]
    assert set(feitos) <= ESPERADOS, feitos
    assert feitos["ESTOQUE_INSUFICIENTE"] > 20, feitos  # it was scarce
    assert feitos["201"] > 20, feitos
    assert faltas_de_guarda(banco) == []
    conferir_invariantes(banco)
    assert deadlocks(banco) == 0
    assert not [linha for linha in linhas if "40P01" in linha]


@pytest.mark.postgresql
def test_without_the_quotas_they_do(banco: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protecao, "contra", lambda *_: {})
    for canal in CANAIS:
        banco.token(canal)

    def enviar(corpo: dict[str, Any], canal: str) -> tuple[int, dict[str, Any]]:
        answer = banco.enviar(corpo, canal)
        return answer.status_code, answer.get_json(force=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: caixa(enviar, n), range(8)))
    assert faltas_de_guarda(banco) != []
