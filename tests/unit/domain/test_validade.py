"""How long a reservation lives (R17): the weekdays of the published page, days that end in the branch's zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.validade import calcular_expiracao, fuso_da_uf, ler_lock_ttl

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MANAUS = ZoneInfo("America/Manaus")
CEM_DIAS = dt.timedelta(days=100)
AGORA = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)  # a Monday, 09:00 in São Paulo, 08:00 in Manaus


def expira(agora: dt.datetime = AGORA, fuso: ZoneInfo = SAO_PAULO, **mais: object) -> str:
    return calcular_expiracao(agora, fuso, **{"ttl_maximo": CEM_DIAS, **mais}).isoformat()  # type: ignore[arg-type]


# Payment deadline, its weekday, end of the reservation: four, five or six calendar days.
SEMANA = [
    ("2026-03-08", "Sunday", "2026-03-12"),
    ("2026-03-09", "Monday", "2026-03-13"),
    ("2026-03-10", "Tuesday", "2026-03-14"),
    ("2026-03-11", "Wednesday", "2026-03-16"),
    ("2026-03-12", "Thursday", "2026-03-17"),
    ("2026-03-13", "Friday", "2026-03-18"),
    ("2026-03-14", "Saturday", "2026-03-20"),
]


@pytest.mark.parametrize(("prazo", "dia", "fim"), SEMANA)
def test_days_after_the_payment_deadline(prazo: str, dia: str, fim: str) -> None:
    data = dt.date.fromisoformat(prazo)
    assert f"{data:%A}" == dia
    assert expira(expiracao_pagamento=data) == f"{fim}T23:59:59-03:00"


@pytest.mark.parametrize(("prazo", "dia", "fim"), SEMANA)
def test_payment_days_of_the_branch_count_from_the_local_day(prazo: str, dia: str, fim: str) -> None:
    dias = (dt.date.fromisoformat(prazo) - dt.date(2026, 3, 2)).days
    assert expira(dias_pagamento=dias) == f"{fim}T23:59:59-03:00"


@pytest.mark.parametrize(
    ("prazo", "fim"),
    [
        ("2026-01-30", "2026-02-04"),  # Friday + 5, over the end of a month
        ("2026-04-28", "2026-05-02"),  # Tuesday + 4
        ("2026-12-31", "2027-01-05"),  # Thursday + 5, over the end of a year
        ("2027-12-26", "2027-12-30"),  # Sunday + 4, still in the year
        ("2028-02-25", "2028-03-01"),  # Friday + 5, over a leap day
        ("2028-02-26", "2028-03-03"),  # Saturday + 6
        ("2028-02-29", "2028-03-04"),  # the leap day itself, a Tuesday
        ("2027-02-26", "2027-03-03"),  # Friday + 5 without a leap day
    ],
)
def test_months_years_and_leap_days(prazo: str, fim: str) -> None:
    assert expira(expiracao_pagamento=dt.date.fromisoformat(prazo)) == f"{fim}T23:59:59-03:00"


@given(st.dates(dt.date(2020, 1, 1), dt.date(2090, 1, 1)))
def test_a_reservation_outlives_its_payment_deadline_by_four_to_six_days(prazo: dt.date) -> None:
    fim = calcular_expiracao(AGORA, SAO_PAULO, ttl_maximo=CEM_DIAS, expiracao_pagamento=prazo)
    assert (fim.date() - prazo).days == {"Sat": 6, "Wed": 5, "Thu": 5, "Fri": 5}.get(f"{prazo:%a}", 4)
    assert (fim.hour, fim.minute, fim.second, fim.microsecond) == (23, 59, 59, 0)


def test_the_day_ends_in_the_zone_of_the_branch() -> None:
    prazo = dt.date(2026, 3, 9)
    assert expira(fuso=SAO_PAULO, expiracao_pagamento=prazo) == "2026-03-13T23:59:59-03:00"
    assert expira(fuso=MANAUS, expiracao_pagamento=prazo) == "2026-03-13T23:59:59-04:00"


@pytest.mark.parametrize(("fuso", "deslocamento"), [(SAO_PAULO, "-03:00"), (MANAUS, "-04:00")])
@pytest.mark.parametrize(("hora", "fim"), [("00:00:00", "2026-03-13"), ("23:59:59", "2026-03-13")])
def test_eleven_days_count_from_the_local_day_to_its_very_ends(
    fuso: ZoneInfo, deslocamento: str, hora: str, fim: str
) -> None:
    agora = dt.datetime.fromisoformat(f"2026-03-02T{hora}").replace(tzinfo=fuso)
    assert expira(agora.astimezone(dt.UTC), fuso) == f"{fim}T23:59:59{deslocamento}"


def test_one_instant_is_two_days_in_two_zones() -> None:
    agora = dt.datetime(2026, 3, 3, 3, 30, tzinfo=dt.UTC)  # 00:30 of the 3rd in São Paulo, 23:30 of the 2nd in Manaus
    assert expira(agora, SAO_PAULO) == "2026-03-14T23:59:59-03:00"
    assert expira(agora, MANAUS) == "2026-03-13T23:59:59-04:00"
    assert expira(agora, SAO_PAULO, dias_pagamento=0) == "2026-03-07T23:59:59-03:00"  # Tuesday + 4
    assert expira(agora, MANAUS, dias_pagamento=0) == "2026-03-06T23:59:59-04:00"  # Monday + 4


@pytest.mark.parametrize(
    ("prazo", "fuso", "fim"),
    [
        ("2026-03-09T02:59:59+00:00", SAO_PAULO, "2026-03-12"),  # still Sunday the 8th there
        ("2026-03-09T03:00:00+00:00", SAO_PAULO, "2026-03-13"),  # Monday the 9th
        ("2026-03-09T03:59:59+00:00", MANAUS, "2026-03-12"),
        ("2026-03-09T04:00:00+00:00", MANAUS, "2026-03-13"),
        ("2026-03-14T23:30:00-05:00", SAO_PAULO, "2026-03-19"),  # Saturday as written, Sunday the 15th there
        ("2026-03-09T08:00:00+09:00", SAO_PAULO, "2026-03-12"),  # Monday as written, Sunday there
        ("2026-03-14T23:59:59", MANAUS, "2026-03-20"),  # without offset: the branch's own clock
        ("2026-03-15T00:00:00", MANAUS, "2026-03-19"),
    ],
)
def test_of_a_date_time_the_date_in_the_branchs_zone_counts(prazo: str, fuso: ZoneInfo, fim: str) -> None:
    assert expira(fuso=fuso, expiracao_pagamento=dt.datetime.fromisoformat(prazo))[:10] == fim


def test_the_deadline_of_the_request_wins_over_the_payment_days_of_the_branch() -> None:
    fim = expira(expiracao_pagamento=dt.date(2026, 3, 9), dias_pagamento=30)
    assert fim == "2026-03-13T23:59:59-03:00"


@pytest.mark.parametrize(
    ("ttl", "fim"),
    [
        (dt.timedelta(days=7), "2026-03-09T09:00:00-03:00"),
        (dt.timedelta(hours=36), "2026-03-03T21:00:00-03:00"),
        (dt.timedelta(hours=1), "2026-03-02T10:00:00-03:00"),
        (dt.timedelta(days=100), "2026-06-10T09:00:00-03:00"),
        (dt.timedelta(days=101), "2026-06-10T09:00:00-03:00"),  # capped
        (dt.timedelta(days=9999), "2026-06-10T09:00:00-03:00"),
    ],
)
def test_lock_ttl_is_exact_and_capped(ttl: dt.timedelta, fim: str) -> None:
    assert expira(lock_ttl=ttl) == fim


def test_lock_ttl_wins_over_every_other_term() -> None:
    fim = expira(lock_ttl=dt.timedelta(hours=1), expiracao_pagamento=dt.date(2026, 3, 9), dias_pagamento=3)
    assert fim == "2026-03-02T10:00:00-03:00"


def test_lock_ttl_lasts_as_long_when_the_local_clock_is_changed() -> None:
    agora = dt.datetime(2018, 11, 3, 15, 0, tzinfo=dt.UTC)  # summer time began at midnight in São Paulo
    assert expira(agora, lock_ttl=dt.timedelta(days=1)) == "2018-11-04T13:00:00-02:00"


@given(st.integers(0, 2_000_000_000), st.integers(1, 2400))
def test_lock_ttl_is_that_many_hours(segundos: int, horas: int) -> None:
    agora = AGORA + dt.timedelta(seconds=segundos)
    fim = calcular_expiracao(agora, MANAUS, lock_ttl=dt.timedelta(hours=horas), ttl_maximo=CEM_DIAS)
    assert fim.astimezone(dt.UTC) - agora == dt.timedelta(hours=horas)


@pytest.mark.parametrize(
    ("texto", "horas"),
    [
        ("7d", 168),
        ("36h", 36),
        ("1h", 1),
        ("007d", 168),
        (" 8D ", 192),
        ("9999d", 239976),
        ("9999H", 9999),
        ("120m", 2),
        ("2.01:00:00", 49),
        ("01:00:00", 1),
    ],
)
def test_lock_ttl_in_days_or_hours(texto: str, horas: int) -> None:
    assert ler_lock_ttl(texto) == dt.timedelta(hours=horas)


@pytest.mark.parametrize(
    "texto",
    [
        *(
            "",
            " ",
            "d",
            "7",
            "0d",
            "0h",
            "-7d",
            "+7d",
            "7 d",
            "7w",
            "7dd",
            "7days",
            "7d7h",
            "1.5d",
            "1e2d",
            "9999999999d",
        ),
        *("٧d", "７d", "7d\n7d", "P7D", "null"),
    ],
)
def test_malformed_lock_ttl(texto: str) -> None:
    assert ler_lock_ttl(texto) is None


@pytest.mark.parametrize(
    ("uf", "fuso"),
    [
        ("SP", "America/Sao_Paulo"),
        ("am", "America/Manaus"),
        ("AC", "America/Rio_Branco"),
        ("MS", "America/Campo_Grande"),
        ("MT", "America/Cuiaba"),
        ("RO", "America/Porto_Velho"),
        ("RR", "America/Boa_Vista"),
        ("PA", "America/Sao_Paulo"),
        ("", "America/Sao_Paulo"),
        (None, "America/Sao_Paulo"),
    ],
)
def test_zone_of_a_state(uf: str | None, fuso: str) -> None:
    assert fuso_da_uf(uf) == fuso


@pytest.mark.parametrize(
    ("uf", "deslocamento"),
    [
        ("AC", -5),
        *((uf, -4) for uf in ("AM", "MS", "MT", "RO", "RR")),
        *((uf, -3) for uf in ("AL", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "PA", "PB", "PE")),
        *((uf, -3) for uf in ("PI", "PR", "RJ", "RN", "RS", "SC", "SE", "SP", "TO")),
    ],
)
def test_every_state_has_the_offset_of_its_capital(uf: str, deslocamento: int) -> None:
    assert AGORA.astimezone(ZoneInfo(fuso_da_uf(uf))).utcoffset() == dt.timedelta(hours=deslocamento)
