"""The gateway gives way, always (R20): where its locks and those of a session of WinThor's cross, the session lives.

Counted: `make exaustivo` plays a hundred rounds of each.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from tests.reliability.encontro import ESPERA_S, resposta
from tests.reliability.encontro_winthor import OPERACOES, PAUSA_S, Sessao, SessaoMorta, espiar, no_comando
from tests.reliability.movimentos import ORDENS
from tests.reliability.palco import PARAFUSO, Cena, Palco
from tests.reliability.travas import alterada, travadas
from tests.reliability.winthor import FIM

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("conta_como_postgresql")]

RODADAS = int(os.environ.get("PREVENDA_TEST_RODADAS", "3"))
# How long a stock row is kept from the gateway: less than it waits for one, and of the second that a database takes to
# look for a deadlock not enough is left for another such wait.
DEMORA_S = 0.7


def _pagar(palco: Palco, cena: Cena) -> str:
    """With the plan, which is written into the lines too."""
    pagamento = {"pagamentoForma": {"idRetaguarda": "D-POS"}, "pagamentoCondicao": {"idRetaguarda": 1}}
    return resposta(palco.casa.enviar(cena.corpo(1, pagamentos=[pagamento])))


ACOES: Mapping[str, Callable[[Palco, Cena], str]] = {
    "cancelar": lambda palco, cena: OPERACOES["cancelar"].agir(palco.casa, cena),
    "alterar": lambda palco, cena: OPERACOES["alterar"].agir(palco.casa, cena),
    "pagar": _pagar,
}
# Before which of the gateway's locks the session comes in, by turns.
PONTOS = ("PCPEDC", "PCEST", "PCPEDI")


def quer(tabela: str) -> Callable[[str], bool]:
    """Whether a statement wants rows of the table locked, be it by changing them."""
    return lambda statement: tabela in {*travadas(statement), alterada(statement)}


def cruzar(palco: Palco, acao: str, ordem: str, rodadas: int, folga_s: float = 0.0) -> Counter[str]:
    """Let the two cross, so many rounds: what the gateway answered, and how often the session was ended ("morta").

    The session comes in before one of the gateway's locks, takes its own as far as it can, and commits as soon as the
    gateway waits for it or has answered. ``folga_s``: it waits so much longer than the gateway will.
    """
    placar: Counter[str] = Counter()
    for rodada in range(rodadas):
        cena = palco.montar()
        sessao = Sessao(palco, cena.numped, "aumentar", ordem, FIM)

        def entrar(sessao: Sessao = sessao) -> None:
            sessao.entrar()
            time.sleep(folga_s)

        with no_comando(palco.casa, quer(PONTOS[rodada % len(PONTOS)]), entrar):
            placar[ACOES[acao](palco, cena)] += 1
        placar["entrou"] += sessao.entrou
        placar["morta"] += _morreu(sessao)
    return placar


def _morreu(sessao: Sessao) -> bool:
    try:
        sessao.terminar()
    except SessaoMorta:
        return True
    return False


@pytest.mark.parametrize("ordem", ORDENS)
@pytest.mark.parametrize("acao", ACOES)
def test_a_sessao_do_erp_nunca_e_a_vitima(palco: Palco, acao: str, ordem: str) -> None:
    placar = cruzar(palco, acao, ordem, RODADAS)
    assert placar.pop("morta") == 0
    assert placar.pop("entrou") > 0
    # It gives way, and then has its turn: who waits for one session is not sent away.
    assert placar in ({"200": RODADAS}, {"201": RODADAS})


@pytest.mark.parametrize("acao", ["cancelar", "alterar"])
def test_nem_quando_espera_por_dois(palco: Palco, acao: str) -> None:
    """The database looks for a deadlock a second after the session began to wait, however long the gateway has then
    waited: what counts is how long the gateway has held a row of WinThor's when its wait for the next one ends.

    One session holds a stock row and lets it go late; another holds the lines and waits for the header.
    """
    for _ in range(max(1, RODADAS // 10)):
        cena = palco.montar()
        quem_segura = palco.erp.connect()
        quem_segura.exec_driver_sql(f"SELECT 1 FROM PCEST WHERE CODPROD = {PARAFUSO} FOR UPDATE")  # noqa: S608
        sessao = Sessao(palco, cena.numped, "cobrar", "linhas e cabeçalho", FIM)
        solta = threading.Timer(DEMORA_S, quem_segura.close)

        def entrar(sessao: Sessao = sessao, solta: threading.Timer = solta) -> None:
            sessao.entrar()
            solta.start()

        with no_comando(palco.casa, quer("PCEST"), entrar):
            ACOES[acao](palco, cena)
        assert sessao.entrou
        assert not _morreu(sessao)
        solta.join()


@pytest.mark.parametrize("acao", ["cancelar", "alterar"])
def test_nem_dentro_de_um_so_comando(palco: Palco, acao: str) -> None:
    """A database counts the limit of a wait for each row anew, also within one statement that locks several.

    The gateway has the first stock row and waits for the second, which is let go late; meanwhile a session has taken
    the third and waits for the first.
    """
    for _ in range(max(1, RODADAS // 10)):
        cena = palco.montar()
        quem_segura = palco.erp.connect()
        quem_segura.exec_driver_sql("SELECT 1 FROM PCEST WHERE CODPROD = 3 FOR UPDATE")
        sessao = Sessao(palco, cena.vizinho, "diminuir", "linhas e estoque", FIM)

        def soltar_tarde(sessao: Sessao = sessao, quem_segura: sa.Connection = quem_segura) -> None:
            with espiar(palco.erp) as esperando:
                fim = time.monotonic() + ESPERA_S
                while not esperando() and time.monotonic() < fim:
                    time.sleep(PAUSA_S)
            sessao.entrar()
            time.sleep(DEMORA_S)
            quem_segura.close()

        vigia = threading.Thread(target=soltar_tarde)
        vigia.start()
        ACOES[acao](palco, cena)
        vigia.join()
        assert not _morreu(sessao)


# --- the negative control

# PLACE FOR THE NAME OF THE CONSTANT (the short wait of the product), should a patch of it be preferred: the control
# names none, it lengthens the limit that a lock statement carries on its way to the driver.
_LIMITE = re.compile(r"(set_config\('lock_timeout',\s*)[^,]+(,\s*true\))|(SET LOCAL lock_timeout\s*=\s*)\S+", re.I)
_COMO_BIND = re.compile(r"\d+\s*m?s")
LONGA = "3000ms"


def sem_a_espera_curta(patch: pytest.MonkeyPatch) -> None:
    """Every lock is waited for as long as one that is the first."""
    enviar = DefaultDialect.do_execute

    def longa(achado: re.Match[str]) -> str:
        return f"{achado[1]}'{LONGA}'{achado[2]}" if achado[1] else f"{achado[3]}'{LONGA}'"

    def esperar_mais(self: Any, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        if "set_config(" in statement and isinstance(parameters, dict):
            limites = {n: LONGA for n, v in parameters.items() if isinstance(v, str) and _COMO_BIND.fullmatch(v)}
            parameters = {**parameters, **limites}
        enviar(self, cursor, _LIMITE.sub(longa, statement), parameters, context)

    patch.setattr(DefaultDialect, "do_execute", esperar_mais)


@pytest.mark.parametrize("acao", ACOES)
def test_sem_a_espera_curta_a_sessao_morre(palco: Palco, acao: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sem_a_espera_curta(monkeypatch)
    assert cruzar(palco, acao, "estoque primeiro", len(PONTOS), folga_s=0.1)["morta"] > 0
