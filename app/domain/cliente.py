"""Whose order it is: an existing customer, a new one, or the consumidor final (R7). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.documentos import documento_valido, normalizar_documento
from app.domain.recusas import Aviso, Problema, problema_de_cadastro

UFS = frozenset(
    {
        *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR"),
        *("RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO", "EX"),
    }
)

# What a customer needs to be written; an invalid CPF/CNPJ counts as missing (R7).
OBRIGATORIOS = ("bairro", "cep", "cidade", "cpfCnpj", "email", "endereco", "estado")


@dataclass(frozen=True, slots=True)
class Cliente:
    """A customer of WinThor (PCCLIENT), with what the order copies from it."""

    codcli: int
    cgcent: str | None = None
    dtcadastro: dt.datetime | None = None
    excluido: bool = False
    bloqueado: bool = False
    codpraca: int | None = None
    numregiao: int | None = None
    codplpag: int | None = None


@dataclass(frozen=True, slots=True)
class Escolha:
    """The customer chosen: ``existente`` when it is in WinThor already, None when it is to be inserted."""

    existente: Cliente | None
    documento: str | None
    avisos: tuple[Aviso, ...]


def codigo_enviado(dados: Mapping[str, Any] | None) -> int | None:
    return None if dados is None else dados.get("idRetaguarda")


def documento_como_veio(dados: Mapping[str, Any] | None) -> str | None:
    """CPF or CNPJ of ``cliente``, normalised, its check digits right or wrong; None when absent."""
    return normalizar_documento(dados.get("cpfCnpj")) if dados else None


def documento_enviado(dados: Mapping[str, Any] | None) -> str | None:
    """The same; None also when its check digits are wrong."""
    documento = documento_como_veio(dados)
    return documento if documento and documento_valido(documento) else None


def faltantes(dados: Mapping[str, Any]) -> list[str]:
    """The obligatory members that are missing, by name; a wrong CPF/CNPJ and a state that is no UF count as missing."""
    faltam = [nome for nome in OBRIGATORIOS if not dados.get(nome)]
    if "cpfCnpj" not in faltam and documento_enviado(dados) is None:
        faltam.append("cpfCnpj")
    if "estado" not in faltam and dados["estado"].strip().upper() not in UFS:
        faltam.append("estado")
    return sorted(faltam)


def mais_antigo(clientes: Iterable[Cliente]) -> Cliente | None:
    """The oldest customer not excluded: by DTCADASTRO, then CODCLI; no date counts as newest."""
    vivos = [cliente for cliente in clientes if not cliente.excluido]
    return min(vivos, key=lambda c: (c.dtcadastro.isoformat() if c.dtcadastro else "sem data", c.codcli), default=None)


def escolher_cliente(
    dados: Mapping[str, Any] | None,
    achados: Iterable[Cliente],
    consumidor: Cliente,
    *,
    pelo_documento: bool = True,
) -> Escolha:
    """Choose by R7. ``achados``: the customers of WinThor with the code sent or with the document sent;
    ``pelo_documento``: a known document is enough, whatever else is missing."""
    achados = list(achados)
    if dados is None:
        aviso = Aviso("CONSUMIDOR_FINAL", "Nenhum cliente foi enviado: usado o consumidor final.", ("/cliente",))
        return Escolha(consumidor, None, (aviso,))
    avisos: list[Aviso] = []
    codigo = codigo_enviado(dados)
    if codigo is not None:
        enviado = next((c for c in achados if c.codcli == codigo and not c.excluido), None)
        if enviado is not None:
            return Escolha(enviado, None, ())
        avisos.append(
            Aviso(
                "CLIENTE_NAO_ENCONTRADO",
                f"O cliente {codigo} não existe ou está excluído no WinThor.",
                ("/cliente/idRetaguarda",),
            )
        )
    faltam = faltantes(dados)
    documento = documento_enviado(dados)
    antigo = None
    if documento is not None and (pelo_documento or not faltam):
        antigo = mais_antigo(c for c in achados if normalizar_documento(c.cgcent) == documento)
    if antigo is not None:
        if faltam:
            avisos.append(_pelo_documento(faltam))
        return Escolha(antigo, documento, tuple(avisos))
    if faltam:
        avisos.append(_consumidor_por_falta(faltam))
        return Escolha(consumidor, None, tuple(avisos))
    if not dados.get("nome"):
        avisos.append(_consumidor_por_falta(["nome"]))
        return Escolha(consumidor, None, tuple(avisos))
    return Escolha(None, documento, tuple(avisos))


def _consumidor_por_falta(faltam: list[str]) -> Aviso:
    return Aviso(
        "CONSUMIDOR_FINAL",
        "Cadastro do cliente incompleto (" + ", ".join(faltam) + "): usado o consumidor final.",
        tuple(f"/cliente/{nome}" for nome in faltam),
    )


def _pelo_documento(faltam: list[str]) -> Aviso:
    return Aviso(
        "CLIENTE_PELO_DOCUMENTO",
        "Cadastro do cliente incompleto (" + ", ".join(faltam) + "): usado o cliente que tem o CPF ou CNPJ enviado.",
        tuple(f"/cliente/{nome}" for nome in faltam),
    )


def acomodar_numero(dados: Mapping[str, Any], cabe: Callable[[str, str], bool]) -> Mapping[str, Any]:
    """``cliente`` with a house number that does not fit its column whole before the complement too, if it fits there.

    ``cabe``: whether the column of a member holds the text. The number alone, cut, would name another house.
    """
    numero, complemento = dados.get("numero") or "", dados.get("complemento") or ""
    inteiro = f"{numero} {complemento}".strip()
    if cabe("numero", numero) or not cabe("complemento", inteiro):
        return dados
    return {**dados, "complemento": inteiro}


def conferir_bloqueio(cliente: Cliente, permite_bloqueado: bool) -> list[Problema]:
    """CLIENTE_BLOQUEADO when the customer is blocked for sale in WinThor and the site does not allow it."""
    if not cliente.bloqueado or permite_bloqueado:
        return []
    texto = f"O cliente {cliente.codcli} está bloqueado no WinThor."
    return [problema_de_cadastro("CLIENTE_BLOQUEADO", texto, "/cliente")]
