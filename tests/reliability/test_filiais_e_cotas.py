"""Two channels, three branches, two hosts of two processes, and WinThor at once: nobody takes the other's part (R20,
R29, R30). The long form is `make prova`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.protecao import Protecao
from app.settings import Settings
from tests.reliability.canais import (
    CANAIS,
    ESPERADOS,
    FILIAIS,
    LISTA,
    Enviar,
    WinThor,
    caixa,
    deadlocks,
    faltas_de_guarda,
    lido,
    preparar,
)
from tests.reliability.winthor import banco_do_erp
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes
from tests.support.servers import servidor

THREADS, PEDIDOS = 16, 5


@pytest.fixture
def banco(postgresql: sa.Engine) -> Iterator[Casa]:
    url = postgresql.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, pool=20, filiais_da_loja={"1": FILIAIS})
    casa = Casa(postgresql, settings, Relogio(dt.datetime.now(dt.UTC)))
    preparar(casa)
    yield casa
    casa.close()


@pytest.mark.postgresql
def test_neither_channel_takes_the_other_s_part(banco: Casa, tmp_path: Path) -> None:
    url = banco.engine.url.render_as_string(hide_password=False)
    config = {"filiais_da_loja": LISTA, "processos": 2, "threads": 8, "pool": 8, "fila": 64}
    with (
        servidor(tmp_path, url, **config) as um,
        servidor(tmp_path, url, **config) as outro,
        banco_do_erp(url) as erp,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        tokens = {canal: um.entrar(canal) for canal in CANAIS}

        def por(n: int) -> Enviar:
            host = (um, outro)[n % 2]

            def enviar(corpo: dict[str, Any], canal: str) -> tuple[int, dict[str, Any]]:
                for _ in range(50):
                    http, _, body = host.enviar(corpo, tokens[canal])
                    if http != 503:
                        break
                return lido(http, body)

            return enviar

        with WinThor(banco.engine, erp, pausa_s=0.1) as winthor:
            feitos = sum(pool.map(lambda n: caixa(por(n), n, PEDIDOS), range(THREADS)), Counter[str]())
        linhas = [*um.linhas, *outro.linhas]
    assert set(feitos) <= ESPERADOS, feitos
    assert feitos["ESTOQUE_INSUFICIENTE"] > 20, feitos  # it was scarce
    assert feitos["201"] > 20, feitos
    assert winthor.feitos.keys() >= {"receber", "diminuir", "cortar"}, winthor.feitos
    assert faltas_de_guarda(banco, winthor.vendidas) == []
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
        list(pool.map(lambda n: caixa(enviar, n, 12), range(8)))
    assert faltas_de_guarda(banco) != []
