"""The check of a customer's CEP (R8), with no database transaction open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.cliente import faltantes
from app.domain.endereco import (
    AcaoEndereco,
    DecisaoEndereco,
    EnderecoCliente,
    PoliticaDesconhecido,
    decidir_endereco,
)
from app.domain.recusas import Recusa, recusar
from app.services.gateway import Gateway
from app.winthor import parametros
from app.winthor.parametros import Parametro


def decidir(
    gw: Gateway, dados: Mapping[str, Any], valores: Mapping[int, Parametro], *, rejeita: bool = True
) -> DecisaoEndereco:
    """What to write of the address: asks the CEP services when parameter 4672 says so (default: yes) and the customer
    is complete. Call it outside any transaction: it may take 2.5 s. Raises Recusa by the policy ``rejeitar``, unless
    ``rejeita`` is off: a payment is not refused for an address."""
    completo = not faltantes(dados)
    parametro = valores.get(parametros.VALIDA_CEP)
    validar = parametro is None or parametro.ligado
    enviado = EnderecoCliente(
        cep=dados.get("cep", ""), bairro=dados.get("bairro", ""), cidade=dados.get("cidade", ""), uf=_uf(dados)
    )
    resultado = gw.cep.verificar(enviado.cep) if validar and completo else None
    politica = PoliticaDesconhecido(gw.settings.cep_desconhecido)
    if politica is PoliticaDesconhecido.REJEITAR and not rejeita:
        politica = PoliticaDesconhecido.CONSUMIDOR
    decisao = decidir_endereco(enviado, resultado, validar=validar, completo=completo, politica=politica)
    if decisao.acao is AcaoEndereco.REJEITAR:
        raise _recusa(decisao)
    return decisao


def _uf(dados: Mapping[str, Any]) -> str:
    return str(dados.get("estado", "")).strip().upper()


def _recusa(decisao: DecisaoEndereco) -> Recusa:
    return recusar("CAMPO_INVALIDO", decisao.avisos[0].mensagem, "/cliente/cep", rotina="132 (parâmetro 4672)")
