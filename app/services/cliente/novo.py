"""A complete customer that WinThor does not know is written now, during the reservation (R7, step 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.cliente import Cliente, mais_antigo
from app.domain.endereco import EnderecoCliente, normalizar_cep
from app.domain.pre_venda import PreVenda
from app.domain.recusas import Aviso
from app.services.cliente.colunas import Registro, do_cliente
from app.services.cliente.cortes import caber
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao
from app.winthor import clientes, parametros
from app.winthor.clientes import Praca
from app.winthor.db.transaction import Connection
from app.winthor.parametros import Parametro

PRACA_PADRAO = 1
ATIVIDADE_PADRAO = 1
CNAE_PADRAO = "4729-6/99"


class ClienteSurgiu(Exception):
    """Somebody has inserted the customer meanwhile: the order is another's, and all that follows is judged anew."""


def preparar(
    gw: Gateway,
    connection: Connection,
    pre_venda: PreVenda,
    *,
    documento: str,
    codusur: int,
    valores: Mapping[int, Parametro],
    endereco: EnderecoCliente,
) -> Registro:
    """What the new row takes from masters and parameters, read without a lock. ``codusur``: the order's RCA."""
    praca = _praca(gw, connection, valores, endereco.cep)
    cnae = valores.get(parametros.CNAE_DE_CADASTRO)
    return Registro(
        documento=documento,
        bairro=endereco.bairro,
        cidade=endereco.cidade,
        uf=endereco.uf,
        codcidade=clientes.cidade(connection, endereco.cidade, endereco.uf, endereco.ibge),
        codpraca=praca.codpraca,
        numregiao=praca.numregiao,
        codusur=_numero(valores, parametros.RCA_DE_CADASTRO, codusur),
        codplpag=gw.settings.codplpag,
        codatividade=_numero(valores, parametros.ATIVIDADE_DE_CADASTRO, ATIVIDADE_PADRAO),
        codcnae=cnae.valor if cnae is not None else CNAE_PADRAO,
        codfunc=pre_venda.operador or gw.settings.codfunc,
    )


def _praca(gw: Gateway, connection: Connection, valores: Mapping[int, Parametro], cep: str) -> Praca:
    """Praça and its price region: by the CEP's range when parameter 4680 says so, else parameter 4011, else 1."""
    por_cep = valores.get(parametros.PRACA_POR_CEP)
    digitos = normalizar_cep(cep)
    if por_cep is not None and por_cep.ligado and digitos is not None:
        achada = clientes.praca_do_cep(connection, digitos)
        if achada is not None:
            return achada
    codpraca = _numero(valores, parametros.PRACA_DE_CADASTRO, PRACA_PADRAO)
    return Praca(codpraca, gw.cadastros.regiao_da_praca(connection, codpraca))


def _numero(valores: Mapping[int, Parametro], numero: int, padrao: int) -> int:
    parametro = valores.get(numero)
    valor = parametro.inteiro if parametro is not None else None
    return padrao if valor is None else valor


def cortes(gw: Gateway, dados: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Aviso, ...]]:
    """``cliente`` as it is written to PCCLIENT, and what is told of it where a column is too narrow."""
    return caber(gw, "PCCLIENT", dados, {"bairro": "BAIRROENT", "cidade": "MUNICENT2"})


def inserir(gw: Gateway, connection: Connection, requisicao: Requisicao, registro: Registro) -> Cliente:
    """Insert the customer. The document is looked up again under the lock of PCCONSUM (R20); raises ClienteSurgiu when
    another POS has inserted it meanwhile, NumeracaoEsgotada and Ocupado."""
    numeracao = clientes.lock_numeracao(connection, registro.documento, normalizado=gw.settings.cgcent_normalizado)
    if mais_antigo(numeracao.gemeos) is not None:
        raise ClienteSurgiu
    agora = gw.hora_do_erp(gw.agora())
    escrito, _ = cortes(gw, requisicao.pre_venda.cliente or {})
    contexto = do_cliente(numeracao.codcli, escrito, registro, agora)
    row = gw.maps["PCCLIENT"].build_row({**requisicao.dados, "cliente": escrito}, contexto, requisicao.corpo)
    clientes.insert(connection, gw.tabelas, row)
    return Cliente(
        numeracao.codcli, registro.documento, agora, codpraca=registro.codpraca, numregiao=registro.numregiao
    )
