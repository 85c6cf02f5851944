"""The names beside numbers on a page; a customer's shows no more than its initials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway
from app.winthor import credenciais
from app.winthor.consultas import embalagens, lista_de_operacoes, nomes


@dataclass(frozen=True, slots=True)
class Nomes:
    """Names by number; a number without one is not there."""

    filiais: Mapping[str, str] = field(default_factory=dict)
    vendedores: Mapping[int, str] = field(default_factory=dict)
    clientes: Mapping[int, str] = field(default_factory=dict)
    produtos: Mapping[int, str] = field(default_factory=dict)


def conhecer(
    gw: Gateway,
    caller: Caller,
    *,
    vendedores: Collection[int | None] = (),
    clientes: Collection[int | None] = (),
    produtos: Collection[int | None] = (),
) -> Nomes:
    """The caller's branches, and these sellers, customers and products."""
    with gw.db.read() as connection:
        return Nomes(
            filiais={f.codigo: f.nome for f in nomes.filiais(connection) if caller.pode_na_filial(f.codigo)},
            vendedores=nomes.vendedores(connection, [v for v in vendedores if v is not None]),
            clientes={
                codigo: iniciais(nome)
                for codigo, nome in nomes.clientes(connection, [c for c in clientes if c is not None]).items()
            },
            produtos=embalagens.descricoes(connection, [p for p in produtos if p is not None]),
        )


def iniciais(nome: str) -> str:
    """``Maria de Souza`` → ``M*** d*** S***``."""
    return " ".join(f"{palavra[0]}***" for palavra in nome.split())


@dataclass(frozen=True, slots=True)
class QueHa:
    """What the selects of a list offer: the logins that there are, the codes that operations ended with."""

    logins: list[str]
    codigos: list[str]


def que_ha(gw: Gateway, caller: Caller) -> QueHa:
    """Two small reads, however many operations there are; logins that act in the caller's branches."""
    with gw.db.read() as connection:
        logins = credenciais.callers_em(connection, caller.filiais)
        return QueHa(sorted(logins), lista_de_operacoes.codigos_que_ha(connection))
