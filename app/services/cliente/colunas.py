"""The columns of PCCLIENT and PCVENDACONSUM that the maps take from the service (R7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.domain.cliente import documento_como_veio
from app.domain.documentos import tipo_pessoa
from app.domain.endereco import normalizar_telefone


@dataclass(frozen=True, slots=True)
class Registro:
    """What a new customer's row takes from parameters and masters; ``bairro``, ``cidade``, ``uf`` as verified."""

    documento: str
    bairro: str
    cidade: str
    uf: str
    codcidade: int | None
    codpraca: int
    numregiao: int | None
    codusur: int
    codplpag: int
    codatividade: int
    codcnae: str | None
    codfunc: int


class ColunasDoCliente(NamedTuple):
    """Computed columns of a new PCCLIENT row (docs/winthor.md §2.6, §3.2)."""

    codcli: int
    codcliprinc: int
    cgcent: str
    cgcentrega: str
    tipofj: str
    bairroent: str
    municent: str
    municent2: str
    estent: str
    codcidade: int | None
    codpraca: int
    numregiaocli: int | None
    telent: str | None
    telent1: str | None
    telcelent: str | None
    bairrocom: str
    municcom: str
    estcom: str
    telcom: str | None
    codcidadecom: int | None
    bairrocob: str
    municcob: str
    estcob: str
    telcob: str | None
    codusur1: int
    codplpag: int
    codatv1: int
    codcnae: str | None
    codfunccad: int
    codfunccadastro: int
    dtcadastro: dt.datetime
    horacadastro: dt.datetime
    dtultalter: dt.datetime
    dtprimcompra: dt.datetime
    dtimportintegracao: dt.datetime


class ColunasDoComprador(NamedTuple):
    """Computed columns of a PCVENDACONSUM row: who bought, on an order of the consumidor final."""

    numped: int
    cgcent: str | None
    telent: str | None


def do_cliente(codcli: int, dados: Mapping[str, Any], registro: Registro, agora: dt.datetime) -> ColunasDoCliente:
    """A new PCCLIENT row; telefone and celular fill each other, the three addresses are one."""
    telefone = normalizar_telefone(dados.get("telefone"))
    celular = normalizar_telefone(dados.get("celular"))
    telent = telefone or celular
    bairro, cidade, uf = registro.bairro, registro.cidade, registro.uf
    return ColunasDoCliente(
        codcli=codcli,
        codcliprinc=codcli,
        cgcent=registro.documento,
        cgcentrega=registro.documento,
        tipofj=tipo_pessoa(registro.documento),
        bairroent=bairro,
        municent=cidade,
        municent2=cidade,
        estent=uf,
        codcidade=registro.codcidade,
        codpraca=registro.codpraca,
        numregiaocli=registro.numregiao,
        telent=telent,
        telent1=telent,
        telcelent=celular or telefone,
        bairrocom=bairro,
        municcom=cidade,
        estcom=uf,
        telcom=telent,
        codcidadecom=registro.codcidade,
        bairrocob=bairro,
        municcob=cidade,
        estcob=uf,
        telcob=telent,
        codusur1=registro.codusur,
        codplpag=registro.codplpag,
        codatv1=registro.codatividade,
        codcnae=registro.codcnae,
        codfunccad=registro.codfunc,
        codfunccadastro=registro.codfunc,
        dtcadastro=agora,
        horacadastro=agora,
        dtultalter=agora,
        dtprimcompra=agora.replace(hour=0, minute=0, second=0),
        dtimportintegracao=agora,
    )


def do_comprador(numped: int, dados: Mapping[str, Any]) -> ColunasDoComprador:
    """The PCVENDACONSUM row of an order."""
    telefone = normalizar_telefone(dados.get("telefone")) or normalizar_telefone(dados.get("celular"))
    return ColunasDoComprador(numped, documento_como_veio(dados), telefone)
