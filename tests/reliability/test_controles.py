"""The invariants themselves: they hold after a day's work, and each violation planted by SQL is named."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.services.tempo import expirar
from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes, violacoes

# Monday, 09:00 in São Paulo.
AGORA = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
# The numbers the day draws, in this order (RCA 8).
NUMEROS = {
    "substituida": 8_000_001,
    "alterada": 8_000_002,
    "cancelada": 8_000_003,
    "paga": 8_000_004,
    "expirada": 8_000_005,
    "kit": 8_000_006,
}


def trabalhar(casa: Casa) -> None:
    """A bit of everything: altered, cancelled, paid, expired, refused, a kit in another branch."""
    primeira = casa.reservar(pre_venda(item(quantidade=3)))
    casa.reservar(pre_venda(item(quantidade=2), item("300-3", 1), idRetaguarda=primeira))
    cancelada = casa.reservar(pre_venda(numero="PV-2"))
    assert casa.enviar({**pre_venda(numero="PV-2", idRetaguarda=cancelada), "situacaoPreVenda": 0}).status_code == 200
    paga = casa.reservar(pre_venda(item("123-1", 1, 120), numero="PV-3"))
    assert casa.enviar({**pre_venda(numero="PV-3", idRetaguarda=paga), "situacaoPreVenda": 1}).status_code == 409
    corpo = {"situacaoPreVenda": 1, "numero": "PV-3", "idLojaRetaguarda": "1", "idRetaguarda": paga}
    assert casa.enviar(corpo).status_code == 200
    casa.reservar(pre_venda(numero="PV-4", lockTTL="1h"))
    casa.reservar(pre_venda(kit(2), item(), numero="PV-5", loja="2"))
    casa.recusado(pre_venda(item("300-3", 99), numero="PV-6"))
    casa.relogio.andar(minutes=61)
    assert expirar.expirar(casa.gw).expiradas == [NUMEROS["expirada"]]


def test_valem_depois_de_um_dia_de_trabalho(casa: Casa) -> None:
    conferir_invariantes(casa)
    trabalhar(casa)
    conferir_invariantes(casa)


def test_o_que_outras_rotinas_contam_e_a_base(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTRESERV = 7 WHERE CODFILIAL = '1' AND CODPROD = 1001")
    assert [linha[:2] for linha in violacoes(casa)] == ["I1"]
    conferir_invariantes(casa, {("1", 1001): Decimal(7)})


def test_quem_vende_sem_estoque_pode_ficar_abaixo_de_zero(casa: Casa) -> None:
    outra = casa.com(filiais_sem_estoque=("1",))
    outra.reservar(pre_venda(item("300-3", 9)))
    outra.close()
    assert violacoes(casa) == ["I2 ('1', 3): disponível -4"]
    conferir_invariantes(casa, sem_estoque={"1"})


def test_o_que_foi_cortado_nao_conta(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=3), item("300-3", 1)))
    casa.executar("UPDATE PCPEDI SET POSICAO = 'C' WHERE NUMPED = :n AND CODPROD = 3", n=numped)
    assert violacoes(casa) == ["I1 ('1', 3): QTRESERV 1, pedidos 0"]
    casa.executar("UPDATE PCEST SET QTRESERV = 0 WHERE CODFILIAL = '1' AND CODPROD = 3")
    conferir_invariantes(casa)


def test_de_um_contador_que_outros_fixaram_so_se_pede_a_conta(casa: Casa) -> None:
    casa.executar("UPDATE PCEST SET QTRESERV = -5, QTBLOQUEADA = -5 WHERE CODFILIAL = '1' AND CODPROD = 1001")
    assert [linha[:2] for linha in violacoes(casa)] == ["I1", "I3"]
    conferir_invariantes(casa, mexidas={("1", 1001)})
    casa.executar("UPDATE PCEST SET QTRESERV = 2 WHERE CODFILIAL = '1' AND CODPROD = 1001")
    assert [linha[:2] for linha in violacoes(casa, mexidas={("1", 1001)})] == ["I1"]


@pytest.fixture(scope="module")
def modelo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the day's work in it."""
    path = tmp_path_factory.mktemp("dia") / "dia.db"
    shutil.copyfile(sqlite_template, path)
    with _abrir(path) as casa:
        trabalhar(casa)
        conferir_invariantes(casa)
    return path


@contextlib.contextmanager
def _abrir(path: Path) -> Iterator[Casa]:
    """A gateway on a SQLite file."""
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    casa = Casa(engine, Settings(database_url=url, cache_segundos=0), Relogio(AGORA))
    yield casa
    casa.close()
    engine.dispose()


@pytest.fixture
def dia(modelo: Path, tmp_path: Path) -> Iterator[Casa]:
    shutil.copyfile(modelo, tmp_path / "dia.db")
    with _abrir(tmp_path / "dia.db") as casa:
        casa.relogio.andar(hours=2)
        yield casa


PLANTADAS = [
    ("I1", "UPDATE PCEST SET QTRESERV = QTRESERV + 1 WHERE CODFILIAL = '1' AND CODPROD = 1"),
    ("I1", "UPDATE PCEST SET QTRESERV = NULL WHERE CODFILIAL = '1' AND CODPROD = 3"),
    ("I1", "UPDATE PCEST SET QTRESERV = QTRESERV - 2 WHERE CODFILIAL = '2' AND CODPROD = 3"),  # a kit's component
    ("I1", "UPDATE GW_RESERVA SET MODO_KIT = 'both' WHERE NUMPED = :kit"),
    ("I1", "DELETE FROM PCEST WHERE CODFILIAL = '1' AND CODPROD = 3"),
    ("I1", "UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 9 WHERE NUMPED = :paga"),  # invoiced, still counted
    ("I2", "UPDATE PCEST SET QTESTGER = 0 WHERE CODFILIAL = '1' AND CODPROD = 3"),
    ("I2", "UPDATE PCEST SET QTBLOQUEADA = 1000 WHERE CODFILIAL = '1' AND CODPROD = 1"),
    ("I3", "UPDATE PCEST SET QTRESERV = -1 WHERE CODFILIAL = '1' AND CODPROD = 1001"),
    ("I4", "DELETE FROM PCLOGPEDIDOAPI WHERE STATUS = 'R'"),
    ("I4", "INSERT INTO PCLOGPEDIDOAPI (OPERACAO, STATUS) VALUES ('I', 'A')"),
    ("I4", "UPDATE PCLOGPEDIDOAPI SET STATUS = 'P' WHERE STATUS = 'R'"),
    ("I4", "UPDATE GW_OPERACAO SET LOGROWID = (SELECT MIN(LOGROWID) FROM GW_OPERACAO)"),
    ("I4", "UPDATE GW_OPERACAO SET ESTADO = 'P' WHERE ESTADO = 'R'"),
    ("I4", "UPDATE GW_OPERACAO SET DTFIM = NULL WHERE ESTADO = 'R'"),
    ("I5", "DELETE FROM PCPEDC WHERE NUMPED = :paga"),
    ("I5", "DELETE FROM GW_RESERVA WHERE NUMPED = :paga"),
    ("I5", "DELETE FROM PCPEDI WHERE NUMPED = :paga"),
    ("I5", "DELETE FROM PCPEDI WHERE NUMPED = :kit AND CODPROD = 50"),
    ("I5", "UPDATE GW_OPERACAO SET NUMPED = :paga WHERE ESTADO = 'R'"),
    ("I5", "UPDATE GW_OPERACAO SET ESTADO = 'R', NUMPED = NULL WHERE NUMPED = :kit"),
    ("I6", "UPDATE GW_RESERVA SET NUMPED_ANTERIOR = NULL WHERE NUMPED = :alterada"),
    ("I6", "UPDATE GW_RESERVA SET NUMPED_SEGUINTE = NULL WHERE NUMPED = :substituida"),
    ("I6", "UPDATE GW_RESERVA SET NUMPED_SEGUINTE = :kit WHERE NUMPED = :paga"),
    ("I6", "UPDATE PCPEDC SET POSICAO = 'L' WHERE NUMPED = :substituida"),  # both alive
    ("I6", "UPDATE GW_PRE_VENDA SET NUMPED = 8000001 WHERE NUMERO = 'PV-1'"),
    ("I6", "UPDATE PCPEDC SET NUMPEDHUBE = 'PV-9' WHERE NUMPED = :paga"),
    ("I7", "UPDATE GW_RESERVA SET ESTADO = 'AUTORIZADA' WHERE NUMPED = :cancelada"),
    ("I7", "UPDATE GW_RESERVA SET ESTADO = 'EXPIRADA' WHERE NUMPED = :paga"),
    ("I7", "UPDATE PCPEDI SET POSICAO = 'L' WHERE NUMPED = :cancelada"),
    ("I7", "UPDATE GW_RESERVA SET ESTADO = 'BAIXADA' WHERE NUMPED = :paga"),
    ("I7", "UPDATE GW_OPERACAO SET NUMPED = :cancelada WHERE OPERACAO = 'C'"),  # cancelled and expired
    ("I8", "UPDATE PCPEDC SET VLTOTAL = VLTOTAL + 0.01 WHERE NUMPED = :paga"),
    ("I8", "UPDATE PCPEDC SET VLATEND = 0 WHERE NUMPED = :paga"),
    ("I8", "UPDATE PCPEDC SET NUMITENS = 5 WHERE NUMPED = :paga"),
    ("I8", "UPDATE PCPEDI SET PVENDA = 0 WHERE NUMPED = :paga"),
    ("I8", "UPDATE PCPEDI SET QT = -QT WHERE NUMPED = :cancelada"),
    ("I8", "UPDATE PCPEDI SET NUMSEQ = 1 WHERE NUMPED = :alterada"),
    ("I8", "UPDATE PCUSUARI SET PROXNUMPED = :kit WHERE CODUSUR = 8"),
    ("I8", "UPDATE GW_OPERACAO SET NUMPED = :kit WHERE NUMPED = :alterada AND HTTPSTATUS = 201"),
]


@pytest.mark.parametrize(("invariante", "sql"), PLANTADAS, ids=[f"{i}-{n}" for n, (i, _) in enumerate(PLANTADAS)])
def test_uma_violacao_plantada_e_encontrada(dia: Casa, invariante: str, sql: str) -> None:
    dia.executar(sql, **{nome: numped for nome, numped in NUMEROS.items() if f":{nome}" in sql})
    assert invariante in {linha[:2] for linha in violacoes(dia)}
    with pytest.raises(AssertionError, match=invariante):
        conferir_invariantes(dia)
