"""Every pair of operations at once, the second let in at a point of the first's work (R-12, R20; see ``encontro``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from app.services.tempo import expirar
from tests.reliability import encontro
from tests.reliability.encontro import ANTES, ATORES, COMMIT, CONFERIDO, Lugar, Ponto, Praca, Segundo, parar
from tests.support.invariants import conferir_invariantes

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("conta_como_postgresql")]

PONTOS = (ANTES, CONFERIDO, COMMIT)


@pytest.fixture(scope="module")
def praca(postgresql_server: Any) -> Iterator[Praca]:
    with encontro.abrir_praca(postgresql_server) as praca:
        yield praca


FALTA = "ESTOQUE_INSUFICIENTE"
# One after the other: what the first answers; for each second what it answers, and QTRESERV in the end.
EM_SERIE: Mapping[str, tuple[str, Mapping[str, tuple[str, int]]]] = {
    "reservar": (
        "201",
        {
            "reservar": (FALTA, 8),
            "alterar": (FALTA, 8),
            "cancelar": ("200", 4),
            "pagar": ("200", 8),
            "dividir": ("200", 8),
            "resgatar": ("200", 8),
            "prorrogar": ("200", 8),
            "expirar": ("expirada", 4),
            "corrigir": ("corrigida", 4),
            "vender": ("não", 8),
        },
    ),
    "alterar": (
        "201",
        {
            "reservar": (FALTA, 8),
            "alterar": ("RESERVA_SUBSTITUIDA", 8),
            "cancelar": ("200", 0),
            "pagar": ("200", 8),
            "dividir": ("ITENS_DIVERGENTES", 8),  # 8 are reserved, 4 were sent
            "resgatar": ("200", 8),
            "prorrogar": ("200", 8),
            "expirar": ("não", 8),
            "corrigir": ("não", 8),
            "vender": ("não", 8),
        },
    ),
    "cancelar": (
        "200",
        {
            "reservar": ("201", 4),
            "alterar": ("RESERVA_CANCELADA", 0),
            "cancelar": ("200", 0),
            "pagar": ("RESERVA_CANCELADA", 0),
            "dividir": ("RESERVA_CANCELADA", 0),
            "resgatar": ("RESERVA_CANCELADA", 0),
            "prorrogar": ("RESERVA_CANCELADA", 0),
            "expirar": ("não", 0),
            "corrigir": ("não", 0),
            "vender": ("vendida", 0),
        },
    ),
    "pagar": (
        "200",
        {
            "reservar": ("201", 8),
            "alterar": ("RESERVA_CONFIRMADA", 4),
            "cancelar": ("200", 0),
            "pagar": ("200", 4),
            "dividir": ("200", 4),
            "resgatar": ("200", 4),
            "prorrogar": ("RESERVA_CONFIRMADA", 4),
            "expirar": ("não", 4),
            "corrigir": ("não", 4),
            "vender": ("vendida", 4),
        },
    ),
    "dividir": (
        "200",
        {
            "reservar": ("201", 8),
            "alterar": ("RESERVA_CONFIRMADA", 4),
            "cancelar": ("200", 0),
            "pagar": ("200", 4),
            "dividir": ("200", 4),
            "resgatar": ("200", 4),
            "prorrogar": ("RESERVA_CONFIRMADA", 4),
            "expirar": ("não", 4),
            "corrigir": ("não", 4),
            "vender": ("vendida", 4),
        },
    ),
    "resgatar": (
        "200",
        {
            "reservar": ("201", 8),
            "alterar": ("RESERVA_RESGATADA", 4),
            "cancelar": ("200", 0),
            "pagar": ("200", 4),
            "dividir": ("200", 4),
            "resgatar": ("200", 4),
            "prorrogar": ("RESERVA_RESGATADA", 4),
            "expirar": ("não", 4),
            "corrigir": ("não", 4),
            "vender": ("vendida", 4),
        },
    ),
    "prorrogar": (
        "200",
        {
            "reservar": ("201", 8),
            "alterar": ("201", 8),
            "cancelar": ("200", 0),
            "pagar": ("200", 4),
            "dividir": ("200", 4),
            "resgatar": ("200", 4),
            "prorrogar": ("200", 4),
            "expirar": ("não", 4),
            "corrigir": ("não", 4),
            "vender": ("vendida", 4),
        },
    ),
    "expirar": (
        "expirada",
        {
            "reservar": ("201", 4),
            "alterar": ("201", 8),  # made again under a new number: its units are free (R18)
            "cancelar": ("200", 0),
            "pagar": ("201", 4),
            "dividir": ("201", 4),
            "resgatar": ("RESERVA_EXPIRADA", 0),
            "prorrogar": ("RESERVA_EXPIRADA", 0),
            "expirar": ("não", 0),
            "corrigir": ("não", 0),
            "vender": ("vendida", 0),
        },
    ),
    "vender": (
        "vendida",
        {
            "reservar": (FALTA, 4),
            "alterar": (FALTA, 4),
            "cancelar": ("200", 0),
            "pagar": ("200", 4),
            "dividir": ("200", 4),
            "resgatar": ("200", 4),
            "prorrogar": ("200", 4),
            "expirar": ("expirada", 0),
            "corrigir": ("corrigida", 0),
            "vender": ("não", 4),
        },
    ),
}


def em_serie(primeiro: str, segundo: str) -> tuple[str, str, int]:
    """What the first answers, what the second answers, QTRESERV in the end."""
    # To correct a reservation past due is to expire it.
    de_quem = "expirar" if primeiro == "corrigir" else primeiro
    responde, seguintes = EM_SERIE[de_quem]
    return "corrigida" if primeiro == "corrigir" else responde, *seguintes[segundo]


NO_ESTOQUE = {"reservar", "alterar", "cancelar", "expirar", "corrigir", "vender"}
NA_RESERVA = ATORES.keys() - {"reservar", "vender"}
PASSA_ADIANTE = {"expirar", "corrigir"}  # passes over what somebody works on


def espera(primeiro: str, segundo: str) -> bool:
    """Whether the second must wait for the first, past the first's check."""
    if {primeiro, segundo} <= NA_RESERVA:
        return segundo not in PASSA_ADIANTE
    return {primeiro, segundo} <= NO_ESTOQUE


@dataclass(frozen=True)
class Encontro:
    """What came of it: who answered what, the units on hand and reserved, whether the second waited for the first."""

    um: tuple[str, str]
    outro: tuple[str, str]
    saldo: tuple[int, int]
    esperou: bool


def encontrar(praca: Praca, lugar: Lugar, primeiro: str, segundo: str, ponto: Ponto) -> Encontro:
    """Play the case and check the invariants."""
    entra = Segundo(praca.segunda, lambda: ATORES[segundo].agir(praca.segunda, lugar, 2))
    try:
        if primeiro == "vender":
            responde = encontro.vender(praca.primeira.engine, lugar, lambda p: entra.entrar() if p == ponto else None)
        else:
            with parar(praca.primeira, ATORES[primeiro], ponto, entra.entrar):
                responde = ATORES[primeiro].agir(praca.primeira, lugar, 1)
        outra = entra.terminar()
        conferir_invariantes(praca.primeira)
        return Encontro((primeiro, responde), (segundo, outra), praca.saldo(lugar), entra.esperou)
    finally:
        entra.sair()
        expirar.expirar(praca.primeira.gw)  # nothing past due is left for the next case


@pytest.mark.parametrize("ponto", PONTOS)
@pytest.mark.parametrize("segundo", ATORES)
@pytest.mark.parametrize("primeiro", ATORES)
def test_dois_ao_mesmo_tempo(praca: Praca, primeiro: str, segundo: str, ponto: Ponto) -> None:
    """Before the first lock the second runs through; past it, it comes after."""
    veio = encontrar(praca, praca.lugar(), primeiro, segundo, ponto)
    antes, depois = (veio.outro, veio.um) if ponto == ANTES else (veio.um, veio.outro)
    responde, responde_depois, reservado = em_serie(antes[0], depois[0])
    assert (antes[1], depois[1]) == (responde, responde_depois)
    vendidas = [responde, responde_depois].count("vendida")
    assert veio.saldo == (8 - 4 * vendidas, reservado)
    assert veio.esperou is (ponto != ANTES and espera(primeiro, segundo))


# --- the same request twice


@pytest.mark.parametrize("ponto", PONTOS)
@pytest.mark.parametrize("qual", ["reservar", "alterar", "cancelar", "pagar", "dividir", "resgatar"])
def test_a_mesma_ao_mesmo_tempo(praca: Praca, qual: str, ponto: Ponto) -> None:
    """A duplicate that arrives while the first runs waits for it and gets its answer; one effect (R12)."""
    lugar = praca.lugar()
    ator = ATORES[qual]
    with praca.segunda.comandos() as comandos:
        # It asks again and again, without a lock, while the first has not locked the pre-sale yet.
        procurou = partial(any_that_starts, comandos, "SELECT GW_OPERACAO")
        duplicata = Segundo(praca.segunda, lambda: ator.agir(praca.segunda, lugar, 1), procurou)
        with parar(praca.primeira, ator, ponto, duplicata.entrar):
            responde = ator.agir(praca.primeira, lugar, 1)
        assert (duplicata.terminar(), duplicata.esperou) == (responde, True)
    assert responde in {"200", "201"}
    conferir_invariantes(praca.primeira)
    assert praca.saldo(lugar) == (8, em_serie(qual, "prorrogar")[2])
    expirar.expirar(praca.primeira.gw)


def any_that_starts(comandos: list[str], inicio: str) -> bool:
    return any(comando.startswith(inicio) for comando in comandos)


# --- the back office frees what WinThor left behind

# The order was cancelled in WinThor, its 4 units still count.
CORRIGINDO: Mapping[tuple[str, str], tuple[str, str, int]] = {
    ("corrigir", "corrigir"): ("corrigida", "não", 0),
    ("corrigir", "reservar"): ("corrigida", "201", 4),
    ("corrigir", "alterar"): ("corrigida", "RESERVA_CANCELADA", 0),
    ("corrigir", "cancelar"): ("corrigida", "200", 0),
    ("corrigir", "vender"): ("corrigida", "vendida", 0),
    ("reservar", "corrigir"): ("201", "corrigida", 4),
    ("vender", "corrigir"): ("vendida", "corrigida", 0),
}


@pytest.mark.parametrize("ponto", PONTOS)
@pytest.mark.parametrize(("primeiro", "segundo"), CORRIGINDO)
def test_uma_correcao_ao_mesmo_tempo(praca: Praca, primeiro: str, segundo: str, ponto: Ponto) -> None:
    lugar = praca.lugar()
    dia = praca.primeira.relogio.agora.replace(tzinfo=None)
    praca.primeira.executar("UPDATE PCPEDC SET POSICAO = 'C', DTCANCEL = :d WHERE NUMPED = :n", d=dia, n=lugar.numped)
    praca.primeira.executar("UPDATE PCPEDI SET POSICAO = 'C' WHERE NUMPED = :n", n=lugar.numped)
    veio = encontrar(praca, lugar, primeiro, segundo, ponto)
    responde, responde_depois, reservado = CORRIGINDO[primeiro, segundo]
    assert {veio.um, veio.outro} == {(primeiro, responde), (segundo, responde_depois)}
    vendidas = [responde, responde_depois].count("vendida")
    assert veio.saldo == (8 - 4 * vendidas, reservado)
