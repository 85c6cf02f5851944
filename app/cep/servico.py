"""What a CEP service and a CEP check look like from outside, and how a service fails."""

from __future__ import annotations

from typing import Protocol, TypedDict

from app.domain.endereco import Desconhecido, Encontrado, Malformado, ResultadoCep
from app.saida.prazo import Prazo

RespostaServico = Encontrado | Desconhecido | Malformado

SEM_RESPOSTA = "sem resposta no tempo"


class FalhaServico(Exception):
    """A service did not give an answer that can be used; another one may.

    ``motivo`` is Portuguese, for a person, and never holds an address, a CEP or a credential.
    """

    def __init__(self, motivo: str) -> None:
        self.motivo = motivo
        super().__init__(motivo)


def falha_http(status: int) -> FalhaServico:
    if status == 429:
        return FalhaServico("limite de consultas atingido (HTTP 429)")
    if 300 <= status < 400:
        return FalhaServico(f"redirecionamento recusado (HTTP {status})")
    return FalhaServico(f"resposta HTTP {status}")


class ServicoCep(Protocol):
    """One service. ``consultar`` may block; it obeys ``prazo`` as far as it can and raises FalhaServico."""

    @property
    def nome(self) -> str: ...

    def consultar(self, cep: str, prazo: Prazo) -> RespostaServico: ...


class EstadoServico(TypedDict):
    """``disjuntor`` is ``fechado``, ``aberto`` or ``meio_aberto``; the rest are counts since the process started."""

    disjuntor: str
    chamadas: int
    falhas: int
    recusadas: int


class Verificador(Protocol):
    """A check of one CEP, R8: never raises for what a service does, never longer than its budget."""

    def verificar(self, cep: str | None) -> ResultadoCep: ...

    def estado(self) -> dict[str, EstadoServico]: ...
