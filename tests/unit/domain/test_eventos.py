"""Which events there are: of an operation's effect, of what WinThor does, of a term that ends (R27)."""

from __future__ import annotations

import datetime as dt

import pytest

from app.domain.eventos import AvisoDeEvento, TipoDeEvento, avisar_em, o_que_o_winthor_fez, tipos_do_efeito
from app.domain.vida import Efeito, Estado

MEIO_DIA = dt.datetime(2026, 3, 2, 12)  # noqa: DTZ001 - as GW_ tables keep it
T = TipoDeEvento


@pytest.mark.parametrize(
    ("efeito", "registrado", "tipos"),
    [
        (Efeito.RESERVAR, Estado.AUTORIZADA, [T.CRIADA]),
        (Efeito.RECRIAR, Estado.AUTORIZADA, [T.ALTERADA]),
        (Efeito.MUDAR_PRAZO, Estado.AUTORIZADA, [T.ALTERADA]),
        (Efeito.RESERVAR_DE_NOVO, Estado.AUTORIZADA, [T.ALTERADA]),
        (Efeito.RESERVAR_DE_NOVO, Estado.CONFIRMADA, [T.ALTERADA, T.PAGA]),
        (Efeito.MUDAR, Estado.CONFIRMADA, [T.PAGA]),
        (Efeito.MUDAR, Estado.RESGATADA, [T.RESGATADA]),
        (Efeito.MUDAR, Estado.CANCELADA, [T.CANCELADA]),
        (Efeito.MUDAR, Estado.EXPIRADA, [T.EXPIRADA]),
        (Efeito.REGISTRAR_RESGATE, Estado.CONFIRMADA, [T.RESGATADA]),
        (Efeito.NENHUM, Estado.CONFIRMADA, []),
    ],
)
def test_an_effect_says_what_is_told(efeito: Efeito, registrado: Estado, tipos: list[T]) -> None:
    assert list(tipos_do_efeito(efeito, registrado)) == tipos


E = Estado


@pytest.mark.parametrize(
    ("agora", "avisado", "aviso"),
    [
        (E.AUTORIZADA, None, None),
        (E.RECONHECIDA, None, AvisoDeEvento(E.RECONHECIDA, T.EM_SEPARACAO)),
        (E.RECONHECIDA, E.RECONHECIDA, None),
        (E.BAIXADA, E.RECONHECIDA, AvisoDeEvento(E.BAIXADA, T.FATURADA)),
        (E.CANCELADA, None, AvisoDeEvento(E.CANCELADA, T.CANCELADA)),
        (E.BLOQUEADA, None, AvisoDeEvento(E.BLOQUEADA, T.BLOQUEADA)),
        (E.AUTORIZADA, E.BLOQUEADA, AvisoDeEvento(None, T.LIBERADA)),
        (E.CONFIRMADA, E.RECONHECIDA, AvisoDeEvento(None, T.LIBERADA)),
        (E.ASSUMIDA, E.BLOQUEADA, AvisoDeEvento(None, T.LIBERADA)),
        (E.CONFIRMADA, E.BAIXADA, AvisoDeEvento(None, None)),
        (E.AUTORIZADA, E.CANCELADA, AvisoDeEvento(None, None)),
    ],
)
def test_what_winthor_does_is_told_once(agora: E, avisado: E | None, aviso: AvisoDeEvento | None) -> None:
    assert o_que_o_winthor_fez(agora, avisado) == aviso


@pytest.mark.parametrize(("horas", "antes_do_fim"), [(48, 24), (25, 24), (24, 12), (2, 1)])
def test_a_term_s_end_is_told_a_day_before_or_at_its_half(horas: int, antes_do_fim: int) -> None:
    fim = MEIO_DIA + dt.timedelta(hours=horas)
    assert avisar_em(MEIO_DIA, fim, dt.timedelta(hours=24)) == fim - dt.timedelta(hours=antes_do_fim)
