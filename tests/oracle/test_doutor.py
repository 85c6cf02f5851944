"""`prevenda doctor` on an Oracle: widths, character set, privileges, triggers, and the rehearsal.

The dictionary is the protocol server's, written by Oracle's documentation; no real one was asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from app.services.doutor import AVISO, ERRO, OK
from tests.oracle.conftest import Achados
from tests.oracle_wire.server import OracleWireServer
from tests.support.builders import item, kit, pre_venda
from tests.support.databases import SO_UTF8
from tests.support.gateway import Casa
from tests.support.invariants import conferir_invariantes


def test_narrower_columns(examinar: Callable[..., Achados], executar: Callable[..., None]) -> None:
    executar(
        "ALTER TABLE PCCLIENT MODIFY (BAIRROENT VARCHAR2(20))",
        "ALTER TABLE PCPEDC MODIFY (NUMPEDHUBE VARCHAR2(20))",
        "ALTER TABLE PCPEDI MODIFY (QT NUMBER(16,3))",
    )
    achados = examinar()
    assert achados["larguras de PCCLIENT"] == (
        AVISO,
        "mais estreitas que o esperado, os textos são aparados: BAIRROENT (20, esperado 40)",
    )
    assert achados["identificadores de PCPEDC"] == (
        ERRO,
        "mais estreitas que o esperado e não podem ser aparadas: NUMPEDHUBE (20, esperado 50)",
    )
    assert achados["dígitos de PCPEDI"] == (AVISO, "menos que o esperado: QT (16,3, esperado 20,6)")


@SO_UTF8
def test_character_set_and_length_semantics(examinar: Callable[..., Achados], por_fora: Callable[[str], None]) -> None:
    nome = "conjunto de caracteres"
    assert examinar()[nome] == (OK, "AL32UTF8, BYTE: os textos são aparados em bytes de utf-8")
    assert examinar(codificacao_banco="cp1252")[nome] == (
        AVISO,
        "AL32UTF8, BYTE, mas PREVENDA_CODIFICACAO_BANCO = cp1252",
    )
    por_fora(
        "CREATE OR REPLACE VIEW oracle_wire.nls_database_parameters AS SELECT parameter::varchar, value::varchar FROM"
        " (VALUES ('NLS_CHARACTERSET', 'JA16SJIS'), ('NLS_LENGTH_SEMANTICS', 'CHAR')) p (parameter, value)"
    )
    situacao, detalhe = examinar()[nome]
    assert (situacao, detalhe[:14]) == (AVISO, "JA16SJIS, CHAR")
    assert detalhe.endswith("defina PREVENDA_CODIFICACAO_BANCO")


def test_missing_privileges(examinar: Callable[..., Achados], oracle_server: OracleWireServer) -> None:
    assert examinar()["concessões"] == (OK, "as de sql/gateway/grants.sql bastam")
    oracle_server.faults.fail("UPDATE PCEST SET", 1031, times=9)
    oracle_server.faults.fail("INSERT INTO PCNFCAN", 1031, times=9)
    assert examinar()["concessões em PCEST"] == (ERRO, "falta UPDATE; veja sql/gateway/grants.sql")
    assert "concessões em PCNFCAN" not in examinar()
    assert examinar(grava_pcnfcan="S")["concessões em PCNFCAN"][0] == ERRO


def test_privileges_are_tried_without_effect(examinar: Callable[..., Achados], abrir: Callable[..., Casa]) -> None:
    casa = abrir()
    antes = casa.fotografia()
    examinar()
    assert casa.fotografia() == antes


DOBRA = """
CREATE FUNCTION dobra() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE pcest SET qtreserv = qtreserv + NEW.qt WHERE codprod = NEW.codprod AND codfilial = NEW.codfilialretira;
  RETURN NEW; END $$;
CREATE TRIGGER trg_reserva AFTER INSERT ON pcpedi FOR EACH ROW EXECUTE FUNCTION dobra()"""


def test_a_trigger_that_moves_the_stock_again(
    examinar: Callable[..., Achados], por_fora: Callable[[str], None]
) -> None:
    assert examinar()["gatilhos"] == (OK, "nenhum nas tabelas escritas")
    por_fora(DOBRA)
    achados = examinar("--ensaio", "100-1")
    assert achados["gatilho em PCPEDI: TRG_RESERVA"] == (
        AVISO,
        "AFTER EACH ROW INSERT; usa PCEST: pode travar fora da ordem (deadlock) ou mover QTRESERV de novo; "
        "confira com doctor --ensaio",
    )
    assert achados["ensaio: QTRESERV filial 1 produto 1"] == (
        ERRO,
        "a reserva a moveu 2 e o cancelamento 1, em vez de 1: um gatilho do site também a move?",
    )


def test_triggers_of_another_owner_may_be_invisible(
    examinar: Callable[..., Achados], executar: Callable[..., None], por_fora: Callable[[str], None]
) -> None:
    por_fora("CREATE SCHEMA dono; ALTER TABLE pcusuari SET SCHEMA dono")
    executar("CREATE SYNONYM PCUSUARI FOR DONO.PCUSUARI")
    assert examinar()["gatilhos"][0] == AVISO


# --- the rehearsal


def test_a_rehearsal_on_a_good_schema(examinar: Callable[..., Achados], abrir: Callable[..., Casa]) -> None:
    casa = abrir()
    antes = casa.fotografia()
    achados = {n: a for n, a in examinar("--ensaio", "5000-50").items() if n.startswith("ensaio")}
    assert casa.fotografia() == antes
    tabelas = (
        "GW_EVENTO, GW_OPERACAO, GW_PRE_VENDA, GW_RESERVA, PCCLIENT, PCCONSUM, PCEST, PCLOGPEDIDOAPI, PCPEDC, PCPEDI, "
    )
    tabelas += "PCPEDICESTA, PCUSUARI"
    assert achados == {
        "ensaio na filial 1": (OK, "reserva e cancelamento gravados e desfeitos"),
        "ensaio na filial 1: travas": (OK, f"estoque: filial 1 produto 1, filial 1 produto 3; tabelas: {tabelas}"),
        "ensaio: QTRESERV filial 1 produto 1": (OK, "movida uma vez em cada passo (2)"),
        "ensaio: QTRESERV filial 1 produto 3": (OK, "movida uma vez em cada passo (1)"),
    }


def test_locks_taken_by_a_trigger_are_named(examinar: Callable[..., Achados], por_fora: Callable[[str], None]) -> None:
    por_fora(
        "CREATE TABLE xauditoria (n int);"
        "CREATE FUNCTION audita() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO xauditoria VALUES (1); RETURN NEW; END $$;"
        "CREATE TRIGGER trg_audita AFTER UPDATE ON pcest FOR EACH ROW EXECUTE FUNCTION audita()"
    )
    assert examinar("--ensaio", "100-1")["ensaio na filial 1: travas alheias"] == (
        AVISO,
        "também ficam travadas XAUDITORIA: um gatilho do site as usa",
    )


def test_locks_that_may_not_be_listed(examinar: Callable[..., Achados], oracle_server: OracleWireServer) -> None:
    oracle_server.faults.fail(r"V\$LOCKED_OBJECT", 942)
    situacao, detalhe = examinar("--ensaio", "100-1")["ensaio na filial 1: travas"]
    assert (situacao, detalhe) == (OK, "estoque: filial 1 produto 1; tabelas: não podem ser listadas com este usuário")


@pytest.mark.parametrize(
    ("ddl", "detalhe"),
    [
        (
            "ALTER TABLE PCPEDC ADD (CODREDE NUMBER(4) NOT NULL)",
            'ORA-01400: cannot insert NULL into ("WINTHOR"."PCPEDC"."CODREDE")',
        ),
        (
            "ALTER TABLE PCLOGPEDIDOAPI MODIFY (POSICAO VARCHAR2(1) NOT NULL)",
            'ORA-01400: cannot insert NULL into ("WINTHOR"."PCLOGPEDIDOAPI"."POSICAO")',
        ),
    ],
)
def test_a_column_that_refuses_is_named(
    examinar: Callable[..., Achados], executar: Callable[..., None], ddl: str, detalhe: str
) -> None:
    executar(ddl)
    assert examinar("--ensaio", "100-1")["ensaio na filial 1"] == (ERRO, f"o banco recusou: {detalhe}")


def test_a_width_the_catalog_did_not_tell_is_named(
    examinar: Callable[..., Achados], executar: Callable[..., None], oracle_server: OracleWireServer
) -> None:
    executar("ALTER TABLE PCCLIENT MODIFY (COMPLEMENTOENT VARCHAR2(10))")
    oracle_server.faults.fail("ALL_TAB_COLUMNS", 942, times=9)
    achados = examinar("--ensaio", "100-1")
    assert achados["tabela PCCLIENT"][0] == AVISO
    assert achados["ensaio na filial 1"][1].startswith(
        'o banco recusou: ORA-12899: value too large for column "WINTHOR"."PCCLIENT"."COMPLEMENTOENT"'
    )


def test_the_clock_is_the_databases(examinar: Callable[..., Achados]) -> None:
    """SYSDATE of the protocol server is UTC: three hours from São Paulo, which has no daylight saving since 2019."""
    situacao, detalhe = examinar()["relógio"]
    assert situacao == AVISO
    assert abs(int(detalhe.split()[-2]) - dt.timedelta(hours=3).total_seconds()) < 60


# --- row triggers that read their own table

CONTA_LINHAS = """
CREATE TRIGGER TRG_CONTA BEFORE INSERT ON PCPEDI FOR EACH ROW
DECLARE
  N NUMBER;
BEGIN
  SELECT COUNT(*) INTO N FROM PCPEDI WHERE NUMPED = :NEW.NUMPED;
  IF N >= {maximo} THEN
    RAISE_APPLICATION_ERROR(-20002, 'Pedido com linhas demais');
  END IF;
END;"""
MUTANTE = (
    "um gatilho da casa não aceita a inserção de várias linhas de uma vez: ORA-04091: table PCPEDI is mutating, "
    "trigger/function may not see it; "
)


def test_one_line_is_rehearsed_as_two_as_well(
    examinar: Callable[..., Achados], executar: Callable[..., None], abrir: Callable[..., Casa]
) -> None:
    """The trigger lets a line pass that comes alone, as from WinThor's screens."""
    casa = abrir()
    antes = casa.fotografia()
    nome = "inserção de várias linhas"
    assert examinar("--ensaio", "100-1")[nome] == (OK, "duas linhas gravadas de uma vez e desfeitas")
    executar(CONTA_LINHAS.format(maximo=99))
    achados = examinar("--ensaio", "100-1")
    assert achados["ensaio na filial 1"] == (OK, "reserva e cancelamento gravados e desfeitos")
    assert achados[nome] == (ERRO, f"{MUTANTE}com PREVENDA_ORACLE_LINHA_A_LINHA=S o mesmo ensaio passa")
    assert examinar("--ensaio", "100-1", oracle_linha_a_linha="S")[nome][0] == OK
    assert casa.fotografia() == antes


def test_several_lines_and_a_kit_are_rehearsed_together(
    examinar: Callable[..., Achados], executar: Callable[..., None]
) -> None:
    produtos = ("--ensaio", "100-1", "--ensaio", "200-2", "--ensaio", "5000-50")
    achados = examinar(*produtos)
    assert achados["ensaio na filial 1"][0] == OK
    assert achados["ensaio: QTRESERV filial 1 produto 1"] == (OK, "movida uma vez em cada passo (3)")
    assert "inserção de várias linhas" not in achados
    executar(CONTA_LINHAS.format(maximo=99))
    assert examinar(*produtos)["ensaio na filial 1"] == (
        ERRO,
        f"{MUTANTE}com PREVENDA_ORACLE_LINHA_A_LINHA=S o mesmo ensaio passa",
    )


def test_a_rule_that_row_by_row_does_not_meet_is_told(
    examinar: Callable[..., Achados], executar: Callable[..., None]
) -> None:
    executar(CONTA_LINHAS.format(maximo=1))
    assert examinar("--ensaio", "100-1")["inserção de várias linhas"] == (
        ERRO,
        f"{MUTANTE}inseri-las uma a uma (PREVENDA_ORACLE_LINHA_A_LINHA=S) não basta",
    )
    assert examinar("--ensaio", "100-1", oracle_linha_a_linha="S")["inserção de várias linhas"] == (
        ERRO,
        "uma regra da casa recusou: ORA-20002: Pedido com linhas demais",
    )


def test_row_by_row_every_way_of_writing_lines_passes(
    executar: Callable[..., None], abrir: Callable[..., Casa]
) -> None:
    """Reserve, alter, pay with lines split to deliveries, a late payment; tables as from arrays."""
    executar(CONTA_LINHAS.format(maximo=99))
    com_lote, uma_a_uma = abrir(pago="tv7"), abrir(pago="tv7", oracle_linha_a_linha=True)
    corpo = pre_venda(item(), item("200-2", 1), numero="PV-1")
    answer = com_lote.enviar(corpo)
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (500, "ERRO_INTERNO")
    numped = uma_a_uma.reservar(corpo)
    entregas = [kit(1, entrega={"tipoEntrega": tipo}) for tipo in (1, 2)]
    numped = uma_a_uma.reservar(pre_venda(kit(2), item("200-2", 1), numero="PV-1", idRetaguarda=numped))
    pago = {"situacaoPreVenda": 1, "pagamentos": [{"pagamentoForma": {"idRetaguarda": "DH"}}]}
    answer = uma_a_uma.enviar(pre_venda(*entregas, item("200-2", 1), numero="PV-1", idRetaguarda=numped, **pago))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert uma_a_uma.contar("GW_ENTREGA") == 2
    conferir_invariantes(uma_a_uma)


def test_lines_written_one_by_one_are_those_of_an_array(
    abrir: Callable[..., Casa], executar: Callable[..., None]
) -> None:
    linhas = []
    for casa in (abrir(), abrir(oracle_linha_a_linha=True)):
        casa.reservar(pre_venda(item(), kit(2), item("200-2", 1), numero="PV-1"))
        linhas.append([casa.tabela("PCPEDI"), casa.tabela("PCPEDICESTA")])
        executar("DELETE FROM PCPEDI", "DELETE FROM PCPEDICESTA", "DELETE FROM PCPEDC", "DELETE FROM GW_OPERACAO")
        executar("DELETE FROM GW_RESERVA", "DELETE FROM GW_PRE_VENDA", "UPDATE PCEST SET QTRESERV = 0")
        executar("UPDATE PCUSUARI SET PROXNUMPED = 8000001 WHERE CODUSUR = 8")
    assert linhas[0] == linhas[1]


# --- the instance


def test_what_frees_the_rows_of_a_host_that_vanished(
    examinar: Callable[..., Achados], por_fora: Callable[[str], None], oracle_server: OracleWireServer
) -> None:
    nome = "parâmetros da instância"
    achados = examinar()
    assert achados[f"{nome}: cursores"] == (OK, "OPEN_CURSORS = 300")
    situacao, detalhe = achados[f"{nome}: máquina que some"]
    assert situacao == AVISO
    assert "SQLNET.EXPIRE_TIME = 1" in detalhe
    por_fora(
        "CREATE OR REPLACE VIEW oracle_wire.v$parameter AS SELECT name::varchar, value::varchar FROM (VALUES"
        " ('compatible', '21.0.0'), ('open_cursors', '50'), ('max_idle_blocker_time', '5')) p (name, value)"
    )
    achados = examinar()
    assert achados[f"{nome}: cursores"][0] == AVISO
    assert achados[f"{nome}: máquina que some"] == (
        OK,
        "MAX_IDLE_BLOCKER_TIME = 5 min solta as linhas de uma máquina que some",
    )
    oracle_server.faults.fail("open_cursors", 942, times=9)
    situacao, detalhe = examinar()[nome]
    assert (situacao, detalhe[:14]) == (AVISO, "V$PARAMETER nã")
