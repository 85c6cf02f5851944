"""The demo's CEP checks need no network and say what they are."""

from __future__ import annotations

import socket

import pytest

from app.cep.sem_rede import VerificadorDemonstracao
from app.domain.endereco import Desconhecido, Encontrado, EnderecoCep, Malformado


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("the demo opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize(
    ("cep", "endereco"),
    [
        ("01001-000", EnderecoCep("01001000", "Praça da Sé", "Sé", "São Paulo", "SP", 3550308)),
        ("01310100", EnderecoCep("01310100", "Avenida Paulista", "Bela Vista", "São Paulo", "SP", 3550308)),
        ("69060-000", EnderecoCep("69060000", "Avenida André Araújo", "Aleixo", "Manaus", "AM", 1302603)),
    ],
)
def test_known_ceps(cep: str, endereco: EnderecoCep) -> None:
    assert VerificadorDemonstracao().verificar(cep) == Encontrado(endereco, "demonstracao")


def test_every_other_cep_is_unknown() -> None:
    assert VerificadorDemonstracao().verificar("99999-999") == Desconhecido("demonstracao")


@pytest.mark.parametrize("cep", [None, "", "123", "abc"])
def test_malformed(cep: str | None) -> None:
    assert VerificadorDemonstracao().verificar(cep) == Malformado()


def test_has_no_service_to_watch() -> None:
    assert VerificadorDemonstracao().estado() == {}
