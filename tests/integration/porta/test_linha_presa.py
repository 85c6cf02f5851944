"""One stock row that somebody holds: it costs the others neither threads nor connections (R20)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from sqlalchemy import event

from app.winthor.db.presas import PAUSA_A_MAIS_S, SEM_PAUSA
from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import Casa

TRAVAR = "SELECT QTRESERV FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 1 FOR UPDATE"
DE_OUTRO = item(idProdutoRetaguarda="200-2")


def vender(casa: Casa, numero: str, *itens: object) -> tuple[int, float]:
    comeco = time.monotonic()
    http = casa.enviar(pre_venda(*itens, numero=numero)).status_code
    return http, time.monotonic() - comeco


def test_few_wait_for_a_held_row_and_whoever_comes_later_is_told_at_once(casa_pg: Casa) -> None:
    casa = casa_pg.com(pool=8, cache_segundos=600)
    casa.token("hub")
    with casa.engine.connect() as outro, ThreadPoolExecutor(16) as pool:
        trava = outro.begin()
        outro.execute(sa.text(TRAVAR))
        primeiras = [pool.submit(vender, casa, f"PV-{n}") for n in range(7)]
        time.sleep(1.8)
        depois = [vender(casa, f"PV-D{n}") for n in range(5)]
        outras = [vender(casa, f"PV-O{n}", DE_OUTRO) for n in range(5)]
        feitas = [venda.result() for venda in primeiras]
        trava.rollback()
    assert {http for http, _ in feitas + depois} == {503}
    assert sum(segundos > 2.8 for _, segundos in feitas) <= 2
    assert max(segundos for _, segundos in depois) < 1.0
    assert {http for http, _ in outras} == {201}
    # Free again, it is sold at once: to be refused it must be tried.
    assert vender(casa, "PV-LIVRE")[0] == 201
    casa.close()


def test_the_refusal_of_a_held_row_is_held_back_by_the_server(casa_pg: Casa) -> None:
    """And nothing else is: a sale, or whoever waited for as long as the setting says."""
    casa = casa_pg.com(espera_lock=0.6, cache_segundos=600)
    casa.token("hub")
    guardados = casa.seguradas()
    with casa.engine.begin() as outro:
        outro.execute(sa.text(TRAVAR))
        https = [vender(casa, f"PV-{n}")[0] for n in range(2)]
    https.append(vender(casa, "PV-3")[0])
    casa.close()
    assert https == [503, 503, 201]
    assert guardados == [None, 3.0, None]


def test_many_tries_in_vain_cost_nothing_more_and_what_was_answered_is_told(casa_pg: Casa) -> None:
    """One look for an answer, one try of the row; no number, no anchor, no row of the log. Free, it is sold at once."""
    casa = casa_pg.com(espera_lock=0.6, cache_segundos=600)
    casa.token("hub")
    feita = casa.enviar(pre_venda(numero="PV-FEITA"))
    with casa.engine.connect() as outro:
        trava = outro.begin()
        outro.execute(sa.text(TRAVAR))
        for n in range(SEM_PAUSA + 2):
            assert vender(casa, f"PV-{n}")[0] == 503
        antes = casa.fotografia()
        comandos: list[str] = []
        event.listen(casa.gw.db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: comandos.append(sql))
        assert vender(casa, "PV-VAO-1")[0] == 503
        time.sleep(PAUSA_A_MAIS_S * 3)
        assert vender(casa, "PV-VAO-2", item(), DE_OUTRO)[0] == 503
        depois, vao = casa.fotografia(), list(comandos)
        repetida = casa.enviar(pre_venda(numero="PV-FEITA"))
        outra = vender(casa, "PV-OUTRA", DE_OUTRO)[0]
        trava.rollback()
    assert depois == antes
    assert sum("GW_OPERACAO" in sql for sql in vao) == 2
    assert sum("FOR UPDATE" in sql for sql in vao) in (1, 2)
    assert len(vao) <= 4
    assert (repetida.status_code, repetida.data) == (feita.status_code, feita.data)
    assert repetida.headers["Idempotent-Replayed"] == "true"
    assert outra == 201
    time.sleep(PAUSA_A_MAIS_S * 3)
    assert vender(casa, "PV-LIVRE")[0] == 201
    casa.close()


def test_a_kit_whose_component_is_held_is_refused_as_early(casa_pg: Casa) -> None:
    casa = casa_pg.com(espera_lock=0.6, cache_segundos=600)
    casa.token("hub")
    with casa.engine.begin() as outro:
        outro.execute(sa.text(TRAVAR))
        for n in range(SEM_PAUSA + 2):
            assert vender(casa, f"PV-{n}")[0] == 503
        antes = casa.fotografia()
        com_kit = kit(1, itensKit=[componente("100-1", 2, 10)])
        assert vender(casa, "PV-KIT", com_kit)[0] == 503
        assert casa.fotografia() == antes
    casa.close()
