"""How long a reservation lives, and what time does to it (R16–R18)."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.cli import main
from app.services.tempo import expirar
from app.services.tempo.expirar import Varredura
from app.settings import from_env
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import DO_LOG, Casa

CONFIG = frozenset({"GW_CONFIG"})


@pytest.fixture
def casa(casa: Casa) -> Iterator[Casa]:
    """Tokens outlive the tests' long walks through time. It is Monday, 2 March 2026, 09:00 in São Paulo."""
    longa = casa.com(jwt_minutos=1_000_000)
    yield longa
    longa.close()


def ir_para(casa: Casa, instante: str) -> None:
    casa.relogio.agora = dt.datetime.fromisoformat(instante)


def varrer(casa: Casa, **kwargs: Any) -> Varredura:
    return expirar.expirar(casa.gw, **kwargs)


def vencida(casa: Casa, *itens: dict[str, Any], **mais: Any) -> int:
    """A reservation whose term is over, not swept yet."""
    numped = casa.reservar(pre_venda(*itens, lockTTL="1h", **mais))
    casa.relogio.andar(hours=1)
    return numped


def expirada(casa: Casa, *itens: dict[str, Any], **mais: Any) -> int:
    """A reservation that time has ended."""
    numped = vencida(casa, *itens, **mais)
    assert varrer(casa).expiradas == [numped]
    casa.relogio.andar(seconds=1)
    return numped


def de(numped: int, situacao: int, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
    return pre_venda(*itens, idRetaguarda=numped, situacaoPreVenda=situacao, **mais)


# --- the term

TERMOS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "1", "2026-03-13T23:59:59-03:00"),
    ({}, "2", "2026-03-13T23:59:59-04:00"),
    ({"lockTTL": "36h"}, "1", "2026-03-03T21:00:00-03:00"),
    ({"lockTTL": "7D "}, "2", "2026-03-09T08:00:00-04:00"),
    ({"lockTTL": "90d"}, "1", "2026-04-01T09:00:00-03:00"),
    ({"lockTTL": "1h", "dataExpiracaoPagamento": "2026-03-08"}, "1", "2026-03-02T10:00:00-03:00"),
    ({"dataExpiracaoPagamento": "2026-03-08"}, "1", "2026-03-12T23:59:59-03:00"),
    ({"dataExpiracaoPagamento": "2026-03-11"}, "1", "2026-03-16T23:59:59-03:00"),
    ({"dataExpiracaoPagamento": "2026-03-14"}, "2", "2026-03-20T23:59:59-04:00"),
    ({"dataExpiracaoPagamento": "2026-02-26"}, "1", "2026-03-03T23:59:59-03:00"),
    ({"dataExpiracaoPagamento": "2026-03-08T03:30:00Z"}, "1", "2026-03-12T23:59:59-03:00"),
    ({"dataExpiracaoPagamento": "2026-03-08T03:30:00Z"}, "2", "2026-03-13T23:59:59-04:00"),
    ({"dataExpiracaoPagamento": "2026-12-31T23:59:59"}, "1", "2026-04-01T09:00:00-03:00"),
]


def test_the_term_is_answered_in_the_branchs_zone_and_kept_in_utc(casa: Casa, subtests: pytest.Subtests) -> None:
    for n, (mais, loja, fim) in enumerate(TERMOS):
        with subtests.test(f"{mais} {loja}"):
            answer = casa.enviar(pre_venda(item("10010-1001", 1), numero=f"PV-{n}", loja=loja, **mais))
            assert answer.get_json()["data"]["expiraEm"] == fim
            guardado = casa.linha("GW_RESERVA", NUMERO=f"PV-{n}")["DTEXPIRA"]
            assert guardado == dt.datetime.fromisoformat(fim).astimezone(dt.UTC).replace(tzinfo=None)


def test_days_to_pay_of_the_branch(casa: Casa) -> None:
    outra = casa.com(dias_pagamento={"1": 3})  # Thursday, and five days more
    fins = [
        outra.enviar(pre_venda(numero=numero, loja=loja, **mais)).get_json()["data"]["expiraEm"]
        for numero, loja, mais in (
            ("A", "1", {}),
            ("B", "2", {}),
            ("C", "1", {"dataExpiracaoPagamento": "2026-03-08"}),
            ("D", "1", {"lockTTL": "1d"}),
        )
    ]
    assert fins == [
        "2026-03-10T23:59:59-03:00",
        "2026-03-13T23:59:59-04:00",
        "2026-03-12T23:59:59-03:00",
        "2026-03-03T09:00:00-03:00",
    ]
    outra.close()


def test_the_cap_of_lock_ttl_is_a_setting(casa: Casa) -> None:
    outra = casa.com(ttl_max_dias=2)
    answer = outra.enviar(pre_venda(lockTTL="90d"))
    assert answer.get_json()["data"]["expiraEm"] == "2026-03-04T09:00:00-03:00"
    outra.close()


def termo(casa: Casa, corpo: dict[str, Any]) -> tuple[str, list[str]]:
    """The end that a pre-sale gets, and what it is told of it."""
    casa.relogio.andar(seconds=1)
    answer = casa.enviar(corpo)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    data = answer.get_json()["data"]
    return data["expiraEm"], [a["codigo"] for a in data["avisos"] if a["codigo"] in {"PRAZO_REDUZIDO"}]


@pytest.mark.um_banco
@pytest.mark.parametrize(
    ("ttl", "fim"),
    [
        ("30m", "2026-03-02T09:30:01-03:00"),
        ("90M", "2026-03-02T10:30:01-03:00"),
        ("01.12:30:15", "2026-03-03T21:30:16-03:00"),
        ("7.00:00:00", "2026-03-09T09:00:01-03:00"),
        ("00:45:00", "2026-03-02T09:45:01-03:00"),
    ],
)
def test_notations_of_lock_ttl(casa: Casa, ttl: str, fim: str) -> None:
    assert termo(casa, pre_venda(lockTTL=ttl)) == (fim, [])


TETO = "2026-04-01T09:00:01-03:00"


@pytest.mark.um_banco
@pytest.mark.parametrize(
    "mais",
    [
        *({"lockTTL": ttl} for ttl in ("9999d", "99999d", "800h", "99999m", "31.00:00:00", "999999999.00:00:00")),
        *({"dataExpiracaoPagamento": dia} for dia in ("2099-12-31", "2026-03-31", "2099-12-31T10:00:00Z")),
    ],
    ids=str,
)
def test_every_way_to_a_long_hold_has_the_same_ceiling(casa: Casa, mais: dict[str, Any]) -> None:
    assert termo(casa, pre_venda(**mais)) == (TETO, ["PRAZO_REDUZIDO"])


def test_days_to_pay_have_the_ceiling_too(casa: Casa) -> None:
    outra = casa.com(dias_pagamento={"1": 60})
    assert termo(outra, pre_venda()) == (TETO, ["PRAZO_REDUZIDO"])
    outra.close()


def test_below_the_ceiling_nothing_is_told(casa: Casa) -> None:
    assert termo(casa, pre_venda(lockTTL="30d")) == (TETO, [])
    prazo = pre_venda(numero="PV-2", dataExpiracaoPagamento="2026-03-26")
    assert termo(casa, prazo) == ("2026-03-31T23:59:59-03:00", [])


def forma(codcob: str) -> dict[str, Any]:
    return {"pagamentos": [{"pagamentoForma": {"idRetaguarda": codcob}}]}


def test_days_to_pay_of_the_form_come_before_those_of_the_branch(casa: Casa) -> None:
    dias = from_env({"PREVENDA_DIAS_PAGAMENTO": "D=3,BK=5,CAR=0;1=1"}).dias_pagamento
    outra = casa.com(dias_pagamento=dias)
    casos: list[tuple[str, dict[str, Any], str]] = [
        ("1", forma("D"), "2026-03-10"),  # Thursday + 5
        ("1", forma("bk-POS"), "2026-03-13"),  # Saturday + 6
        ("1", forma("CAR"), "2026-03-06"),  # Monday + 4
        ("1", forma("XYZ"), "2026-03-07"),
        ("1", {}, "2026-03-07"),
        ("2", forma("D"), "2026-03-10"),
        ("2", {}, "2026-03-13"),
        ("1", {**forma("D"), "dataExpiracaoPagamento": "2026-03-08"}, "2026-03-12"),
        ("1", {**forma("D"), "lockTTL": "1d"}, "2026-03-03"),
    ]
    fins = [termo(outra, pre_venda(numero=f"PV-{n}", loja=loja, **mais))[0] for n, (loja, mais, _) in enumerate(casos)]
    assert [fim[:10] for fim in fins] == [dia for _, _, dia in casos]
    outra.close()


# --- the term of an alteration


def test_a_length_begins_anew(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="2d"))
    for quantidade, fim in ((3, "2026-03-05T08:00:01-03:00"), (4, "2026-03-06T07:00:02-03:00")):
        casa.relogio.andar(hours=23)
        assert termo(casa, de(numped, 2, item(quantidade=quantidade))) == (fim, [])
        numped = casa.linha("GW_RESERVA", ESTADO="AUTORIZADA")["NUMPED"]


def test_the_day_of_a_payment_deadline_stays(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(dataExpiracaoPagamento="2026-03-08T02:00:00Z"))  # Saturday the 7th there
    casa.relogio.andar(days=3)
    assert termo(casa, de(numped, 2, item(quantidade=3))) == ("2026-03-13T23:59:59-03:00", [])


def test_what_an_alteration_asks_is_what_its_chain_asks_from_then_on(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="2d"))
    casos: list[tuple[dict[str, Any], str]] = [
        ({"dataExpiracaoPagamento": "2026-03-09"}, "2026-03-13T23:59:59-03:00"),
        ({}, "2026-03-13T23:59:59-03:00"),
        ({"lockTTL": "1d"}, "2026-03-03T09:00:03-03:00"),
        ({}, "2026-03-03T09:00:04-03:00"),
    ]
    for n, (mais, fim) in enumerate(casos):
        assert termo(casa, de(numped, 2, item(quantidade=n + 3), **mais)) == (fim, [])
        numped = casa.linha("GW_RESERVA", ESTADO="AUTORIZADA")["NUMPED"]


def test_a_length_that_was_cut_is_kept_as_it_was_given(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(lockTTL="9999d"))
    assert termo(casa, de(numped, 2, item(quantidade=3))) == (TETO, [])


def test_a_deadline_that_is_over_asks_for_nothing_any_more(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(dataExpiracaoPagamento="2026-03-03"))  # to the end of the 7th
    ir_para(casa, "2026-03-08T08:59:59-03:00")
    assert termo(casa, de(numped, 2, item(quantidade=3))) == ("2026-03-19T23:59:59-03:00", [])


def test_a_chain_that_asked_for_nothing_gets_the_ordinary_term(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    casa.relogio.andar(days=2)
    assert termo(casa, de(numped, 2, item(quantidade=3))) == ("2026-03-15T23:59:59-03:00", [])


def test_an_old_chain_keeps_the_term_that_it_has(casa: Casa) -> None:
    outra = casa.com(cadeia_max_dias=20)
    numped = outra.reservar(pre_venda(lockTTL="15d"))
    outra.relogio.andar(days=14)
    assert termo(outra, de(numped, 2, item(quantidade=3))) == ("2026-03-31T09:00:01-03:00", [])
    outra.relogio.andar(days=10)  # 24 days after the first
    numped = outra.linha("GW_RESERVA", ESTADO="AUTORIZADA")["NUMPED"]
    assert termo(outra, de(numped, 2, item(quantidade=4))) == ("2026-03-31T09:00:01-03:00", ["PRAZO_REDUZIDO"])
    numped = outra.linha("GW_RESERVA", ESTADO="AUTORIZADA")["NUMPED"]
    assert termo(outra, de(numped, 2, item(quantidade=5), lockTTL="29d")) == (
        "2026-03-31T09:00:01-03:00",
        ["PRAZO_REDUZIDO"],
    )
    numped = outra.linha("GW_RESERVA", ESTADO="AUTORIZADA")["NUMPED"]
    assert termo(outra, de(numped, 2, item(quantidade=6), lockTTL="1d")) == ("2026-03-27T09:00:04-03:00", [])
    outra.close()


def test_an_old_chain_that_is_over_is_not_begun_again(casa: Casa) -> None:
    outra = casa.com(cadeia_max_dias=1)
    numped = outra.reservar(pre_venda(lockTTL="2d"))
    outra.relogio.andar(days=3)
    assert varrer(outra).expiradas == [numped]
    outra.relogio.andar(seconds=1)
    assert outra.recusado(de(numped, 2, item(quantidade=3)), sorteia=True)["codigo"] == "RESERVA_EXPIRADA"
    outra.close()


ILEGIVEIS = (
    "7",
    "7w",
    "0d",
    "-1d",
    "1.5h",
    7,
    "0m",
    "00:00:00",
    "24:00:00",
    "1.5:0:0",
    "amanhã",
    True,
    {"dias": 7},
    [],
)


def test_a_lock_ttl_that_cannot_be_read_costs_no_sale(casa: Casa, subtests: pytest.Subtests) -> None:
    for n, ilegivel in enumerate(ILEGIVEIS):
        with subtests.test(str(ilegivel)):
            data = casa.enviar(pre_venda(item(quantidade=1), numero=f"PV-{n}", lockTTL=ilegivel)).get_json()["data"]
            assert data["expiraEm"] == "2026-03-13T23:59:59-03:00"
            (ignorado,) = (aviso for aviso in data["avisos"] if aviso["codigo"] == "LOCK_TTL_IGNORADO")
            assert ignorado["campos"] == ["/lockTTL"]


def test_beside_a_deadline_it_costs_no_term(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(lockTTL="sete", dataExpiracaoPagamento="2026-03-08"))
    assert answer.get_json()["data"]["expiraEm"] == "2026-03-12T23:59:59-03:00"


SEM_SENTIDO: list[dict[str, Any]] = [
    *({"dataExpiracaoPagamento": valor} for valor in ("2026-02-30", "amanhã", 20260308, "1999-01-01")),
    {"dataExpiracaoPagamento": "2026-02-20"},
]


def test_a_term_that_makes_no_sense(casa: Casa, subtests: pytest.Subtests) -> None:
    for errado in SEM_SENTIDO:
        casa.relogio.andar(seconds=1)
        with subtests.test(str(errado)):
            body = casa.recusado(pre_venda(**errado))
            assert (body["status"], body["codigo"]) == (422, "CAMPO_INVALIDO")
            assert body["errors"][0]["campo"] == f"/{next(iter(errado))}"


# --- the sweep


def test_it_ends_at_the_end_of_the_day_of_its_own_branch(casa: Casa) -> None:
    paulista, manaus = casa.reservar(pre_venda(loja="1")), casa.reservar(pre_venda(loja="2"))
    ir_para(casa, "2026-03-13T23:59:58-03:00")
    assert varrer(casa).expiradas == []
    ir_para(casa, "2026-03-13T23:59:59-03:00")
    assert varrer(casa).expiradas == [paulista]
    ir_para(casa, "2026-03-13T23:59:58-04:00")
    assert varrer(casa).expiradas == []
    ir_para(casa, "2026-03-14T00:00:00-04:00")
    assert varrer(casa).expiradas == [manaus]


def test_what_a_sweep_does(casa: Casa) -> None:
    de_manaus = item(quantidade=3, entrega={"idLojaEntregaRetaguarda": "2"})
    numped = vencida(casa, de_manaus, kit(2), item("123-1", 1))
    assert varrer(casa) == Varredura(expiradas=[numped])
    assert {row["QTRESERV"] for row in casa.tabela("PCEST")} == {0}
    row = casa.linha("PCPEDC")
    assert [row[c] for c in ("POSICAO", "CODFUNCCANCEL", "DESFEZKITCANC")] == ["C", 1, "S"]
    assert f"{row['DTCANCEL']}" == "2026-03-02 10:00:00"
    assert {linha["POSICAO"] for linha in casa.tabela("PCPEDI")} == {"C"}
    assert casa.linha("GW_RESERVA")["ESTADO"] == "EXPIRADA"


def test_log_row_of_a_sweep(casa: Casa) -> None:
    numped = vencida(casa)
    varrer(casa)
    log = casa.ultimo_log()
    assert casa.contar("PCLOGPEDIDOAPI") == 2
    assert [log[c] for c in ("OPERACAO", "STATUS", "NUMPED", "POSICAO")] == ["C", "A", numped, "C"]
    assert [log["JSON"][c] for c in ("acao", "idRetaguarda", "expirouEm")] == [
        *("expiracao", numped, "2026-03-02T10:00:00-03:00")
    ]
    assert log["JSON"]["retorno"]["data"]["situacaoReserva"] == "EXPIRADA"
    assert casa.tabela("GW_OPERACAO")[-1]["CALLER"] == "varredura"


def test_row_of_pcnfcan_where_the_site_wants_it(casa: Casa) -> None:
    vencida(casa)
    outra = casa.com(grava_pcnfcan=True)
    varrer(outra)
    assert [casa.linha("PCNFCAN")[c] for c in ("MOTIVO", "POSICAOANTCANCEL")] == ["RESERVA EXPIRADA", "L"]
    outra.close()


def test_only_what_is_due_and_not_paid_nor_rescued(casa: Casa) -> None:
    numeros = [casa.reservar(pre_venda(numero=f"PV-{n}", lockTTL=f"{n + 1}h")) for n in range(5)]
    for n, situacao in ((1, 1), (2, 3), (3, 0)):
        casa.relogio.andar(seconds=1)
        assert casa.enviar(de(numeros[n], situacao, numero=f"PV-{n}")).status_code == 200
    casa.relogio.andar(hours=4)
    assert varrer(casa) == Varredura(expiradas=[numeros[0]])
    estados = [row["ESTADO"] for row in casa.tabela("GW_RESERVA")]
    assert estados == ["EXPIRADA", "CONFIRMADA", "RESGATADA", "CANCELADA", "AUTORIZADA"]
    assert casa.qtreserv(1) == 6


def test_swept_twice_is_swept_once(casa: Casa) -> None:
    vencida(casa)
    assert len(varrer(casa).expiradas) == 1
    antes = casa.fotografia()
    assert varrer(casa) == Varredura()
    assert casa.fotografia() == antes


def test_a_rehearsal_writes_nothing(casa: Casa) -> None:
    numped = vencida(casa)
    tomada = vencida(casa, numero="PV-2")
    casa.executar("UPDATE PCPEDC SET NUMCAR = 9 WHERE NUMPED = :n", n=tomada)
    antes = casa.fotografia()
    assert varrer(casa, simular=True) == Varredura(expiradas=[numped], puladas={tomada: "está no carregamento 9"})
    assert casa.fotografia() == antes


TOMADAS = [
    ("UPDATE PCPEDC SET NUMCAR = 9", "está no carregamento 9"),
    ("UPDATE PCPEDC SET CODCOB = 'D'", "tem cobrança D"),
    ("UPDATE PCPEDC SET POSICAO = 'M'", "está RECONHECIDA"),
    ("UPDATE PCPEDC SET POSICAO = 'F'", "está BAIXADA"),
    ("UPDATE PCPEDC SET NUMTRANSVENDA = 70", "está BAIXADA"),
    ("UPDATE PCPEDC SET POSICAO = 'C'", "está CANCELADA"),
    ("UPDATE PCPEDC SET POSICAO = 'B'", "está na posição B no WinThor"),
    ("DELETE FROM PCPEDC", "pedido inexistente"),
]


def test_what_somebody_in_winthor_has_taken_over_is_passed_over(casa: Casa) -> None:
    tomadas = {vencida(casa, numero=f"PV-{n}"): motivo for n, (_, motivo) in enumerate(TOMADAS)}
    livre = vencida(casa, numero="livre")
    for numped, (sql, _) in zip(tomadas, TOMADAS, strict=True):
        casa.executar(f"{sql} WHERE NUMPED = :n", n=numped)
    antes = casa.fotografia(sem=DO_LOG | CONFIG)
    assert varrer(casa, simular=True) == Varredura(expiradas=[livre], puladas=tomadas)
    assert casa.fotografia(sem=DO_LOG | CONFIG) == antes
    assert varrer(casa) == Varredura(expiradas=[livre], puladas=tomadas)
    assert casa.qtreserv(1) == 2 * len(TOMADAS)
    assert Counter(row["ESTADO"] for row in casa.tabela("GW_RESERVA")) == {"AUTORIZADA": len(TOMADAS), "EXPIRADA": 1}


def test_more_than_one_batch(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expirar, "LOTE", 2)
    numeros = [casa.reservar(pre_venda(numero=f"PV-{n}", lockTTL="1h")) for n in range(5)]
    casa.relogio.andar(hours=1)
    assert varrer(casa).expiradas == numeros


# --- the sweep among others


def segurar(connection: sa.Connection, sql: str, numped: int) -> None:
    connection.execute(sa.text(sql), {"n": numped})


DO_PEDIDO = "SELECT 1 FROM PCPEDC WHERE NUMPED = :n FOR UPDATE"
DA_PRE_VENDA = "SELECT 1 FROM GW_PRE_VENDA WHERE NUMPED = :n FOR UPDATE"


def test_one_bad_record_does_not_stop_the_rest(casa_pg: Casa) -> None:
    um, ruim, dois = (casa_pg.reservar(pre_venda(numero=f"PV-{n}", lockTTL="1h")) for n in range(3))
    casa_pg.relogio.andar(hours=1)
    impaciente = casa_pg.com(espera_lock=0.1)
    with casa_pg.engine.begin() as outro:
        segurar(outro, DO_PEDIDO, ruim)
        assert varrer(impaciente) == Varredura(expiradas=[um, dois], falhas={ruim: "BANCO_OCUPADO"})
    assert varrer(impaciente) == Varredura(expiradas=[ruim])
    impaciente.close()


def test_one_in_use_is_passed_over_without_waiting(casa_pg: Casa) -> None:
    em_uso, livre = (casa_pg.reservar(pre_venda(numero=f"PV-{n}", lockTTL="1h")) for n in range(2))
    casa_pg.relogio.andar(hours=1)
    with casa_pg.engine.begin() as outro:
        segurar(outro, DA_PRE_VENDA, em_uso)
        assert varrer(casa_pg) == Varredura(expiradas=[livre], puladas={em_uso: "em uso por outra operação"})
    assert varrer(casa_pg).expiradas == [em_uso]


def test_many_hosts_at_once_expire_each_once(casa_pg: Casa) -> None:
    numeros = [casa_pg.reservar(pre_venda(numero=f"PV-{n}", lockTTL="1h")) for n in range(20)]
    casa_pg.relogio.andar(hours=1)
    hosts = [casa_pg.com() for _ in range(4)]
    largada = threading.Barrier(len(hosts))

    def host(casa: Casa) -> list[int]:
        largada.wait()
        return varrer(casa).expiradas

    with ThreadPoolExecutor(len(hosts)) as pool:
        expiradas = [numped for lista in pool.map(host, hosts) for numped in lista]
    assert sorted(expiradas) == numeros
    assert casa_pg.qtreserv(1) == 0
    assert Counter(row["OPERACAO"] for row in casa_pg.tabela("PCLOGPEDIDOAPI")) == {"I": 20, "C": 20}
    for outra in hosts:
        outra.close()


# --- the command


def comando(casa: Casa, *opcoes: str, **env: str) -> Result:
    """Run ``prevenda reservas expirar``, whose clock is the computer's."""
    variaveis = {"PREVENDA_DATABASE_URL": casa.settings.database_url, **env}
    return CliRunner().invoke(main, ["reservas", "expirar", *opcoes], env=variaveis)


def duas_vencidas_e_uma_viva(casa: Casa) -> tuple[int, int]:
    um, tomada, viva = (casa.reservar(pre_venda(numero=f"PV-{n}")) for n in range(3))
    casa.executar("UPDATE GW_RESERVA SET DTEXPIRA = (SELECT DTCADASTRO FROM PCCLIENT WHERE CODCLI = 1)")  # in 2010
    casa.executar("UPDATE GW_RESERVA SET DTEXPIRA = NULL WHERE NUMPED = :n", n=viva)
    casa.executar("UPDATE PCPEDC SET NUMCAR = 9 WHERE NUMPED = :n", n=tomada)
    return um, tomada


def test_command_in_words(casa: Casa) -> None:
    um, tomada = duas_vencidas_e_uma_viva(casa)
    ensaio, feito, de_novo = comando(casa, "--simular"), comando(casa), comando(casa)
    pulada = f"  {tomada} pulada: está no carregamento 9\n"
    assert (ensaio.exit_code, ensaio.output) == (0, f"Expirariam: 1\n{pulada}")
    assert (feito.exit_code, feito.output) == (0, f"Expiradas: 1\n{pulada}")
    assert (de_novo.exit_code, de_novo.output) == (0, f"Expiradas: 0\n{pulada}")
    assert casa.linha("GW_RESERVA", NUMPED=um)["ESTADO"] == "EXPIRADA"
    assert casa.qtreserv(1) == 4


def test_command_in_json(casa: Casa) -> None:
    um, tomada = duas_vencidas_e_uma_viva(casa)
    ensaio, feito = comando(casa, "--simular", "--json"), comando(casa, "--json")
    esperado = {
        "simulado": True,
        "expiradas": [um],
        "puladas": {str(tomada): "está no carregamento 9"},
        "falhas": {},
        "encerradasNoWinthor": [],
    }
    assert simplejson.loads(ensaio.output) == esperado
    assert simplejson.loads(feito.output) == {**esperado, "simulado": False}


def test_command_that_failed_on_one_ends_with_1(casa_pg: Casa) -> None:
    um, _ = duas_vencidas_e_uma_viva(casa_pg)
    with casa_pg.engine.begin() as outro:
        segurar(outro, DO_PEDIDO, um)
        feito = comando(casa_pg, PREVENDA_ESPERA_LOCK="0.1")
    assert feito.exit_code == 1
    assert f"  {um} falhou: BANCO_OCUPADO\n" in feito.stderr


def test_command_with_a_wrong_option_ends_with_2(casa: Casa) -> None:
    assert comando(casa, "--agora").exit_code == 2


# --- more time


def prorrogar(casa: Casa, numped: int, login: str = "retaguarda", **corpo: Any) -> tuple[int, dict[str, Any]]:
    casa.relogio.andar(seconds=1)
    caminho = f"/api/v1/reservas/{numped}/prorrogacao"
    answer = casa.pedir("POST", caminho, login, json={"motivo": "Cliente a caminho", **corpo})
    return answer.status_code, answer.get_json(force=True)


@pytest.mark.parametrize(
    ("loja", "corpo", "fim"),
    [
        ("1", {"dias": 5}, "2026-03-07T23:59:59-03:00"),
        ("2", {"dias": 5}, "2026-03-07T23:59:59-04:00"),
        ("1", {"ate": "2026-03-20"}, "2026-03-20T23:59:59-03:00"),
        ("2", {"ate": "2026-03-20T12:00:00Z"}, "2026-03-20T08:00:00-04:00"),
        ("1", {"dias": 30}, "2026-04-01T23:59:59-03:00"),
    ],
)
def test_extended(casa: Casa, loja: str, corpo: dict[str, Any], fim: str) -> None:
    numped = casa.reservar(pre_venda(loja=loja, lockTTL="1h"))
    http, body = prorrogar(casa, numped, **corpo)
    assert (http, body["data"]["expiraEm"], body["data"]["situacaoReserva"]) == (200, fim, "AUTORIZADA")
    guardado = casa.linha("GW_RESERVA")["DTEXPIRA"]
    assert guardado == dt.datetime.fromisoformat(fim).astimezone(dt.UTC).replace(tzinfo=None)
    log = casa.ultimo_log()
    assert [log["OPERACAO"], log["STATUS"], log["JSON"]["motivo"]] == ["A", "A", "Cliente a caminho"]


PRORROGACOES_SEM_SENTIDO: list[tuple[dict[str, Any], str]] = [
    ({"ate": "2026-03-01"}, "/ate"),
    ({"ate": "2026-03-02T08:59:00-03:00"}, "/ate"),
    ({"dias": 0}, "/dias"),
    ({"dias": 3, "ate": "2026-03-20"}, ""),
    ({}, ""),
    ({"dias": 3, "motivo": " "}, "/motivo"),
    ({"dias": 3, "motivo": None}, "/motivo"),
]


def test_an_extension_that_makes_no_sense(casa: Casa, subtests: pytest.Subtests) -> None:
    numped = casa.reservar(pre_venda())
    antes = casa.fotografia()
    for corpo, campo in PRORROGACOES_SEM_SENTIDO:
        with subtests.test(str(corpo)):
            http, body = prorrogar(casa, numped, **corpo)
            assert (http, body["codigo"], body["errors"][0]["campo"]) == (422, "CAMPO_INVALIDO", campo)
    assert casa.fotografia() == antes


def test_the_ceiling_of_an_extension_is_a_setting(casa: Casa) -> None:
    outra = casa.com(ttl_max_dias=90)
    numped = outra.reservar(pre_venda())
    casos = [({"dias": 90}, []), ({"dias": 91}, ["/dias"]), ({"ate": "2027-01-01"}, ["/ate"])]
    for corpo, campos in casos:
        http, body = prorrogar(outra, numped, **corpo)
        assert (http, body["data"]["expiraEm"]) == (200, "2026-05-31T23:59:59-03:00")
        reduzidos = [aviso for aviso in body["data"]["avisos"] if aviso["codigo"] == "PRAZO_REDUZIDO"]
        assert [campo for aviso in reduzidos for campo in aviso["campos"]] == campos
    outra.close()


def test_an_extension_by_state(casa: Casa) -> None:
    casos = [
        (3, None, "RESERVA_RESGATADA"),
        (1, None, "RESERVA_CONFIRMADA"),
        (None, "UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = :n", "RESERVA_EM_SEPARACAO"),
        (None, "UPDATE PCPEDC SET POSICAO = 'F' WHERE NUMPED = :n", "RESERVA_FATURADA"),
        (0, None, "RESERVA_CANCELADA"),
        (None, "UPDATE GW_RESERVA SET ESTADO = 'EXPIRADA' WHERE NUMPED = :n", "RESERVA_EXPIRADA"),
    ]
    for n, (situacao, sql, codigo) in enumerate(casos):
        numped = casa.reservar(pre_venda(numero=f"PV-{n}"))
        casa.relogio.andar(seconds=1)
        if situacao is not None:
            casa.enviar(de(numped, situacao, numero=f"PV-{n}"))
        if sql is not None:
            casa.executar(sql, n=numped)
        antes = casa.fotografia(sem=DO_LOG)
        http, body = prorrogar(casa, numped, dias=3)
        assert (http, body["codigo"]) == (409, codigo)
        assert casa.fotografia(sem=DO_LOG) == antes


def test_an_extension_of_a_replaced_number_reaches_the_head(casa: Casa) -> None:
    um = casa.reservar(pre_venda())
    casa.relogio.andar(seconds=1)
    dois = casa.reservar(pre_venda(item(quantidade=3), idRetaguarda=um))
    _, body = prorrogar(casa, um, dias=3)
    assert body["idPedidoRetaguarda"] == dois
    assert [aviso["codigo"] for aviso in body["data"]["avisos"]] == ["NUMERO_SUBSTITUIDO"]


def test_one_past_due_and_not_swept_is_extended(casa: Casa) -> None:
    numped = vencida(casa)
    assert prorrogar(casa, numped, dias=1)[0] == 200
    assert varrer(casa) == Varredura()
    ir_para(casa, "2026-03-03T23:59:59-03:00")
    assert varrer(casa).expiradas == [numped]


def test_a_point_of_sale_extends_nothing(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    http, body = prorrogar(casa, numped, "pdv1", dias=3)
    assert (http, body["codigo"]) == (403, "ESCOPO_INSUFICIENTE")


# --- past due, not swept: still alive


def test_past_due_and_not_swept_is_paid(casa: Casa) -> None:
    numped = vencida(casa)
    answer = casa.enviar(de(numped, 1))
    assert (answer.status_code, answer.get_json()["idPedidoRetaguarda"]) == (200, numped)
    assert answer.get_json()["data"]["avisos"] == []
    assert varrer(casa) == Varredura()


def test_past_due_and_not_swept_is_altered_and_has_a_new_term(casa: Casa) -> None:
    numped = vencida(casa, item("300-3", 5))  # all there is
    answer = casa.enviar(de(numped, 2, item("300-3", 5), lockTTL="2h"))
    assert answer.get_json()["data"]["expiraEm"] == "2026-03-02T12:00:00-03:00"
    assert varrer(casa) == Varredura()
    assert casa.qtreserv(3) == 5


def test_past_due_and_not_swept_repeats(casa: Casa) -> None:
    corpo = pre_venda(lockTTL="1h")
    primeira = casa.enviar(corpo)
    casa.relogio.andar(hours=2)
    assert casa.enviar(corpo).get_data() == primeira.get_data()


# --- expired: rescued by a late payment


def test_a_late_payment_reserves_the_same_again(casa: Casa) -> None:
    cliente = {"cliente": cliente_completo(), "idOperadorRetaguarda": 100}
    velha = expirada(casa, item(quantidade=4, desconto=2), kit(2), observacoes="Balcão", **cliente)
    casa.relogio.andar(days=2)
    answer = casa.enviar(
        de(velha, 1, item(quantidade=4), kit(2), pagamentos=[{"pagamentoForma": {"idRetaguarda": "D"}}])
    )
    assert answer.status_code == 201
    body = answer.get_json()
    nova = velha + 1
    assert body["message"] == f"A reserva {velha} tinha expirado; paga sob o número {nova}."
    campos = ("idRetaguarda", "operacao", "situacaoReserva", "posicao", "substitui", "total", "expiraEm", "codusur")
    assert [body["data"][c] for c in campos] == [nova, "A", "CONFIRMADA", "L", velha, 100, None, 1]
    assert [aviso["codigo"] for aviso in body["data"]["avisos"]] == ["RESERVA_RENOVADA"]
    assert (casa.qtreserv(1), casa.qtreserv(3)) == (8, 2)
    assert casa.linha("PCPEDC", NUMPED=nova)["CODCOB"] == "D"


def test_the_copied_order_is_the_old_one_but_for_number_dates_and_position(casa: Casa) -> None:
    velha = expirada(casa, item(quantidade=4, desconto=2), kit(2), cliente={"idRetaguarda": 20}, observacoes="Balcão")
    casa.relogio.andar(days=2)
    casa.enviar(de(velha, 1, item(quantidade=4), kit(2)))
    muda = {"NUMPED", "POSICAO", "DATA", "HORA", "MINUTO", "DTLIBERA", "HORALIBERA", "MINUTOLIBERA"}
    muda |= {"DTCANCEL", "CODFUNCCANCEL", "DESFEZKITCANC"}
    for nome in ("PCPEDC", "PCPEDI", "PCPEDICESTA"):
        antigas, novas = casa.tabela(nome, NUMPED=velha), casa.tabela(nome, NUMPED=velha + 1)
        sem = [[{c: v for c, v in row.items() if c not in muda} for row in rows] for rows in (antigas, novas)]
        assert sem[0] == sem[1]
        assert {row.get("POSICAO", "L") for row in novas} == {"L"}
        assert {f"{row['DATA']:%d/%m}" for row in novas} == {"04/03"}
    novo = casa.linha("PCPEDC", NUMPED=velha + 1)
    assert [novo[c] for c in ("DTCANCEL", "CODFUNCCANCEL", "DESFEZKITCANC", "HORA")] == [None, None, None, 10]


def test_lineage_of_a_late_payment(casa: Casa) -> None:
    velha = expirada(casa)
    casa.enviar(de(velha, 1))
    colunas = ("NUMPED", "ESTADO", "DTEXPIRA", "NUMPED_ANTERIOR", "NUMPED_SEGUINTE")
    antiga, nova = casa.tabela("GW_RESERVA")
    assert [antiga[c] for c in colunas if c != "DTEXPIRA"] == [velha, "EXPIRADA", None, velha + 1]
    assert [nova[c] for c in colunas] == [velha + 1, "CONFIRMADA", None, velha, None]
    assert casa.linha("GW_PRE_VENDA")["NUMPED"] == velha + 1
    detalhe = casa.pedir("GET", f"/api/v1/reservas/{velha}", "retaguarda").get_json()
    assert [elo["idRetaguarda"] for elo in detalhe["linhagem"]] == [velha, velha + 1]


def test_a_late_payment_repeats(casa: Casa) -> None:
    velha = expirada(casa)
    primeira = casa.enviar(de(velha, 1))
    antes = casa.fotografia()
    segunda = casa.enviar(de(velha, 1))
    assert (segunda.status_code, segunda.get_data()) == (201, primeira.get_data())
    assert segunda.headers["Idempotent-Replayed"] == "true"
    assert casa.fotografia() == antes


def test_after_a_late_payment_the_old_number_acts_on_the_new(casa: Casa) -> None:
    velha = expirada(casa)
    casa.enviar(de(velha, 1))
    casa.relogio.andar(seconds=1)
    assert casa.recusado(de(velha, 2))["codigo"] == "RESERVA_SUBSTITUIDA"
    for situacao, estado in ((3, "CONFIRMADA"), (0, "CANCELADA")):
        casa.relogio.andar(seconds=1)
        data = casa.enviar(de(velha, situacao)).get_json()["data"]
        assert (data["idRetaguarda"], data["situacaoReserva"]) == (velha + 1, estado)
    assert casa.qtreserv(1) == 0


def test_an_expired_one_is_altered_under_a_new_number(casa: Casa) -> None:
    velha = expirada(casa)
    answer = casa.enviar(de(velha, 2, item(quantidade=7)))
    data = answer.get_json()["data"]
    assert (answer.status_code, data["idRetaguarda"], data["substitui"]) == (201, velha + 1, velha)
    assert (data["situacaoReserva"], data["expiraEm"]) == ("AUTORIZADA", "2026-03-02T11:00:01-03:00")
    assert [aviso["codigo"] for aviso in data["avisos"] if aviso["codigo"] != "CONSUMIDOR_FINAL"] == [
        "RESERVA_RENOVADA"
    ]
    assert [row["ESTADO"] for row in casa.tabela("GW_RESERVA")] == ["EXPIRADA", "AUTORIZADA"]
    assert casa.qtreserv(1) == 7


@pytest.mark.parametrize("situacao", [1, 2])
def test_units_gone_meanwhile(casa: Casa, situacao: int) -> None:
    velha = expirada(casa, item("300-3", 3))
    casa.reservar(pre_venda(item("300-3", 3), numero="PV-2"))
    body = casa.recusado(de(velha, situacao, item("300-3", 3)))
    assert (body["status"], body["codigo"]) == (409, "RESERVA_EXPIRADA")
    assert casa.qtreserv(3) == 3


def test_a_branch_that_sells_without_stock_rescues_anyway(casa: Casa) -> None:
    outra = casa.com(filiais_sem_estoque=("1",), jwt_minutos=1_000_000)
    velha = expirada(outra, item("300-3", 3))
    outra.reservar(pre_venda(item("300-3", 3), numero="PV-2"))
    assert outra.enviar(de(velha, 1, item("300-3", 3))).status_code == 201
    assert casa.qtreserv(3) == 6
    outra.close()


def test_other_goods_are_not_rescued(casa: Casa) -> None:
    velha = expirada(casa)
    assert casa.recusado(de(velha, 1, item(quantidade=9)))["codigo"] == "ITENS_DIVERGENTES"


@pytest.mark.parametrize("situacao", [1, 2])
def test_a_numero_reserved_anew_meanwhile_is_not_reserved_twice(casa: Casa, situacao: int) -> None:
    velha = expirada(casa)
    outra = casa.reservar(pre_venda(item(quantidade=3)))
    casa.relogio.andar(seconds=1)
    body = casa.recusado(de(velha, situacao))
    assert (body["status"], body["codigo"], body["idPedidoRetaguarda"]) == (409, "NUMERO_EM_USO", outra)
    assert casa.qtreserv(1) == 3


def test_a_numero_reserved_anew_and_dead_again_is_rescued(casa: Casa) -> None:
    velha = expirada(casa)
    outra = casa.reservar(pre_venda(item(quantidade=3)))
    casa.relogio.andar(seconds=1)
    casa.enviar(de(outra, 0))
    casa.relogio.andar(seconds=1)
    assert casa.enviar(de(velha, 1)).status_code == 201
    assert casa.qtreserv(1) == 2


# --- seen in time


def test_ending_within_minutes(casa: Casa) -> None:
    curta = casa.reservar(pre_venda(numero="A", lockTTL="1h"))
    media = casa.reservar(pre_venda(numero="B", lockTTL="3h"))
    casa.reservar(pre_venda(numero="C"))
    paga = casa.reservar(pre_venda(numero="D", lockTTL="1h"))
    casa.relogio.andar(seconds=1)
    casa.enviar(de(paga, 1, numero="D"))

    def listar(minutos: int) -> list[int]:
        lista = casa.pedir("GET", f"/api/v1/reservas?venceEmMinutos={minutos}", "retaguarda").get_json()
        return [linha["idRetaguarda"] for linha in lista["itens"]]

    assert (listar(59), listar(60), listar(180)) == ([], [curta], [media, curta])
    casa.relogio.andar(hours=2)
    assert listar(0) == [curta]


def test_past_due_is_told_in_the_list(casa: Casa) -> None:
    numped = vencida(casa)
    linha = casa.pedir("GET", "/api/v1/reservas", "retaguarda").get_json()["itens"][0]
    assert [linha[c] for c in ("idRetaguarda", "vencida", "expiraEm", "idadeHoras")] == [
        *(numped, True, "2026-03-02T10:00:00-03:00", 1)
    ]


def test_ready_warns_when_nobody_sweeps(casa: Casa) -> None:
    def avisos() -> list[str]:
        lista: list[str] = casa.pedir("GET", "/health/ready", None).get_json()["avisos"]
        return [aviso for aviso in lista if "varredura" in aviso]

    assert len(avisos()) == 1
    varrer(casa, simular=True)
    assert len(avisos()) == 1
    varrer(casa)
    assert avisos() == []
    casa.relogio.andar(hours=24)
    assert avisos() == []
    casa.relogio.andar(seconds=1)
    assert len(avisos()) == 1
