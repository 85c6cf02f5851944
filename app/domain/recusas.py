"""Why a request is refused, and what the caller is told besides a success.

    Recusa            a business refusal, expected: nothing is written but the log
    └─ Problema       one reason inside it: code, JSON pointer, message, and the WinThor routine that mends it
    Aviso             a success that is not quite what was sent

A technical fault is something else (``app.winthor.db.faults``). The codes are those of ``app.domain.codigos``: with any
other there is ValueError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.codigos import CODIGOS, conferir_aviso, conferir_problema


@dataclass(frozen=True, slots=True)
class Problema:
    """One reason of a refusal. ``campo`` is a JSON pointer into the request; ``extra`` joins the error entry."""

    codigo: str
    mensagem: str
    campo: str | None = None
    rotina: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        conferir_problema(self.codigo)


@dataclass(frozen=True, slots=True)
class Aviso:
    """Something a person should know about an accepted request (§4.3)."""

    codigo: str
    mensagem: str
    campos: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        conferir_aviso(self.codigo)


class Recusa(Exception):
    """The request is refused for business reasons; all of them are in ``problemas``, the first one names the refusal.

    ``extra`` holds members of the answer's root (the current number, the counter-offer).
    """

    def __init__(self, problemas: Iterable[Problema], extra: Mapping[str, Any] | None = None) -> None:
        self.problemas = tuple(problemas)
        self.extra = dict(extra or {})
        super().__init__(self.codigo)

    @property
    def codigo(self) -> str:
        return self.problemas[0].codigo

    @property
    def http(self) -> int:
        """Status of the answer (§4.3)."""
        return CODIGOS[self.codigo].http


def problema_padrao(codigo: str) -> Problema:
    """The problem in the words of its code."""
    return Problema(codigo, CODIGOS[codigo].mensagem)


def problema_de_cadastro(codigo: str, mensagem: str, campo: str | None = None) -> Problema:
    """A problem that is mended in WinThor, by the routine of its code."""
    return Problema(codigo, mensagem, campo, CODIGOS[codigo].rotina)


def recusar(codigo: str, mensagem: str, campo: str | None = None, *, rotina: str | None = None, **extra: Any) -> Recusa:
    """A refusal with a single problem; keyword arguments become members of the answer's root."""
    return Recusa([Problema(codigo, mensagem, campo, rotina)], extra)
