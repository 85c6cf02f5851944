"""Negative controls: one protection is taken out, from outside, and a named test of the suite is run and must be red.

The table is mutation -> test that catches it. Every test in it runs unmutated in the suite, so it is green with the
protection and red without; none of them depends on chance. Nothing under ``app`` can switch a protection off.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from app.domain.estoque import Plano, planejar
from app.services.operacao import registro
from app.services.pre_venda import atender, conferir
from app.services.tempo import expirar
from app.winthor import estoque, operacoes
from app.winthor.esquema.gateway_tables import GW_OPERACAO
from tests.reliability.encontro import ANTES, COMMIT, CONFERIDO, Praca
from tests.reliability.palco import Palco, abrir_palco
from tests.reliability.test_protecoes import praca_nova  # noqa: F401 - a fixture
from tests.reliability.travas import travadas

pytestmark = pytest.mark.postgresql

Mutar = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def praca(praca_nova: Praca) -> Praca:  # noqa: F811
    """Not the module's: what a mutation breaks must not stay."""
    return praca_nova


@pytest.fixture
def palco(postgresql_server: Any) -> Iterator[Palco]:
    with abrir_palco(postgresql_server) as palco:
        yield palco


@pytest.fixture
def engine(postgresql: sa.Engine) -> sa.Engine:
    """The tests of the table that run on every database run here on true row locks."""
    return postgresql


# --- the mutations


def reescrever(patch: pytest.MonkeyPatch, comeco: str, padrao: str, por: str) -> None:
    """Change the statements that begin so on their way to the driver."""
    enviar = DefaultDialect.do_execute

    def enviar_outro(self: Any, cursor: Any, statement: str, *args: Any) -> None:
        enviar(self, cursor, re.sub(padrao, por, statement) if statement.startswith(comeco) else statement, *args)

    patch.setattr(DefaultDialect, "do_execute", enviar_outro)


def sem_lock(patch: pytest.MonkeyPatch) -> None:
    """PCEST is read without FOR UPDATE."""
    reescrever(patch, "SELECT PCEST.", "FOR UPDATE.*", "")


def sem_ordem(patch: pytest.MonkeyPatch) -> None:
    """The lock query loses its order: here the other way round, since a scan may give the right one by chance."""
    ordem = r"ORDER BY PCEST\.CODFILIAL, PCEST\.CODPROD"
    reescrever(patch, "SELECT PCEST.", ordem, "ORDER BY PCEST.CODFILIAL DESC, PCEST.CODPROD DESC")


def sem_conferir(patch: pytest.MonkeyPatch) -> None:
    """Whatever the stock rows say, nothing is short."""
    patch.setattr(conferir, "planejar", lambda *args, **mais: replace(planejar(*args, **mais), faltas=()))


def sem_diferenca_liquida(patch: pytest.MonkeyPatch) -> None:
    """An alteration is judged without its own units."""

    def bruto(saldos: Any, regra: Any, *, liberar: Any = None, reservar: Any = None) -> Plano:
        faltas = planejar(saldos, regra, reservar=reservar).faltas if reservar is not None else ()
        return replace(planejar(saldos, regra, liberar=liberar or {}, reservar=reservar or {}), faltas=faltas)

    patch.setattr(conferir, "planejar", bruto)


def sem_identidade(patch: pytest.MonkeyPatch) -> None:
    """No request is known again."""
    patch.setattr(operacoes, "find_igual", lambda *_, **__: None)


def sem_cerca(patch: pytest.MonkeyPatch) -> None:
    """The main transaction does not look whether its operation is still P."""

    def sem_condicao(connection: sa.Connection, id_operacao: str, _agora: Any) -> operacoes.Ancora:
        quem = sa.select(GW_OPERACAO.c.CODFILIAL, GW_OPERACAO.c.NUMERO).where(GW_OPERACAO.c.ID == id_operacao)
        ancora = operacoes.lock_ancora(connection, *connection.execute(quem).one())
        assert ancora is not None
        return ancora

    patch.setattr(operacoes, "lock_operacao", sem_condicao)


def sem_commit_unico(patch: pytest.MonkeyPatch) -> None:
    """The units are committed before their order is written."""
    somar = estoque.somar_reserva

    def commitar_logo(connection: sa.Connection, variacoes: Any) -> None:
        somar(connection, variacoes)
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.commit()

    patch.setattr(estoque, "somar_reserva", commitar_logo)


def sem_aceite_no_commit(patch: pytest.MonkeyPatch) -> None:
    """The log row becomes A in a commit of its own, after that of the effect."""
    aceitar = registro.aceitar

    def commitar_antes(gw: Any, connection: sa.Connection, *args: Any, **kwargs: Any) -> None:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.commit()
        aceitar(gw, connection, *args, **kwargs)

    patch.setattr(registro, "aceitar", commitar_antes)


def sem_rollback(patch: pytest.MonkeyPatch) -> None:
    """What fails half way is committed."""
    patch.setattr(sa.RootTransaction, "rollback", lambda self: self.commit())


def sem_perguntar_o_desfecho(patch: pytest.MonkeyPatch) -> None:
    """After a lost COMMIT the request is simply judged again."""
    patch.setattr(atender, "_desfecho", lambda *_: None)


def sem_rever_o_estado(patch: pytest.MonkeyPatch) -> None:
    """The sweep believes its list instead of the locked row."""
    patch.setattr(expirar, "_impedimento", lambda *_: None)


def sem_ancora(patch: pytest.MonkeyPatch) -> None:
    """The pre-sale's anchor is read without a lock."""
    reescrever(patch, "SELECT GW_PRE_VENDA.", "FOR UPDATE.*", "")


def sem_trava(tabela: str) -> Mutar:
    """The rows of a table of WinThor's are read without their lock."""

    def mutar(patch: pytest.MonkeyPatch) -> None:
        enviar = DefaultDialect.do_execute

        def enviar_outro(self: Any, cursor: Any, statement: str, *args: Any) -> None:
            if travadas(statement) == {tabela}:
                statement = re.sub(r"\bFOR UPDATE\b.*", "", statement, flags=re.S)
            enviar(self, cursor, statement, *args)

        patch.setattr(DefaultDialect, "do_execute", enviar_outro)

    mutar.__name__ = f"sem_trava_em_{tabela.lower()}"
    return mutar


# --- mutation -> the test that catches it, and what it says

PARES = "reliability/test_intercalacoes.py::test_dois_ao_mesmo_tempo"
ORDEM = "reliability/test_protecoes.py::test_quem_espera_pelo_produto_de_baixo_nao_segura_o_de_cima"


def par(primeiro: str, segundo: str, ponto: str) -> dict[str, str]:
    return {"primeiro": primeiro, "segundo": segundo, "ponto": ponto}


WINTHOR = "reliability/test_winthor.py::test_o_winthor_primeiro"


SEM_LOCK = "reliability/test_ordem_dos_locks.py::test_nada_do_winthor_se_altera_sem_lock"


def com_winthor(operacao: str, movimento: str, ordem: str) -> dict[str, Any]:
    """WinThor's session has done everything but COMMIT when the gateway begins."""
    return {"operacao": operacao, "movimento": movimento, "ordem": ordem, "parada": 1}


MUTACOES: list[tuple[Mutar, str, Mapping[str, Any], str]] = [
    # the lock
    (sem_lock, PARES, par("reservar", "reservar", CONFERIDO), "I2 .* disponível -4"),
    (sem_lock, PARES, par("alterar", "reservar", CONFERIDO), "I2 .* disponível -4"),
    (sem_lock, PARES, par("vender", "reservar", CONFERIDO), "I2 .* disponível -4"),
    # the sort order
    (sem_ordem, ORDEM, {"acao": "reservar"}, "segura o de cima"),
    (sem_ordem, ORDEM, {"acao": "alterar"}, "segura o de cima"),
    (sem_ordem, ORDEM, {"acao": "cancelar"}, "segura o de cima"),
    # the check, and that it is net
    (sem_conferir, PARES, par("reservar", "reservar", CONFERIDO), "I2 .* disponível -4"),
    (sem_diferenca_liquida, PARES, par("alterar", "pagar", COMMIT), "ESTOQUE_INS"),
    (sem_diferenca_liquida, "integration/vida/test_alterar.py::test_own_units_never_block", {}, "409"),
    # the idempotency look-up
    (sem_identidade, "integration/test_repeticao.py::test_the_same_again_is_answered_byte_for_byte", {}, "success"),
    (
        sem_identidade,
        "integration/vida/test_repeticoes.py::test_the_same_alteration_with_the_old_number",
        {},
        "success",
    ),
    (
        sem_identidade,
        "reliability/test_intercalacoes.py::test_a_mesma_ao_mesmo_tempo",
        {"qual": "reservar", "ponto": COMMIT},
        "NUMERO_EM_USO",
    ),
    # the fence
    (sem_cerca, "reliability/test_protecoes.py::test_encerrada_antes_da_cerca_nao_segue", {}, "ERRO_INTERNO"),
    (sem_cerca, "reliability/test_protecoes.py::test_depois_da_cerca_a_recuperacao_passa_adiante", {}, "ERRO_INTERNO"),
    (sem_cerca, "integration/test_log.py::test_settled_by_recovery_meanwhile", {}, "500"),
    # the single commit
    (
        sem_commit_unico,
        "reliability/test_protecoes.py::test_um_defeito_entre_o_efeito_e_o_log_nao_deixa_rastro",
        {},
        "I1 .*: QTRESERV 8, pedidos 4",
    ),
    (sem_aceite_no_commit, "integration/test_log.py::test_accepted_in_the_very_commit_of_the_effect", {}, "'P', 1"),
    (
        sem_aceite_no_commit,
        "integration/test_log.py::test_no_effect_when_the_log_row_cannot_become_accepted",
        {},
        "PCPEDC",
    ),
    # and others
    (
        sem_rollback,
        "reliability/test_protecoes.py::test_um_defeito_entre_o_efeito_e_o_log_nao_deixa_rastro",
        {},
        "I5 .*: nasceu 0 vezes",
    ),
    (sem_perguntar_o_desfecho, "integration/test_desfecho.py::test_lost_before_it_took_effect", {}, "409"),
    (sem_rever_o_estado, PARES, par("expirar", "pagar", ANTES), "'expirada'"),
    (sem_ancora, PARES, par("alterar", "alterar", CONFERIDO), "RESERVA_CANCELADA"),
    # WinThor beside: what decides is read under a lock, and what is changed is locked
    (sem_trava("PCEST"), WINTHOR, com_winthor("reservar", "aumentar", "linhas e estoque"), "ficou"),
    (sem_trava("PCPEDC"), WINTHOR, com_winthor("cancelar", "bloquear", "cabeçalho primeiro"), "ficou"),
    (sem_trava("PCPEDI"), SEM_LOCK, {"nome": "cancelar"}, "PCPEDI"),
]
NOMES = [f"{mutar.__name__}-{n}" for n, (mutar, *_) in enumerate(MUTACOES)]


def achar(endereco: str) -> Callable[..., None]:
    """The test at an address below ``tests``."""
    arquivo, _, nome = endereco.partition("::")
    modulo = importlib.import_module("tests." + arquivo.removesuffix(".py").replace("/", "."))
    teste: Callable[..., None] = getattr(modulo, nome)
    return teste


@pytest.mark.parametrize(("mutar", "endereco", "valores", "diz"), MUTACOES, ids=NOMES)
def test_a_falta_da_protecao_e_notada(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    mutar: Mutar,
    endereco: str,
    valores: Mapping[str, Any],
    diz: str,
) -> None:
    teste = achar(endereco)
    fixtures = inspect.signature(teste).parameters.keys() - valores.keys()
    argumentos = {nome: request.getfixturevalue(nome) for nome in fixtures}
    mutar(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception), match=diz):
        teste(**argumentos, **valores)


@pytest.mark.parametrize("protecao", ["lock", "ordem", "diferenca_liquida", "identidade", "cerca", "commit_unico"])
def test_as_seis_protecoes_estao_na_tabela(protecao: str) -> None:
    assert f"sem_{protecao}" in {mutar.__name__ for mutar, *_ in MUTACOES}
