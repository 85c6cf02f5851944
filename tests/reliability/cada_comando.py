"""Every pair of operations, the second let in before every single statement of the first's main transaction (R-12).

Not part of `make test`: `make exaustivo` runs it. Wherever the second comes in, both answer and leave the stock as if
one had come after the other.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.services.tempo import expirar
from tests.reliability.encontro import ATORES, COMMIT, Ponto, Praca, Segundo, abrir_praca, parar
from tests.reliability.test_intercalacoes import em_serie
from tests.support.invariants import conferir_invariantes

pytestmark = pytest.mark.postgresql


def jogar(praca: Praca, primeiro: str, segundo: str, ponto: Ponto) -> bool:
    """Whether the point was reached."""
    lugar = praca.lugar()
    entra = Segundo(praca.segunda, lambda: ATORES[segundo].agir(praca.segunda, lugar, 2))
    with parar(praca.primeira, ATORES[primeiro], ponto, entra.entrar):
        responde = ATORES[primeiro].agir(praca.primeira, lugar, 1)
    if entra.entrou:
        outra = entra.terminar()
        conferir_invariantes(praca.primeira)
        ficou = praca.saldo(lugar)
        serie, ao_contrario = em_serie(primeiro, segundo), em_serie(segundo, primeiro)
        vendidas = [responde, outra].count("vendida")
        assert (responde, outra, ficou) in [
            (serie[0], serie[1], (8 - 4 * vendidas, serie[2])),
            (ao_contrario[1], ao_contrario[0], (8 - 4 * vendidas, ao_contrario[2])),
        ], f"{primeiro} / {segundo} no ponto {ponto}"
    expirar.expirar(praca.primeira.gw)
    return entra.entrou


@pytest.mark.parametrize("segundo", ATORES)
@pytest.mark.parametrize("primeiro", [nome for nome in ATORES if nome != "vender"])
def test_em_cada_comando(postgresql_server: Any, primeiro: str, segundo: str, record_property: Any) -> None:
    with abrir_praca(postgresql_server) as praca:
        comandos = 0
        while jogar(praca, primeiro, segundo, comandos):
            comandos += 1
        assert comandos > 3
        assert jogar(praca, primeiro, segundo, COMMIT)
        record_property("pontos", comandos + 1)
        print(primeiro, segundo, comandos + 1)
