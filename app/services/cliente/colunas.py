"""The columns of PCCLIENT and PCVENDACONSUM that the maps take from the service (R7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.documentos import normalizar_documento, tipo_pessoa
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


def do_cliente(codcli: int, dados: Mapping[str, Any], registro: Registro, agora: dt.datetime) -> dict[str, Any]:
    """Context of a new PCCLIENT row (winthor.md §2.6, §3.2); telefone and celular fill each other."""
    telefone = normalizar_telefone(dados.get("telefone"))
    celular = normalizar_telefone(dados.get("celular"))
    telent = telefone or celular
    dia = agora.replace(hour=0, minute=0, second=0)
    contexto: dict[str, Any] = {
        "codcli": codcli,
        "codcliprinc": codcli,
        "cgcent": registro.documento,
        "cgcentrega": registro.documento,
        "tipofj": tipo_pessoa(registro.documento),
        "municent2": registro.cidade,
        "codcidade": registro.codcidade,
        "codcidadecom": registro.codcidade,
        "codpraca": registro.codpraca,
        "numregiaocli": registro.numregiao,
        "telent": telent,
        "telent1": telent,
        "telcelent": celular or telefone,
        "telcom": telent,
        "telcob": telent,
        "codusur1": registro.codusur,
        "codplpag": registro.codplpag,
        "codatv1": registro.codatividade,
        "codcnae": registro.codcnae,
        "codfunccad": registro.codfunc,
        "codfunccadastro": registro.codfunc,
        "dtcadastro": agora,
        "horacadastro": agora,
        "dtultalter": agora,
        "dtprimcompra": dia,
        "dtimportintegracao": agora,
    }
    for bloco in ("ent", "com", "cob"):
        contexto["bairro" + bloco] = registro.bairro
        contexto["munic" + bloco] = registro.cidade
        contexto["est" + bloco] = registro.uf
    return contexto


def do_comprador(numped: int, dados: Mapping[str, Any]) -> dict[str, Any]:
    """Context of the PCVENDACONSUM row: who bought, on an order of the consumidor final."""
    return {
        "numped": numped,
        "cgcent": normalizar_documento(dados.get("cpfCnpj")),
        "telent": normalizar_telefone(dados.get("telefone")) or normalizar_telefone(dados.get("celular")),
    }
