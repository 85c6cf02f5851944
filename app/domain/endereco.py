"""The customer's address: CEP and telephone as WinThor keeps them, and what a CEP check decides (R8).

What a check may answer:

    ResultadoCep
    ├─ Encontrado      the CEP exists; here is its address
    ├─ Desconhecido    a service says that the CEP does not exist
    ├─ Malformado      no CEP at all; no service was needed to see it, or one said so
    └─ CepIndisponivel    nobody could tell: never a reason to refuse a sale
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.recusas import Aviso

DEMONSTRACAO = "demonstracao"
"""Name of the service that answers in a demo, from a table of a few CEPs."""

TELEFONE_MAXIMO = 13
"""Width of PCCLIENT.TELENT, TELENT1 and TELCELENT."""

_CEP = re.compile(r"([0-9]{2})[. ]?([0-9]{3})(?: ?- ?| )?([0-9]{3})")
_TELEFONE = re.compile(r"[0-9+(][0-9 ().+-]*")


@dataclass(frozen=True, slots=True)
class EnderecoCep:
    """The address of a CEP as a service knows it; street and district are empty for the one CEP of a small town.

    ``cep`` holds eight digits, ``uf`` one of the 27 abbreviations, ``ibge`` the seven-digit municipality code
    (PCCIDADE.CODIBGE) or None.
    """

    cep: str
    logradouro: str
    bairro: str
    cidade: str
    uf: str
    ibge: int | None


@dataclass(frozen=True, slots=True)
class Encontrado:
    endereco: EnderecoCep
    servico: str


@dataclass(frozen=True, slots=True)
class Desconhecido:
    servico: str


@dataclass(frozen=True, slots=True)
class Malformado:
    pass


@dataclass(frozen=True, slots=True)
class CepIndisponivel:
    """``motivos``: one Portuguese line per service that was tried or passed over, free of personal data."""

    motivos: tuple[str, ...]


ResultadoCep = Encontrado | Desconhecido | Malformado | CepIndisponivel


class PoliticaDesconhecido(StrEnum):
    """What becomes of a customer whose CEP does not exist (setting)."""

    CONSUMIDOR = "consumidor"
    ACEITAR = "aceitar"
    REJEITAR = "rejeitar"


class AcaoEndereco(StrEnum):
    GRAVAR = "gravar"
    INCOMPLETO = "incompleto"
    REJEITAR = "rejeitar"


@dataclass(frozen=True, slots=True)
class EnderecoCliente:
    """The part of the customer's address a CEP check may change; ``ibge`` is known only from a service."""

    cep: str
    bairro: str
    cidade: str
    uf: str
    ibge: int | None = None


@dataclass(frozen=True, slots=True)
class DecisaoEndereco:
    """``endereco`` is what to write when ``acao`` is GRAVAR, else as sent; ``avisos`` explain the rest.

    INCOMPLETO: the customer counts as incomplete, so the consumidor final is used. REJEITAR: the request is to be
    refused; the first aviso says why.
    """

    acao: AcaoEndereco
    endereco: EnderecoCliente
    avisos: tuple[Aviso, ...] = ()


def normalizar_cep(text: str | None) -> str | None:
    """The eight digits of ``00000000``, ``00000-000``, ``00.000-000`` or ``00000 000`` (ASCII, blanks around allowed);
    None for other text."""
    match = _CEP.fullmatch((text or "").strip(" "))
    return "".join(match.groups()) if match else None


def normalizar_telefone(text: str | None) -> str | None:
    """The digits of the first number in the text, at most 13 of them; None without digits or with only zeros.

    The number ends where something else begins: an extension (``ramal 12``) or a second number after ``/`` is
    not glued to it. Leading zeros (``00`` before the country) go first when the number is too long.
    """
    match = _TELEFONE.search(text or "")
    digits = re.sub(r"[^0-9]", "", match[0]) if match else ""
    if len(digits) > TELEFONE_MAXIMO:
        digits = digits.lstrip("0")
    return digits[:TELEFONE_MAXIMO] if digits.strip("0") else None


def sem_acentos(text: str) -> str:
    """Lower case, without accents and doubled blanks: how two spellings of one name are compared."""
    plain = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(plain).casefold().split())


def decidir_endereco(
    enviado: EnderecoCliente,
    resultado: ResultadoCep | None,
    *,
    validar: bool,
    completo: bool,
    politica: PoliticaDesconhecido | str,
) -> DecisaoEndereco:
    """What the CEP check means for a customer about to be written (R8).

    ``validar`` is parameter 4672 of routine 132, ``completo`` whether the rest of the customer's data is there.
    ``resultado`` is None when no check was due (parameter off, or customer incomplete); a missing result of a
    check that was due is a ValueError, and so is an unknown ``politica``.

    City, UF and district of the service win over those sent where they are not empty. No answer from any service
    means accepted unverified, whatever ``politica`` says: an outage never blocks a sale.
    """
    politica = PoliticaDesconhecido(politica)
    como_enviado = replace(enviado, cep=normalizar_cep(enviado.cep) or enviado.cep)
    if not completo:
        return DecisaoEndereco(AcaoEndereco.INCOMPLETO, como_enviado)
    if not validar:
        return DecisaoEndereco(AcaoEndereco.GRAVAR, como_enviado)
    match resultado:
        case Encontrado(achado, servico):
            endereco = _corrigido(como_enviado, achado)
            avisos = (*_correcoes(como_enviado, endereco), *_demonstracao(servico))
            return DecisaoEndereco(AcaoEndereco.GRAVAR, endereco, avisos)
        case CepIndisponivel():
            return DecisaoEndereco(AcaoEndereco.GRAVAR, como_enviado, (_NAO_VERIFICADO,))
        case Desconhecido(servico):
            aviso = _recusado("CEP_DESCONHECIDO", "O CEP informado não existe", politica)
            return DecisaoEndereco(_ACOES[politica], como_enviado, (aviso, *_demonstracao(servico)))
        case Malformado():
            aviso = _recusado("CEP_MALFORMADO", "O CEP informado não tem oito algarismos", politica)
            return DecisaoEndereco(_ACOES[politica], como_enviado, (aviso,))
        case None:
            raise ValueError("parameter 4672 is on and the customer complete: the CEP has to be checked first")


_ACOES = {
    PoliticaDesconhecido.CONSUMIDOR: AcaoEndereco.INCOMPLETO,
    PoliticaDesconhecido.ACEITAR: AcaoEndereco.GRAVAR,
    PoliticaDesconhecido.REJEITAR: AcaoEndereco.REJEITAR,
}
_CONSEQUENCIAS = {
    PoliticaDesconhecido.CONSUMIDOR: "o cadastro do cliente conta como incompleto.",
    PoliticaDesconhecido.ACEITAR: "o endereço foi aceito como enviado.",
    PoliticaDesconhecido.REJEITAR: "corrija o CEP e envie de novo.",
}
_CAMPO_CEP = "/cliente/cep"
_NAO_VERIFICADO = Aviso(
    "CEP_NAO_VERIFICADO",
    "Os serviços de CEP não responderam: o endereço foi aceito como enviado, sem conferência.",
    (_CAMPO_CEP,),
)


def _recusado(codigo: str, motivo: str, politica: PoliticaDesconhecido) -> Aviso:
    return Aviso(codigo, f"{motivo}: {_CONSEQUENCIAS[politica]}", (_CAMPO_CEP,))


def _demonstracao(servico: str) -> Iterable[Aviso]:
    if servico == DEMONSTRACAO:
        mensagem = "O CEP foi conferido na tabela de demonstração, não nos serviços ViaCEP e ByJG."
        yield Aviso("CEP_DEMONSTRACAO", mensagem, (_CAMPO_CEP,))


def _corrigido(enviado: EnderecoCliente, achado: EnderecoCep) -> EnderecoCliente:
    return EnderecoCliente(
        cep=achado.cep,
        bairro=achado.bairro or enviado.bairro,
        cidade=achado.cidade or enviado.cidade,
        uf=achado.uf or enviado.uf,
        ibge=achado.ibge,
    )


def _correcoes(enviado: EnderecoCliente, endereco: EnderecoCliente) -> Iterable[Aviso]:
    """One aviso for all that differs by more than accents and case; it is stored, so it names fields, not values."""
    pairs = (
        ("cidade", "/cliente/cidade", enviado.cidade, endereco.cidade),
        ("UF", "/cliente/estado", enviado.uf, endereco.uf),
        ("bairro", "/cliente/bairro", enviado.bairro, endereco.bairro),
    )
    changed = [(nome, campo) for nome, campo, antes, novo in pairs if sem_acentos(antes) != sem_acentos(novo)]
    if changed:
        nomes = ", ".join(nome for nome, _ in changed)
        yield Aviso(
            "ENDERECO_CORRIGIDO",
            f"O endereço foi corrigido pelo serviço de CEP: {nomes}.",
            tuple(campo for _, campo in changed),
        )
