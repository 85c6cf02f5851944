"""Which policy keeps what from whom (R30)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.estoque import Chave, RegraDeEstoque, Saldo, planejar
from app.domain.protecao import Politica, Vigencia, escolher, sem_as_proprias

# On a machine that does other things too.
SEM_PRESSA = settings(deadline=None)
HOJE = dt.date(2026, 3, 2)
CHAVE: Chave = ("1", 1)
AGORA = dt.datetime(2026, 3, 1)  # noqa: DTZ001 - UTC without zone, as it is kept


def politica(numero: int = 1, **membros: object) -> Politica:
    padrao: dict[str, object] = {
        **{"id": numero, "filial": "1", "codprod": None, "codepto": None, "canal": None, "quantidade": Decimal(1)},
        **{"percentual": None, "inicio": None, "fim": None, "motivo": "x", "criada_por": "x", "criada": AGORA},
    }
    return Politica(**{**padrao, **membros})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("membros", "vigencia"),
    [
        ({}, Vigencia.VIGENTE),
        ({"inicio": HOJE, "fim": HOJE}, Vigencia.VIGENTE),
        ({"inicio": HOJE + dt.timedelta(1)}, Vigencia.FUTURA),
        ({"fim": HOJE - dt.timedelta(1)}, Vigencia.VENCIDA),
        ({"inicio": HOJE, "encerrada": AGORA}, Vigencia.ENCERRADA),
    ],
)
def test_where_a_policy_stands(membros: dict[str, object], vigencia: Vigencia) -> None:
    assert politica(**membros).vigencia(HOJE) is vigencia


def test_what_is_overdrawn_keeps_no_percentage() -> None:
    metade = politica(quantidade=None, percentual=Decimal(50))
    assert [metade.guarda(Saldo(qtestger=Decimal(q))) for q in (-3, 0, 5)] == [0, 0, Decimal("2.5")]


def test_what_an_order_gives_back_is_used_up_no_more() -> None:
    retidas = {(CHAVE, "a"): Decimal(5), (CHAVE, "b"): Decimal(2)}
    assert sem_as_proprias(retidas, {CHAVE: Decimal(7)}, "a") == {(CHAVE, "a"): 0, (CHAVE, "b"): 2}
    assert sem_as_proprias(retidas, {CHAVE: Decimal(7)}, None) == retidas


unidades = st.integers(0, 12).map(Decimal)
canais = st.sampled_from([None, "a", "b"])
politicas = st.lists(
    st.builds(
        politica,
        numero=st.integers(1, 99),
        filial=st.sampled_from(["1", "2"]),
        codprod=st.sampled_from([None, 1, 2]),
        canal=canais,
        quantidade=st.integers(1, 12).map(Decimal),
        fim=st.sampled_from([None, HOJE, HOJE - dt.timedelta(1)]),
    ),
    max_size=6,
    unique_by=lambda p: p.id,
)


def modelo(todas: list[Politica], canal: str, livre: Decimal, retidas: dict[str, Decimal]) -> Decimal:
    """What of one row a channel may have, word by word as R30 says it."""
    guardado = Decimal(0)
    for dono in (None, "a", "b"):
        aqui = [
            p for p in todas if p.canal == dono and p.filial == "1" and p.codprod in {None, 1} and p.fim in {None, HOJE}
        ]
        if not aqui or dono == canal:
            continue
        estreitas = [p for p in aqui if p.codprod == 1] or aqui
        vale = max(estreitas, key=lambda p: p.id)
        assert vale.quantidade is not None
        guardado += vale.quantidade if dono is None else max(vale.quantidade - retidas[dono], Decimal(0))
    return max(livre - guardado, Decimal(0))


@SEM_PRESSA
@given(politicas, st.sampled_from(["a", "b", "c"]), unidades, unidades, unidades)
def test_as_the_plain_model_says(
    todas: list[Politica], canal: str, livre: Decimal, de_a: Decimal, de_b: Decimal
) -> None:
    saldo = Saldo(qtestger=livre + de_a + de_b, qtreserv=de_a + de_b)
    protecao = escolher(todas, [CHAVE], {}, HOJE)
    protegido = protecao.contra(canal, {CHAVE: saldo}, {(CHAVE, "a"): de_a, (CHAVE, "b"): de_b})
    esperado = modelo(todas, canal, livre, {"a": de_a, "b": de_b})
    plano = planejar({CHAVE: saldo}, RegraDeEstoque(protegido=protegido), reservar={CHAVE: Decimal(99)})
    assert plano.livres[CHAVE] == esperado
    assert [(f.disponivel, f.protegido) for f in plano.faltas] == [(esperado, livre - esperado)]


@SEM_PRESSA
@given(st.integers(0, 10), st.integers(0, 10), st.integers(0, 20), st.integers(1, 20))
def test_own_units_are_own_whatever_is_kept(livre: int, proprias: int, guardado: int, pedida: int) -> None:
    saldo = Saldo(qtestger=Decimal(livre + proprias), qtreserv=Decimal(proprias))
    plano = planejar(
        {CHAVE: saldo},
        RegraDeEstoque(protegido={CHAVE: Decimal(guardado)}),
        liberar={CHAVE: Decimal(proprias)},
        reservar={CHAVE: Decimal(pedida)},
    )
    assert (not plano.faltas) == (pedida <= proprias + max(livre - guardado, 0))
