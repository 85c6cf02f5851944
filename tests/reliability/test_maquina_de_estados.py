"""Any sequence of operations, against a pure model that says beforehand what each one answers (R-20; R10–R18).

Hypothesis draws the sequences: reservations with kits and other delivery branches, alterations, payments, rescues,
cancellations, repeats of any earlier request, the clock (also set back) and the sweep, crashes, lost COMMITs and
restarts, CEP outages, parameters of routine 132, the back office, and WinThor beside it, which changes, cuts, moves,
blocks, releases, loads, invoices and cancels the orders and sets their counters to what they never should be. After
every step the invariants I1–I8 hold and the tables are what the model says.

``PREVENDA_TEST_MAQUINA=2000`` draws so many sequences of 50 steps, anew on every run, and shrinks what fails.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.domain.protecao import Protecao
from app.winthor import estoque
from tests.reliability.maquina_da_guarda import MaquinaDaGuarda
from tests.reliability.maquina_inteira import MaquinaInteira
from tests.reliability.movimentos import Chave

SEQUENCIAS = int(os.environ.get("PREVENDA_TEST_MAQUINA", "0"))
PERFIL = settings(
    max_examples=SEQUENCIAS or 16,
    stateful_step_count=50 if SEQUENCIAS else 30,
    derandomize=not SEQUENCIAS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if SEQUENCIAS else [Phase.explicit, Phase.generate],
)


def rodar(sqlite_template: Path, perfil: settings, inteira: type[MaquinaInteira] = MaquinaInteira) -> None:
    maquina = type("MaquinaNoBanco", (inteira,), {"modelo_do_banco": sqlite_template})
    run_state_machine_as_test(maquina, settings=perfil)


def test_qualquer_sequencia(sqlite_template: Path) -> None:
    rodar(sqlite_template, PERFIL)


def test_o_modelo_nota_unidades_que_nao_voltam(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somar = estoque.somar_reserva

    def so_somar(connection: sa.Connection, variacoes: Mapping[Chave, Decimal]) -> None:
        somar(connection, {chave: quantidade for chave, quantidade in variacoes.items() if quantidade > 0})

    monkeypatch.setattr(estoque, "somar_reserva", so_somar)
    curto = settings(PERFIL, phases=[Phase.generate], report_multiple_bugs=False, derandomize=True)
    with pytest.raises(AssertionError, match=r"I1 .*: QTRESERV"):
        rodar(sqlite_template, curto)


def test_qualquer_sequencia_com_guardas_e_filiais(sqlite_template: Path) -> None:
    """Two channels, policies, branches left to the gateway and lines that are moved (R29, R30)."""
    curto = settings(PERFIL, max_examples=SEQUENCIAS or 10, stateful_step_count=50 if SEQUENCIAS else 25)
    rodar(sqlite_template, curto, MaquinaDaGuarda)


def test_o_modelo_nota_uma_guarda_que_ninguem_respeita(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protecao, "contra", lambda *_: {})
    curto = settings(PERFIL, max_examples=40, phases=[Phase.generate], report_multiple_bugs=False, derandomize=True)
    with pytest.raises(AssertionError, match="'success': True"):
        rodar(sqlite_template, curto, MaquinaDaGuarda)
