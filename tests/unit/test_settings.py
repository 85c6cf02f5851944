"""Settings: read from the environment, validated all at once, never printed with their secrets."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.settings import Settings, SettingsError, database_name, env_name, from_env

DATABASES = "oracle+oracledb://, postgresql+psycopg://, sqlite:///"
SECRET = "segredo-" + "0" * 32


def read(**values: str) -> Settings:
    """Settings from PREVENDA_<NAME> variables."""
    return from_env({f"PREVENDA_{name.upper()}": value for name, value in values.items()})


def problems(**values: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read(**values)
    return error.value.problems


def test_defaults() -> None:
    settings = from_env({})
    assert settings.database_url == "sqlite:///demo/prevenda.db"
    assert (settings.host, settings.port, settings.threads, settings.pool) == ("127.0.0.1", 8000, 8, 8)
    assert (settings.espera_lock, settings.cache_segundos) == (3.0, 30.0)
    assert (settings.jwt_chave, settings.jwt_minutos, settings.corpo_max) == ("", 120, 1_048_576)
    assert settings.fuso == ZoneInfo("America/Sao_Paulo")
    assert (settings.modo_kit, settings.numeracao) == ("components", "PCUSUARI.PROXNUMPED")
    assert settings.log_json == "mascarado"
    assert settings.mapeamentos is None


def test_settings_built_in_code_have_the_same_defaults() -> None:
    assert Settings() == from_env({})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "0", 0),
        ("port", " 8080 ", 8080),
        ("pool", "200", 200),
        ("espera_lock", "0.1", 0.1),
        ("cache_segundos", "0", 0.0),
        ("fuso", "America/Manaus", ZoneInfo("America/Manaus")),
        ("modo_kit", "both", "both"),
        ("log_json", "claro", "claro"),
        ("converte_embalagem", "n", False),
        ("permite_cliente_bloqueado", "S", True),
        ("desconta_disponivel", "QTPENDENTE, QTINDUSTRIA", ("QTPENDENTE", "QTINDUSTRIA")),
        ("filiais_sem_estoque", "1, 10,,", ("1", "10")),
        ("dias_pagamento", "1=3, 2=0", {"1": 3, "2": 0}),
        ("dias_pagamento", "D=3,bk=5,CAR=0;1=3", {"D;": 3, "BK;": 5, "CAR;": 0, "1": 3}),
        ("dias_pagamento", "D=3;", {"D;": 3}),
        ("dias_pagamento", ";D=3", {"D": 3}),
        ("dias_pagamento", "D=3,CAR=0,1=2", {"D;": 3, "CAR;": 0, "D": 3, "1": 2}),
        ("codificacao_banco", "cp1252", "cp1252"),
        ("origemped", "T", "T"),
        ("mapeamentos", "/srv/mapas", Path("/srv/mapas")),
        ("jwt_chave", "x" * 32, "x" * 32),
        ("database_url", "sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_a_good_value_is_read(name: str, text: str, value: Any) -> None:
    assert getattr(read(**{name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("port", "65536", "deve ficar entre 0 e 65535"),
        ("port", "-1", "deve ficar entre 0 e 65535"),
        ("port", "8000a", "não é um número inteiro"),
        ("port", "8.5", "não é um número inteiro"),
        ("espera_lock", "0", "deve ficar entre 0.1 e 10"),
        ("espera_lock", "três", "não é um número"),
        ("espera_lock", "NaN", "não é um número"),
        ("cache_segundos", "601", "deve ficar entre 0 e 600"),
        ("fuso", "America/Atlantida", "fuso desconhecido: America/Atlantida"),
        ("fuso", "../etc/passwd", "fuso desconhecido: ../etc/passwd"),
        ("modo_kit", "nada", "deve ser um de: components, header, both"),
        ("log_json", "CLARO", "deve ser um de: mascarado, claro"),
        ("converte_embalagem", "sim", "deve ser S ou N"),
        ("desconta_disponivel", "QTPENDENTE,QTX", "QTX não é um de: QTPENDENTE, QTINDUSTRIA"),
        ("dias_pagamento", "1=3,2", "'2' não tem a forma filial=dias"),
        ("dias_pagamento", "1=366", "'1=366' não tem a forma filial=dias"),
        ("dias_pagamento", "1=-1", "'1=-1' não tem a forma filial=dias"),
        ("codificacao_banco", "klingon", "codificação desconhecida: klingon"),
        ("codificacao_banco", "ascii", "codificação desconhecida: ascii"),
        ("origemped", "RR", "no máximo 1 caracteres"),
        ("jwt_chave", "x" * 31, "precisa de 32 caracteres ou mais"),
        ("database_url", "demo.db", f"deve começar com um de: {DATABASES}"),
        ("database_url", "mysql://h/db", f"deve começar com um de: {DATABASES}"),
        ("database_url", "sqlite://", f"deve começar com um de: {DATABASES}"),
    ],
)
def test_a_bad_value_is_refused_with_its_name(name: str, text: str, reason: str) -> None:
    assert problems(**{name: text}) == [f"PREVENDA_{name.upper()}: {reason}"]


def test_all_problems_at_once() -> None:
    found = problems(port="x", pool="0", fuso="Marte", jwt_chave="curta", portt="8000")
    assert [line.partition(":")[0] for line in found] == [
        "PREVENDA_PORTT",
        "PREVENDA_PORT",
        "PREVENDA_POOL",
        "PREVENDA_JWT_CHAVE",
        "PREVENDA_FUSO",
    ]
    assert found[3] == "PREVENDA_JWT_CHAVE: precisa de 32 caracteres ou mais"


def test_an_unknown_name_is_a_problem() -> None:
    assert problems(porta="8000") == ["PREVENDA_PORTA: configuração desconhecida"]


def test_names_of_others_are_passed_over() -> None:
    assert from_env({"PATH": "/bin", "PREVENDA_TEST_X": "1", "prevenda_port": "9"}) == Settings()


@pytest.mark.parametrize("text", ["", "   "])
def test_blank_is_the_default(text: str) -> None:
    assert read(port=text).port == 8000


def test_secrets_are_not_printed() -> None:
    url = f"postgresql+psycopg://u:{SECRET}@h/db"
    settings = read(jwt_chave=SECRET, database_url=url)
    assert SECRET not in repr(settings)
    assert SECRET not in str(dataclasses.replace(settings, port=1))


def test_a_refused_secret_is_not_printed_either() -> None:
    assert "curta-secreta" not in problems(jwt_chave="curta-secreta")[0]


def test_a_refused_database_address_does_not_show_its_password() -> None:
    assert SECRET not in problems(database_url=f"mysql://u:{SECRET}@h/db")[0]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read().port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_means() -> None:
    for field in dataclasses.fields(Settings):
        assert field.metadata["meaning"], env_name(field.name)
        field.metadata["parse"](field.metadata["default"])


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///demo/prevenda.db", "sqlite:///demo/prevenda.db"),
        ("oracle+oracledb://u:s@h:1521/?service_name=WINT", "oracle+oracledb://h:1521/"),
        ("postgresql+psycopg://u:p%40ss@h/db", "postgresql+psycopg://h/db"),
    ],
)
def test_database_name_hides_user_and_password(url: str, name: str) -> None:
    assert database_name(url) == name
