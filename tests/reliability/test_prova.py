"""The short form of `make prova` and `make soak`: real servers, real kills, a real database that stops; then the
checker. And the checker itself: whatever it claims to find, it finds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.reliability.prova import provas
from tests.reliability.prova.bancada import ACASO, INESPERADA, Bancada, Supervisor
from tests.reliability.prova.cliente import DESCONHECIDO, FALHO, OK, RECUSADO
from tests.reliability.prova.conferencia import Historia, conferir
from tests.reliability.prova.laudo import Prova
from tests.reliability.prova.medidas import Amostra, vazamentos
from tests.reliability.prova.pontos import DE_TODOS
from tests.reliability.prova.relatorio import escrever
from tests.reliability.prova.servidor import Medida
from tests.reliability.prova.terceiros import WinThor

# One worker of xdist does all of it: it starts processes enough by itself.
pytestmark = [pytest.mark.xdist_group("prova"), pytest.mark.postgresql]


@dataclass
class Corrida:
    """A short run that has ended; its database is still there to look at."""

    bancada: Bancada
    prova: Prova
    mortes: dict[str, int]
    winthor: WinThor


@pytest.fixture(scope="module")
def corrida(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corrida]:
    """One product with 100 units first; then mixed load while two gateways die at every fault point and at random and
    the database stops twice."""
    pasta = tmp_path_factory.mktemp("prova")
    prova = Prova("short run", pasta)
    with Bancada.montar(pasta) as bancada:
        provas.disputar(bancada, 1050)
        pontos = [*DE_TODOS, ACASO]
        agendas = {"gateway-1": pontos[::2], "gateway-2": pontos[1::2]}
        with (
            provas.mundo(bancada, prova, varrer_a_cada_s=25) as winthor,
            Supervisor(bancada, agendas) as supervisor,
        ):
            time.sleep(2)
            bancada.reiniciar_banco()
            supervisor.esperar(240)
            bancada.reiniciar_banco()
            time.sleep(2)
        prova.fechar(bancada)
        yield Corrida(bancada, prova, dict(supervisor.mortes), winthor)


def test_nothing_is_lost_or_half_written(corrida: Corrida) -> None:
    assert corrida.prova.achados == []
    assert corrida.prova.numeros["abertos"] == 0
    assert corrida.prova.numeros[OK] > 120


def test_every_fault_point_was_met(corrida: Corrida) -> None:
    assert corrida.mortes == dict.fromkeys([*DE_TODOS, ACASO], 1)


def test_winthor_worked_on_the_same_orders(corrida: Corrida) -> None:
    """Its sessions are never ended, its recalculations find what the lines and its own books say."""
    assert corrida.winthor.mortas == []
    assert corrida.winthor.desvios == []
    assert {"aumentar", "cortar", "bloquear", "recalcular", "ajustar"} <= corrida.winthor.feitos.keys()


def test_calls_were_cut_and_settled(corrida: Corrida) -> None:
    numeros = corrida.prova.numeros
    assert numeros["intentos_desconhecidos"] == numeros["tinham_valido"] + numeros["nao_tinham_valido"]
    assert numeros["tinham_valido"] >= 1  # at least the one that was killed after its COMMIT
    assert corrida.prova.interrompidas >= 1


def test_the_report_names_the_figures(corrida: Corrida, tmp_path: Path) -> None:
    prova = replace(corrida.prova, linhas=[], achados=[])
    prova.contar_reinicios("PostgreSQL")
    prova.contar_chamadas()
    prova.contar_carga(1)
    texto = escrever(tmp_path, "What was proven", "make prova", [prova]).read_text()
    assert "| PostgreSQL stopped at once and restarted under 16 writers | 2 times; down " in texto
    assert f"{prova.numeros[OK]} accepted calls all found" in texto
    assert (tmp_path / "grafico-1.svg").read_text().count("<rect") > 10


def test_hundred_units_for_four_hundred_requests_of_four_processes(corrida: Corrida) -> None:
    assert provas.disputas(corrida.prova.historias()) == {"10500-1050": (100, 300)}


# --- the checker is not blind: the same run, with one thing wrong in the record or in the tables

Historias = dict[str, Historia]


def achados(corrida: Corrida, historias: Historias | None = None, inicial: Any = None) -> set[str]:
    """The letters of what is found."""
    bancada = corrida.bancada
    if historias is None:
        historias = {h.id: h for h in corrida.prova.historias()}
    linhas = conferir(bancada.banco.engine, bancada.banco.url, historias, inicial or bancada.estoque_inicial)
    return {linha[:2] for linha in linhas}


def primeira(historias: Historias, tipo: str, resultado: str) -> Historia:
    return next(h for h in historias.values() if h.tipo == tipo and h.resultado == resultado and len(h.desfechos) == 1)


def perder_um_aceite(h: Historias) -> None:
    """The POS was told it is done, and the database knows nothing of it."""
    pedido = {**primeira(h, "reservar", OK).pedido, "numero": "PV-x-1"}
    h["x"] = Historia("x", "reservar", pedido, [OK], respostas={'{"idPedidoRetaguarda": 7999999}'})


def valer_uma_recusa(h: Historias) -> None:
    """The POS was told no, and the reservation stands."""
    alvo = primeira(h, "reservar", OK)
    alvo.desfechos, alvo.respostas, alvo.codigos = [RECUSADO], set(), {"ESTOQUE_INSUFICIENTE"}


def valer_uma_falha(h: Historias) -> None:
    """Answered as failed, then replayed as if it had been done."""
    alvo = primeira(h, "reservar", OK)
    alvo.desfechos, alvo.repeticao_sem_motivo = [FALHO, OK], True


def deixar_em_aberto(h: Historias) -> None:
    alvo = primeira(h, "reservar", OK)
    alvo.desfechos, alvo.respostas = [DESCONHECIDO], set()


def responder_duas_vezes_diferente(h: Historias) -> None:
    primeira(h, "reservar", OK).respostas.add('{"idPedidoRetaguarda": 8999999}')


def mostrar_um_500(h: Historias) -> None:
    primeira(h, "reservar", OK).codigos.add("ERRO_INTERNO")


@pytest.mark.parametrize(
    ("mudar", "letra"),
    [
        (perder_um_aceite, "C1"),
        (valer_uma_recusa, "C2"),
        (valer_uma_falha, "C2"),
        (deixar_em_aberto, "C3"),
        (responder_duas_vezes_diferente, "C4"),
        (mostrar_um_500, "C5"),
    ],
)
def test_a_wrong_record_is_found(corrida: Corrida, mudar: Callable[[Historias], None], letra: str) -> None:
    historias = {h.id: h for h in corrida.prova.historias()}
    mudar(historias)
    assert letra in achados(corrida, historias)


# The newest reservation that WinThor holds no part of back.
ULTIMA = """
    SELECT MAX(r.NUMPED) FROM GW_RESERVA r JOIN PCPEDC c ON c.NUMPED = r.NUMPED
    WHERE r.ESTADO = 'AUTORIZADA' AND r.NUMERO LIKE 'PV%' AND c.POSICAO = 'L'
    AND NOT EXISTS (SELECT 1 FROM PCPEDI i WHERE i.NUMPED = r.NUMPED AND i.POSICAO = 'C')
"""


@pytest.mark.parametrize(
    ("sql", "letras"),
    [
        ("DELETE FROM PCPEDC WHERE NUMPED = :ultima", {"C1", "I1"}),
        ("UPDATE PCPEDI SET QT = QT + 1 WHERE NUMPED = :ultima", {"C1", "I1"}),
        ("DELETE FROM PCPEDI WHERE NUMPED = :ultima", {"C1", "I5"}),
        ("UPDATE GW_RESERVA SET ESTADO = 'CONFIRMADA' WHERE NUMPED = :ultima", {"C1"}),
        ("UPDATE GW_OPERACAO SET ESTADO = 'R' WHERE NUMPED = :ultima", {"C1", "I4"}),
        ("UPDATE PCEST SET QTESTGER = QTESTGER + 1 WHERE CODFILIAL = '1' AND CODPROD = 1001", {"C6"}),
        ("UPDATE PCEST SET QTRESERV = QTRESERV + 1 WHERE CODFILIAL = '1' AND CODPROD = 1001", {"I1"}),
        ("INSERT INTO \"PROVA_CONTA\" VALUES ('1', 1001, 1)", {"I1"}),
        ('INSERT INTO "PROVA_LINHA" VALUES (:ultima, 1, 1)', {"C1"}),
    ],
    ids=["order", "quantity", "items", "state", "operation", "stock", "reserved", "winthor's books", "its lines"],
)
def test_a_wrong_table_is_found(corrida: Corrida, sql: str, letras: set[str]) -> None:
    tabelas = ("PCPEDC", "PCPEDI", "GW_RESERVA", "GW_OPERACAO", "PCEST", '"PROVA_CONTA"', '"PROVA_LINHA"')
    alvo = next(tabela for tabela in tabelas if f" {tabela} " in sql)
    engine = corrida.bancada.banco.engine
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE COPIA AS SELECT * FROM {alvo}"))  # noqa: S608 - one of these names
        ultima = {"ultima": connection.execute(sa.text(ULTIMA)).scalar_one()} if ":ultima" in sql else {}
        assert connection.execute(sa.text(sql), ultima).rowcount
    try:
        assert letras <= achados(corrida)
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(f"DELETE FROM {alvo}"))  # noqa: S608
            connection.execute(sa.text(f"INSERT INTO {alvo} SELECT * FROM COPIA"))  # noqa: S608
            connection.execute(sa.text("DROP TABLE COPIA"))


def test_a_lost_movement_of_winthor_is_found(corrida: Corrida) -> None:
    inicial = dict(corrida.bancada.estoque_inicial)
    inicial["1", 1001] = Decimal(151)
    assert achados(corrida, inicial=inicial) == {"C6"}


def test_a_death_nobody_ordered_is_started_again_and_counted(corrida: Corrida) -> None:
    servidor = corrida.bancada.servidores[0]
    with Supervisor(corrida.bancada, {}) as supervisor:
        servidor.matar()
        fim = time.monotonic() + 30
        while not servidor.pronto() and time.monotonic() < fim:
            time.sleep(0.1)
    assert servidor.pronto()
    assert supervisor.mortes == {INESPERADA: 1}


@pytest.mark.parametrize(
    ("medida", "vazam"),
    [
        (lambda n: Medida(100, 20 + n % 3, 10), []),
        (lambda n: Medida(100 + n, 20, 10), ["memory, MiB"]),
        (lambda n: Medida(100, 20 + n, 10), ["file handles"]),
    ],
    ids=["steady", "memory", "handles"],
)
def test_growth_is_a_leak(medida: Callable[[int], Medida], vazam: list[str]) -> None:
    amostras = [Amostra(n, medida(n), 8) for n in range(60)]
    assert [v.nome for v in vazamentos(amostras) if v.vaza] == vazam
