"""A complete customer that WinThor does not know is written now, during the reservation (R7, step 4)."""

from __future__ import annotations

from app.domain.cliente import Cliente, conferir_bloqueio, mais_antigo
from app.domain.endereco import EnderecoCliente, normalizar_cep
from app.domain.recusas import Recusa
from app.services.conferir import Conferida
from app.services.contextos import Registro, do_cliente
from app.services.gateway import Gateway
from app.services.pedido import Pedido
from app.winthor import clientes, parametros
from app.winthor.db import Connection

PRACA_PADRAO = 1
ATIVIDADE_PADRAO = 1
CNAE_PADRAO = "4729-6/99"


def preparar(gw: Gateway, connection: Connection, conferida: Conferida, endereco: EnderecoCliente) -> Registro | None:
    """What the new row takes from masters and parameters, read without a lock; None when none is to be written."""
    escolha, vendas = conferida.escolha, conferida.vendas
    if escolha is None or vendas is None or escolha.existente is not None or escolha.documento is None:
        return None
    praca, regiao = _praca(connection, conferida, endereco.cep)
    cnae = conferida.parametros.get(parametros.CNAE_DE_CADASTRO)
    return Registro(
        documento=escolha.documento,
        bairro=endereco.bairro,
        cidade=endereco.cidade,
        uf=endereco.uf,
        codcidade=clientes.cidade(connection, endereco.cidade, endereco.uf, endereco.ibge),
        codpraca=praca,
        numregiao=regiao,
        codusur=_numero(conferida, parametros.RCA_DE_CADASTRO, vendas.codusur),
        codplpag=gw.settings.codplpag,
        codatividade=_numero(conferida, parametros.ATIVIDADE_DE_CADASTRO, ATIVIDADE_PADRAO),
        codcnae=cnae.valor if cnae is not None else CNAE_PADRAO,
        codfunc=conferida.pre_venda.operador or gw.settings.codfunc,
    )


def _praca(connection: Connection, conferida: Conferida, cep: str) -> tuple[int, int | None]:
    """Praça and its price region: by the CEP's range when parameter 4680 says so, else parameter 4011, else 1."""
    por_cep = conferida.parametros.get(parametros.PRACA_POR_CEP)
    digitos = normalizar_cep(cep)
    if por_cep is not None and por_cep.ligado and digitos is not None:
        achada = clientes.praca_do_cep(connection, digitos)
        if achada is not None:
            return achada
    praca = _numero(conferida, parametros.PRACA_DE_CADASTRO, PRACA_PADRAO)
    return praca, clientes.regiao_da_praca(connection, praca)


def _numero(conferida: Conferida, numero: int, padrao: int) -> int:
    parametro = conferida.parametros.get(numero)
    valor = parametro.inteiro if parametro is not None else None
    return padrao if valor is None else valor


def inserir(gw: Gateway, connection: Connection, pedido: Pedido, registro: Registro) -> Cliente:
    """Insert the customer, or take the one another POS inserted meanwhile: looked up again under the lock (R20)."""
    codcli, gemeos = clientes.lock_numeracao(
        connection, registro.documento, gw.settings.espera_lock, normalizado=gw.settings.cgcent_normalizado
    )
    antigo = mais_antigo(gemeos)
    if antigo is not None:
        if problemas := conferir_bloqueio(antigo, gw.settings.permite_cliente_bloqueado):
            raise Recusa(problemas)
        return antigo
    agora = gw.hora_do_erp(gw.agora())
    contexto = do_cliente(codcli, pedido.pre_venda.cliente or {}, registro, agora)
    row = gw.maps["PCCLIENT"].build_row(pedido.dados, contexto, pedido.corpo)
    clientes.inserir(connection, gw.tabelas, row)
    return Cliente(codcli, registro.documento, agora, codpraca=registro.codpraca, numregiao=registro.numregiao)
