"""The fields of a service's answer, checked before anything else sees them (OWASP API10)."""

from __future__ import annotations

import unicodedata

from app.cep.servico import FalhaServico
from app.domain.endereco import EnderecoCep

TEXTO_MAXIMO = 120
CIDADE_MAXIMA = 80
"""Width of PCCIDADE.NOMECIDADE; a longer name is no city."""

_CATEGORIAS_RECUSADAS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_IBGE_DA_UF = {
    "RO": 11, "AC": 12, "AM": 13, "RR": 14, "PA": 15, "AP": 16, "TO": 17,
    "MA": 21, "PI": 22, "CE": 23, "RN": 24, "PB": 25, "PE": 26, "AL": 27, "SE": 28, "BA": 29,
    "MG": 31, "ES": 32, "RJ": 33, "SP": 35,
    "PR": 41, "SC": 42, "RS": 43,
    "MS": 50, "MT": 51, "GO": 52, "DF": 53,
}  # fmt: skip


def montar_endereco(
    cep: str, *, logradouro: object, bairro: object, cidade: object, uf: object, ibge: object
) -> EnderecoCep:
    """The address, or FalhaServico when a field is no clean text, the city is missing or the UF does not exist.

    Street and district may be empty and are clipped at 120 characters. An IBGE code that is not seven digits of
    this UF is dropped: the city is then found by its name.
    """
    nome = _texto(cidade)
    sigla = _texto(uf).upper()
    if not nome or len(nome) > CIDADE_MAXIMA or sigla not in _IBGE_DA_UF:
        raise FalhaServico("endereço incompleto na resposta")
    return EnderecoCep(
        cep=cep,
        logradouro=_texto(logradouro)[:TEXTO_MAXIMO].rstrip(),
        bairro=_texto(bairro)[:TEXTO_MAXIMO].rstrip(),
        cidade=nome,
        uf=sigla,
        ibge=_ibge(ibge, sigla),
    )


def _texto(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FalhaServico("campo que não é texto na resposta")
    text = unicodedata.normalize("NFC", value)
    if any(c in "<>" or unicodedata.category(c) in _CATEGORIAS_RECUSADAS for c in text):
        raise FalhaServico("caracteres recusados na resposta")
    return " ".join(text.split())


def _ibge(value: object, uf: str) -> int | None:
    digits = str(value).strip()
    if len(digits) != 7 or not (digits.isascii() and digits.isdigit()) or int(digits[:2]) != _IBGE_DA_UF[uf]:
        return None
    return int(digits)
