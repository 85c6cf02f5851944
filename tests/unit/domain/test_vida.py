"""Both tables of §5, cell by cell, as data."""

from __future__ import annotations

import itertools

import pytest

from app.domain.vida import (
    MORTOS,
    VIVOS,
    Acao,
    Efeito,
    Estado,
    Passo,
    estado_efetivo,
    nome_no_pdv,
    passo,
)

ACOES = [Acao.ALTERAR, Acao.CONFIRMAR, Acao.RESGATAR, Acao.CANCELAR, Acao.EXPIRAR]

# "X" a refusal, "=" success without effect, "→ S" a new state, else the name of the effect.
TABELA = """
             alterar                 confirmar               resgatar                cancelar                expirar
AUTORIZADA   RECRIAR                 → CONFIRMADA            → RESGATADA             → CANCELADA             → EXPIRADA
RESGATADA    X RESERVA_RESGATADA     → CONFIRMADA            =                       → CANCELADA             =
CONFIRMADA   X RESERVA_CONFIRMADA    =                       REGISTRAR_RESGATE       → CANCELADA             =
RECONHECIDA  X RESERVA_EM_SEPARACAO  X RESERVA_EM_SEPARACAO  X RESERVA_EM_SEPARACAO  X RESERVA_EM_SEPARACAO  =
BAIXADA      X RESERVA_FATURADA      X RESERVA_FATURADA      =                       X RESERVA_FATURADA      =
CANCELADA    X RESERVA_CANCELADA     X RESERVA_CANCELADA     X RESERVA_CANCELADA     =                       =
EXPIRADA     RESERVAR_DE_NOVO        RESERVAR_DE_NOVO        X RESERVA_EXPIRADA      =                       =
SUBSTITUIDA  X RESERVA_SUBSTITUIDA   SEGUIR                  SEGUIR                  SEGUIR                  =
"""


def esperado(celula: str) -> Passo:
    if celula.startswith("→"):
        return Passo(Efeito.MUDAR, Estado[celula[2:]])
    if celula.startswith("X"):
        return Passo(recusa=celula[2:])
    if celula == "RECRIAR":
        return Passo(Efeito.RECRIAR, Estado.SUBSTITUIDA)
    return Passo(Efeito.NENHUM if celula == "=" else Efeito[celula])


def celulas() -> dict[tuple[Estado, Acao], str]:
    achadas: dict[tuple[Estado, Acao], str] = {}
    for linha in TABELA.strip().splitlines()[1:]:
        nome, *palavras = linha.replace("→ ", "→\0").replace("X ", "X\0").split()
        assert len(palavras) == len(ACOES), linha
        achadas |= {(Estado[nome], a): p.replace("\0", " ") for a, p in zip(ACOES, palavras, strict=True)}
    return achadas


CELULAS = celulas()


@pytest.mark.parametrize(("estado", "acao"), CELULAS, ids=lambda v: v.name)
def test_cell(estado: Estado, acao: Acao) -> None:
    assert passo(estado, acao) == esperado(CELULAS[estado, acao])


def test_no_cell_is_left_out() -> None:
    assert set(CELULAS) == set(itertools.product(Estado, Acao))


def test_every_state_is_alive_dead_or_invoiced() -> None:
    assert VIVOS | MORTOS | {Estado.BAIXADA} == set(Estado)
    assert not VIVOS & MORTOS


@pytest.mark.parametrize("estado", sorted(MORTOS))
def test_what_has_ended_changes_its_state_no_more(estado: Estado) -> None:
    assert [passo(estado, acao).novo for acao in Acao] == [None] * 5


def test_only_an_authorised_reservation_is_ended_by_time() -> None:
    assert [e for e in Estado if passo(e, Acao.EXPIRAR).efeito is not Efeito.NENHUM] == [Estado.AUTORIZADA]


NOMES = {
    "AUTORIZADA": "DISPONIVEL",
    "CONFIRMADA": "RECEBIDO",
    "RECONHECIDA": "RECEBIDO",
    "RESGATADA": "RESGATADA",
    "BAIXADA": "RESGATADA",
    "CANCELADA": "CANCELADA",
    "EXPIRADA": "CANCELADA",
    "SUBSTITUIDA": "CANCELADA",
}


@pytest.mark.parametrize(("estado", "nome"), NOMES.items())
def test_name_at_the_pos(estado: str, nome: str) -> None:
    assert nome_no_pdv(Estado[estado]) == nome


def test_every_state_has_a_name_at_the_pos() -> None:
    assert set(NOMES) == set(Estado)


VIVAS_NO_GATEWAY = [Estado.AUTORIZADA, Estado.CONFIRMADA, Estado.RESGATADA]


@pytest.mark.parametrize("registrado", VIVAS_NO_GATEWAY)
@pytest.mark.parametrize(
    ("posicao", "faturado", "efetivo"),
    [
        ("M", False, Estado.RECONHECIDA),
        ("F", False, Estado.BAIXADA),
        ("L", True, Estado.BAIXADA),
        ("M", True, Estado.BAIXADA),
        ("C", False, Estado.CANCELADA),
        (None, False, Estado.CANCELADA),
    ],
)
def test_where_winthor_has_moved_the_order_counts(
    registrado: Estado, posicao: str | None, faturado: bool, efetivo: Estado
) -> None:
    assert estado_efetivo(registrado, posicao, faturado) is efetivo


@pytest.mark.parametrize("registrado", VIVAS_NO_GATEWAY)
@pytest.mark.parametrize("posicao", ["L", "P", "B"])
def test_an_order_that_waits_keeps_the_recorded_state(registrado: Estado, posicao: str) -> None:
    assert estado_efetivo(registrado, posicao, faturado=False) is registrado


@pytest.mark.parametrize("registrado", sorted(MORTOS))
@pytest.mark.parametrize("posicao", ["L", "M", "F", "C", None])
@pytest.mark.parametrize("faturado", [False, True])
def test_what_has_ended_stays_ended_wherever_its_order_is(
    registrado: Estado, posicao: str | None, faturado: bool
) -> None:
    assert estado_efetivo(registrado, posicao, faturado) is registrado


@pytest.mark.parametrize(
    ("posicao", "faturado", "estado"),
    [
        ("L", False, Estado.AUTORIZADA),
        ("M", False, Estado.RECONHECIDA),
        ("F", False, Estado.BAIXADA),
        ("L", True, Estado.BAIXADA),
        ("C", False, Estado.CANCELADA),
        (None, False, Estado.CANCELADA),
    ],
)
def test_state_of_an_order_made_elsewhere(posicao: str | None, faturado: bool, estado: Estado) -> None:
    assert estado_efetivo(Estado.AUTORIZADA, posicao, faturado) is estado
