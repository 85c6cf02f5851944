"""The gateway gives way, always (R20): where its locks and those of a session of WinThor's cross, the session lives.

Counted: `make exaustivo` plays a hundred rounds of each.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy.engine.default import DefaultDialect

from tests.reliability.encontro import resposta
from tests.reliability.encontro_winthor import (
    OCUPADO,
    OPERACOES,
    Cena,
    Palco,
    Sessao,
    SessaoMorta,
    abrir_palco,
    antes_de,
)
from tests.reliability.travas import alterada, travadas
from tests.reliability.winthor import FIM, ORDENS

pytestmark = pytest.mark.postgresql

RODADAS = int(os.environ.get("PREVENDA_TEST_RODADAS", "3"))
# Between two locks of the gateway's: less than a database takes to look for a deadlock, more than what is left of that
# once the gateway has waited as long as it may.
DEMORA_S = 0.7


@pytest.fixture(scope="module")
def palco(postgresql_server: Any) -> Iterator[Palco]:
    with abrir_palco(postgresql_server) as palco:
        yield palco


@pytest.fixture(autouse=True)
def _banco(request: pytest.FixtureRequest) -> None:
    request.node.user_properties.append(("database", "postgresql"))


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


def cruzar(palco: Palco, acao: str, ordem: str, rodadas: int, demora_s: float = 0.0) -> Counter[str]:
    """Let the two cross, so many rounds: what the gateway answered, and how often the session was ended ("morta").

    The session comes in at one of the gateway's locks, takes its own as far as it can, and commits as soon as the
    gateway waits for it or has answered. ``demora_s``: the gateway dawdles after the session has come in.
    """
    placar: Counter[str] = Counter()
    for rodada in range(rodadas):
        cena = palco.montar()
        sessao = Sessao(palco, cena.numped, "aumentar", ordem, FIM)

        def entrar(sessao: Sessao = sessao) -> None:
            sessao.entrar()
            time.sleep(demora_s)

        with antes_de(palco.casa, quer(PONTOS[rodada % len(PONTOS)]), entrar):
            placar[ACOES[acao](palco, cena)] += 1
        placar["entrou"] += sessao.entrou
        try:
            sessao.terminar()
        except SessaoMorta:
            placar["morta"] += 1
    return placar


@pytest.mark.parametrize("ordem", ORDENS)
@pytest.mark.parametrize("acao", ACOES)
def test_a_sessao_do_erp_nunca_e_a_vitima(palco: Palco, acao: str, ordem: str) -> None:
    placar = cruzar(palco, acao, ordem, RODADAS)
    assert placar["morta"] == 0
    assert placar["entrou"] > 0
    assert placar.keys() <= {"200", "201", OCUPADO, "entrou"}
    # It gives way, and then has its turn: who waits for one session is not sent away.
    assert placar[OCUPADO] == 0


@pytest.mark.parametrize("acao", ACOES)
def test_nem_quando_demora_entre_os_locks(palco: Palco, acao: str) -> None:
    """The database looks for a deadlock a second after the session began to wait, however long the gateway has then
    waited: what counts is how long the gateway holds rows of WinThor's and waits for more."""
    placar = cruzar(palco, acao, "estoque primeiro", max(3, RODADAS // 10), DEMORA_S)
    assert placar["morta"] == 0


# --- the negative control

# PLACE FOR THE NAME OF THE CONSTANT: whoever renames the short wait of the product finds here what must stay true.
# The control does not name it: it lengthens every limit of a single statement on its way to the driver.
_LIMITE = re.compile(r"(set_config\('lock_timeout',\s*)[^,]+(,\s*true\))|(SET LOCAL lock_timeout\s*=\s*)\S+", re.I)
LONGA_MS = 3000


def sem_a_espera_curta(patch: pytest.MonkeyPatch) -> None:
    """Every lock waits for as long as one that is the first."""
    enviar = DefaultDialect.do_execute

    def esperar_mais(self: Any, cursor: Any, statement: str, *args: Any) -> None:
        def longa(achado: re.Match[str]) -> str:
            return f"{achado[1]}'{LONGA_MS}'{achado[2]}" if achado[1] else f"{achado[3]}{LONGA_MS}"

        enviar(self, cursor, _LIMITE.sub(longa, statement), *args)

    patch.setattr(DefaultDialect, "do_execute", esperar_mais)


@pytest.mark.parametrize("acao", ACOES)
def test_sem_a_espera_curta_a_sessao_morre(palco: Palco, acao: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sem_a_espera_curta(monkeypatch)
    assert cruzar(palco, acao, "estoque primeiro", len(PONTOS))["morta"] > 0
