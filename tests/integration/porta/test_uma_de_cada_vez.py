"""What only one may do at a time: an Idempotency-Key has one content, a quota holds for those in flight too (R12)."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.operacao import registro
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

CHAVE = {"Idempotency-Key": "uma-chave-so"}


def codigo(answer: Any) -> str:
    if answer.status_code < 300:
        return "ACEITA"
    texto: str = answer.get_json(force=True)["codigo"]
    return texto


@pytest.mark.parametrize("usada", [False, True], ids=["nova", "de uma recusada"])
def test_two_contents_at_once_under_one_key_are_one(casa_pg: Casa, usada: bool) -> None:
    casa = casa_pg
    casa.token("hub")
    for rodada in range(8):
        chave = {"Idempotency-Key": f"chave-{rodada}"}
        if usada:
            recusada = casa.enviar(pre_venda(item(quantidade=5000), numero=f"PV-{rodada}-R"), headers=chave)
            assert recusada.status_code == 409
        barreira = threading.Barrier(2)

        def enviar(n: int, rodada: int = rodada, chave: Any = chave, barreira: Any = barreira) -> str:
            barreira.wait(10)
            return codigo(casa.enviar(pre_venda(item(quantidade=n), numero=f"PV-{rodada}-{n}"), headers=chave))

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(enviar, (1, 2))) == ["ACEITA", "CHAVE_REUTILIZADA"]
    assert casa.contar("PCPEDC") == 8


def test_without_the_turn_both_are_accepted(casa_pg: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same with the turn taken out."""
    monkeypatch.setattr(registro.operacoes, "tomar_vez", lambda *_: None)
    casa = casa_pg
    casa.token("hub")
    duplas = 0
    for rodada in range(12):
        barreira = threading.Barrier(2)

        def enviar(n: int, rodada: int = rodada, barreira: Any = barreira) -> str:
            barreira.wait(10)
            chave = {"Idempotency-Key": f"chave-{rodada}"}
            return codigo(casa.enviar(pre_venda(numero=f"PV-{rodada}-{n}", observacoes=str(n)), headers=chave))

        with ThreadPoolExecutor(2) as pool:
            duplas += list(pool.map(enviar, (1, 2))) == ["ACEITA", "ACEITA"]
    assert duplas


def test_the_same_content_under_one_key_is_still_one_effect(casa: Casa) -> None:
    primeira = casa.enviar(pre_venda(), headers=CHAVE)
    assert (primeira.status_code, casa.enviar(pre_venda(), headers=CHAVE).data) == (201, primeira.data)
    assert casa.enviar(pre_venda(item(quantidade=1), numero="PV-2"), headers=CHAVE).status_code == 422
    # Another caller's key is another one.
    assert casa.enviar(pre_venda(item(quantidade=1), numero="PV-2"), "pdv1", headers=CHAVE).status_code == 201


def test_a_turn_leaves_nothing(casa: Casa) -> None:
    casa.enviar(pre_venda(), headers=CHAVE)
    casa.enviar(pre_venda(item(quantidade=5000), numero="PV-2"), headers={"Idempotency-Key": "outra"})
    assert casa.contar("GW_VEZ") == 0


@pytest.mark.parametrize(
    ("mudanca", "cada", "cabem"), [({"max_reservas_abertas": 5}, 1, 5), ({"max_unidades_abertas": 12}, 2, 6)]
)
def test_a_quota_holds_for_those_that_come_at_once(
    casa_pg: Casa, mudanca: dict[str, int], cada: int, cabem: int
) -> None:
    casa = casa_pg.com(cache_segundos=600, **mudanca)
    casa.token("hub")
    barreira = threading.Barrier(24)

    def enviar(n: int) -> str:
        barreira.wait(10)
        return codigo(casa.enviar(pre_venda(item(quantidade=cada), numero=f"PV-{n}")))

    with ThreadPoolExecutor(24) as pool:
        feitas = Counter(pool.map(enviar, range(24)))
    assert feitas == {"ACEITA": cabem, "LIMITE_EXCEDIDO": 24 - cabem}
    assert casa.qtreserv(1) == cabem * cada
    casa.close()


def test_a_quota_holds_while_others_pay(casa_pg: Casa) -> None:
    """Tills of one login that reserve and pay at once: a place is free when it is paid, with or without `pagamentos`,
    and not before; at no moment are there more unpaid ones than the login may have."""
    casa = casa_pg.com(cache_segundos=600, max_reservas_abertas=5)
    casa.token("hub")
    pagas: list[int] = []
    demais: list[int] = []
    fim = threading.Event()

    def abertas() -> int:
        sql = "SELECT COUNT(*) FROM GW_RESERVA WHERE CALLER = 'hub' AND ESTADO = 'AUTORIZADA'"
        with casa.engine.connect() as connection:
            return int(connection.execute(sa.text(sql)).scalar_one())

    def vigiar() -> None:
        while not fim.wait(0.005):
            demais.append(abertas())

    def caixa(n: int) -> None:
        for volta in range(4):
            corpo = pre_venda(item(quantidade=1), numero=f"PV-{n}-{volta}")
            feita = casa.enviar(corpo)
            if feita.status_code == 201:
                mais = {"pagamentos": [{"pagamentoForma": {"idRetaguarda": "D"}}]} if n % 2 else {}
                numped = feita.get_json()["idPedidoRetaguarda"]
                paga = casa.enviar({**corpo, "situacaoPreVenda": 1, "idRetaguarda": numped, **mais})
                assert paga.status_code == 200
                pagas.append(numped)

    vigia = threading.Thread(target=vigiar)
    vigia.start()
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(caixa, range(12)))
    fim.set()
    vigia.join(10)
    assert max(demais) <= 5
    assert len(pagas) > 5
    assert abertas() == 0
    casa.close()
