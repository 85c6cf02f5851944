"""Both tables of §5, cell by cell, as data."""

from __future__ import annotations

import itertools

import pytest

from app.domain.vida import (
    MORTOS,
    RECUSA_DA_REPETICAO,
    REGISTRADOS_VIVOS,
    VIVOS,
    Acao,
    Efeito,
    Estado,
    NoWinThor,
    Passo,
    estado_efetivo,
    estados_do_pdv,
    nome_no_pdv,
    passo,
)

ACOES = [
    Acao.ALTERAR,
    Acao.CONFIRMAR,
    Acao.RESGATAR,
    Acao.CANCELAR,
    Acao.CANCELAR_ASSUMIDA,
    Acao.PRORROGAR,
    Acao.EXPIRAR,
    Acao.REMANEJAR,
]

# "X" a refusal, "=" success without effect, "→ S" a new state, else the name of the effect.
TABELA = """
             alterar                 confirmar           resgatar              cancelar                ciente                  prorrogar               expirar     remanejar
AUTORIZADA   RECRIAR                 → CONFIRMADA        → RESGATADA           → CANCELADA             → CANCELADA             MUDAR_PRAZO             → EXPIRADA  MUDAR_FILIAL
RESGATADA    X RESERVA_RESGATADA     → CONFIRMADA        =                     → CANCELADA             → CANCELADA             X RESERVA_RESGATADA     =           X RESERVA_RESGATADA
CONFIRMADA   X RESERVA_CONFIRMADA    =                   REGISTRAR_RESGATE     → CANCELADA             → CANCELADA             X RESERVA_CONFIRMADA    =           MUDAR_FILIAL
ASSUMIDA     X RESERVA_ASSUMIDA      → CONFIRMADA        REGISTRAR_RESGATE     X RESERVA_ASSUMIDA      → CANCELADA             X RESERVA_ASSUMIDA      =           X RESERVA_ASSUMIDA
RECONHECIDA  X RESERVA_EM_SEPARACAO  → CONFIRMADA        REGISTRAR_RESGATE     X RESERVA_EM_SEPARACAO  X RESERVA_EM_SEPARACAO  X RESERVA_EM_SEPARACAO  =           X RESERVA_EM_SEPARACAO
BLOQUEADA    X RESERVA_BLOQUEADA     → CONFIRMADA        REGISTRAR_RESGATE     → CANCELADA             → CANCELADA             X RESERVA_BLOQUEADA     =           X RESERVA_BLOQUEADA
BAIXADA      X RESERVA_FATURADA      X RESERVA_FATURADA  =                     X RESERVA_FATURADA      X RESERVA_FATURADA      X RESERVA_FATURADA      =           X RESERVA_FATURADA
CANCELADA    X RESERVA_CANCELADA     X RESERVA_CANCELADA X RESERVA_CANCELADA   =                       =                       X RESERVA_CANCELADA     =           X RESERVA_CANCELADA
EXPIRADA     RESERVAR_DE_NOVO        RESERVAR_DE_NOVO    X RESERVA_EXPIRADA    =                       =                       X RESERVA_EXPIRADA      =           X RESERVA_EXPIRADA
SUBSTITUIDA  X RESERVA_SUBSTITUIDA   SEGUIR              SEGUIR                SEGUIR                  SEGUIR                  SEGUIR                  =           X RESERVA_SUBSTITUIDA
"""  # noqa: E501 - a table is read in rows


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
    assert [passo(estado, acao).novo for acao in Acao] == [None] * len(Acao)


def test_only_an_authorised_reservation_is_ended_by_time() -> None:
    assert [e for e in Estado if passo(e, Acao.EXPIRAR).efeito is not Efeito.NENHUM] == [Estado.AUTORIZADA]


@pytest.mark.parametrize("estado", [Estado.RECONHECIDA, Estado.BLOQUEADA, Estado.ASSUMIDA])
def test_what_is_paid_already_is_not_paid_again(estado: Estado) -> None:
    assert passo(estado, Acao.CONFIRMAR, Estado.CONFIRMADA) == Passo(Efeito.NENHUM)
    assert passo(estado, Acao.CONFIRMAR, Estado.AUTORIZADA) == Passo(Efeito.MUDAR, Estado.CONFIRMADA)


def test_a_reservation_is_replayed_only_as_it_was_made() -> None:
    assert set(RECUSA_DA_REPETICAO) == set(Estado) - REGISTRADOS_VIVOS


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
    assert nome_no_pdv(Estado[estado], Estado.AUTORIZADA) == nome


@pytest.mark.parametrize("registrado", sorted(REGISTRADOS_VIVOS))
@pytest.mark.parametrize("estado", [Estado.BLOQUEADA, Estado.ASSUMIDA])
def test_what_is_held_back_shows_the_pos_what_it_was_before(estado: Estado, registrado: Estado) -> None:
    assert nome_no_pdv(estado, registrado) == NOMES[registrado.name]


def test_every_state_has_a_name_at_the_pos() -> None:
    assert set(NOMES) | {"BLOQUEADA", "ASSUMIDA"} == set(Estado)


def test_states_by_the_name_at_the_pos() -> None:
    assert {nome: estados_do_pdv(nome) for nome in set(NOMES.values())} == {
        nome: {Estado[estado] for estado, outro in NOMES.items() if outro == nome} for nome in set(NOMES.values())
    }


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
    assert estado_efetivo(registrado, NoWinThor(posicao, faturado)) is efetivo


@pytest.mark.parametrize("registrado", VIVAS_NO_GATEWAY)
def test_a_released_order_keeps_the_recorded_state(registrado: Estado) -> None:
    assert estado_efetivo(registrado, NoWinThor("L")) is registrado


@pytest.mark.parametrize("registrado", VIVAS_NO_GATEWAY)
@pytest.mark.parametrize("posicao", ["B", "P", "X", ""])
def test_any_position_outside_the_table_holds_the_order_back(registrado: Estado, posicao: str) -> None:
    assert estado_efetivo(registrado, NoWinThor(posicao)) is Estado.BLOQUEADA


@pytest.mark.parametrize(
    ("registrado", "efetivo"),
    [
        (Estado.AUTORIZADA, Estado.ASSUMIDA),
        (Estado.RESGATADA, Estado.ASSUMIDA),
        (Estado.CONFIRMADA, Estado.CONFIRMADA),
    ],
)
def test_a_codcob_that_no_payment_brought_is_a_persons(registrado: Estado, efetivo: Estado) -> None:
    assert estado_efetivo(registrado, NoWinThor("L", codcob="D")) is efetivo


@pytest.mark.parametrize("registrado", VIVAS_NO_GATEWAY)
@pytest.mark.parametrize(
    ("pedido", "efetivo"),
    [
        (NoWinThor("F", True, separado=True, codcob="D"), Estado.BAIXADA),
        (NoWinThor("C", True, separado=True, codcob="D"), Estado.BAIXADA),
        (NoWinThor("C", False, separado=True, codcob="D"), Estado.CANCELADA),
        (NoWinThor("L", False, separado=True, codcob="D"), Estado.RECONHECIDA),
        (NoWinThor("B", False, separado=True, codcob="D"), Estado.RECONHECIDA),
        (NoWinThor("B", False, separado=False, codcob="D"), Estado.BLOQUEADA),
    ],
)
def test_the_first_of_several_counts(registrado: Estado, pedido: NoWinThor, efetivo: Estado) -> None:
    assert estado_efetivo(registrado, pedido) is efetivo


@pytest.mark.parametrize("registrado", sorted(MORTOS))
@pytest.mark.parametrize("posicao", ["L", "M", "F", "C", None])
@pytest.mark.parametrize("faturado", [False, True])
def test_what_has_ended_stays_ended_wherever_its_order_is(
    registrado: Estado, posicao: str | None, faturado: bool
) -> None:
    assert estado_efetivo(registrado, NoWinThor(posicao, faturado)) is registrado


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
    assert estado_efetivo(Estado.AUTORIZADA, NoWinThor(posicao, faturado)) is estado
