"""ByJG: plain text ``status|street, district, city, UF, IBGE``, or a sentence in the second part."""

from __future__ import annotations

import re

from app.cep.campos import montar_endereco
from app.cep.servico import FalhaServico, RespostaServico, falha_http
from app.cep.transporte import ClienteHttp, endereco_base
from app.domain.endereco import Desconhecido, Encontrado, Malformado, normalizar_cep, sem_acentos
from app.saida.prazo import Prazo

NOME = "byjg"
_CEP_NA_FRASE = re.compile(r"\b[0-9]{5}-?[0-9]{3}\b")


def interpretar(status: int, corpo: bytes, cep: str) -> RespostaServico:
    """What an answer says about ``cep`` (eight digits); FalhaServico when it says nothing usable.

    An address does not repeat the CEP, so only the sentence "Cep … não encontrado" can be held against it. The
    street may hold commas; the IBGE code may be missing.
    """
    if status != 200:
        raise falha_http(status)
    texto = _decodificar(corpo).strip()
    if not texto or texto.startswith("<"):
        raise FalhaServico("resposta que não é o texto esperado")
    partes = texto.split("|")
    conteudo = partes[1] if len(partes) > 1 else texto
    campos = [campo.strip(" '\"") for campo in conteudo.split(",")]
    ibge = campos.pop() if not campos[-1] or campos[-1].isdigit() else None
    if len(campos) < 4:
        return _frase(conteudo, cep)
    *logradouro, bairro, cidade, uf = campos
    endereco = montar_endereco(cep, logradouro=", ".join(logradouro), bairro=bairro, cidade=cidade, uf=uf, ibge=ibge)
    return Encontrado(endereco, NOME)


def _frase(texto: str, cep: str) -> RespostaServico:
    frase = sem_acentos(texto)
    if "encontrado" in frase:
        eco = _CEP_NA_FRASE.search(frase)
        if eco and normalizar_cep(eco[0]) != cep:
            raise FalhaServico("resposta de outro CEP")
        return Desconhecido(NOME)
    if "formato" in frase:
        return Malformado()
    if "senha" in frase or "usuario" in frase:
        raise FalhaServico("usuário ou senha recusados")
    raise FalhaServico("resposta que não é o texto esperado")


def _decodificar(corpo: bytes) -> str:
    try:
        return corpo.decode("utf-8-sig")
    except UnicodeDecodeError:
        return corpo.decode("latin-1")


class ByJg:
    """Client of ByJG, with a login or without; ValueError for half a login or a base that is no http(s) address."""

    nome = NOME

    def __init__(
        self,
        base_url: str = "https://www.byjg.com.br",
        *,
        usuario: str | None = None,
        senha: str | None = None,
        http: ClienteHttp | None = None,
    ) -> None:
        if bool(usuario) != bool(senha):
            raise ValueError("ByJG: informe usuário e senha, ou nenhum dos dois")
        caminho = "/site/webservice.php/ws/cep" if usuario else "/ws/cep"
        base = endereco_base(base_url)
        self._url = base if base.endswith("/ws/cep") else base + caminho
        self._params = {"httpmethod": "obterLogradouro"}
        if usuario and senha:
            self._params = {"httpmethod": "obterlogradouroauth", "usuario": usuario, "senha": senha}
        self._http = http or ClienteHttp()

    def consultar(self, cep: str, prazo: Prazo) -> RespostaServico:
        """One question about ``cep`` (eight digits) within ``prazo``; FalhaServico if it brings no answer."""
        resposta = self._http.get(self._url, params={**self._params, "cep": cep}, aceita="text/plain", prazo=prazo)
        return interpretar(resposta.status, resposta.corpo, cep)
