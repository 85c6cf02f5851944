"""ViaCEP: JSON; an unknown CEP is a 200 with ``erro``, a malformed one a 400."""

from __future__ import annotations

import json

from app.cep.campos import montar_endereco
from app.cep.servico import FalhaServico, RespostaServico, falha_http
from app.cep.transporte import ClienteHttp, endereco_base
from app.domain.endereco import Desconhecido, Encontrado, Malformado, normalizar_cep
from app.saida.prazo import Prazo

NOME = "viacep"


def interpretar(status: int, corpo: bytes, cep: str) -> RespostaServico:
    """What an answer says about ``cep`` (eight digits); FalhaServico when it says nothing usable.

    ``erro`` counts as boolean and as text. An address of another CEP is a failure, not an answer.
    """
    if status == 400:
        return Malformado()
    if status != 200:
        raise falha_http(status)
    try:
        dados = json.loads(corpo.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise FalhaServico("resposta que não é JSON") from None
    if not isinstance(dados, dict):
        raise FalhaServico("resposta que não é um objeto JSON")
    if str(dados.get("erro", "")).strip().lower() == "true":
        return Desconhecido(NOME)
    eco = dados.get("cep")
    if not isinstance(eco, str) or normalizar_cep(eco) != cep:
        raise FalhaServico("resposta de outro CEP")
    endereco = montar_endereco(
        cep,
        logradouro=dados.get("logradouro"),
        bairro=dados.get("bairro"),
        cidade=dados.get("localidade"),
        uf=dados.get("uf"),
        ibge=dados.get("ibge"),
    )
    return Encontrado(endereco, NOME)


class ViaCep:
    """Client of ViaCEP. ``base_url`` may end in ``/ws`` or not; ValueError if it is no http(s) address."""

    nome = NOME

    def __init__(self, base_url: str = "https://viacep.com.br", *, http: ClienteHttp | None = None) -> None:
        self._ws = endereco_base(base_url).removesuffix("/ws") + "/ws"
        self._http = http or ClienteHttp()

    def consultar(self, cep: str, prazo: Prazo) -> RespostaServico:
        """One question about ``cep`` (eight digits) within ``prazo``; FalhaServico if it brings no answer."""
        resposta = self._http.get(f"{self._ws}/{cep}/json/", params={}, aceita="application/json", prazo=prazo)
        return interpretar(resposta.status, resposta.corpo, cep)
