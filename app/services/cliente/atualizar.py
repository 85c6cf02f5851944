"""An existing customer's data are updated when its pre-sale is paid, and only then (R7, parameter 4532)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from app.domain.cliente import Cliente, codigo_enviado, documento_enviado, faltantes
from app.domain.documentos import normalizar_documento
from app.domain.endereco import AcaoEndereco, normalizar_telefone
from app.domain.recusas import Aviso
from app.domain.vida import Acao, Efeito, passo
from app.mapping import ValueDoesNotFit
from app.services.cliente import cep
from app.services.cliente.consumidor import codigo_do_consumidor
from app.services.gateway import Gateway
from app.services.operacao.registro import Medir, nao_medir
from app.services.operacao.requisicao import Requisicao
from app.winthor import clientes, parametros, pedidos, reservas
from app.winthor.db.transaction import Connection

log = logging.getLogger("prevenda")

_DO_ENDERECO = ("cliente.endereco", "cliente.numero", "cliente.complemento", "cliente.cep")
_MEIOS_DE_CONTATO = frozenset({"cliente.email", "cliente.telefone", "cliente.celular"})
_TELEFONES = ("telent", "telent1", "telcom", "telcob", "telcelent")
_NUNCA = frozenset({"CGCENT", "CGCENTREGA", "CODCLI"})


@dataclass(frozen=True, slots=True)
class Atualizacao:
    """New values of the customer's columns, if the order's customer is the one that was sent; ``contatos``: of these
    the ones that only its document opens."""

    consumidor: int
    codigo: int | None
    documento: str | None
    valores: Mapping[str, Any]
    contatos: Collection[str]
    avisos: tuple[Aviso, ...]


def preparar(gw: Gateway, requisicao: Requisicao, medir: Medir = nao_medir) -> Atualizacao | None:
    """What would be written, with the CEP checked; None when nothing was sent or parameter 4532 is off.

    The address is taken whole or not at all: only from a complete customer whose CEP is not unknown. The CEP is asked
    for only when the order, seen without a lock, is to be paid now and belongs to the customer that was sent (R8).
    """
    dados = requisicao.pre_venda.cliente
    codigo, documento = codigo_enviado(dados), documento_enviado(dados)
    if not dados or (codigo is None and documento is None):
        return None
    with gw.db.read() as connection:
        valores = gw.parametros.ler(connection, requisicao.pre_venda.filial or "")
        consumidor = codigo_do_consumidor(gw, connection, requisicao.pre_venda.filial or "")
    permite = valores.get(parametros.ALTERA_CLIENTE)
    if permite is not None and not permite.ligado:
        return None
    avisos: tuple[Aviso, ...] = ()
    contexto: dict[str, Any] = _telefones(dados)
    com_endereco = not faltantes(dados) and _sera_atualizado(gw, requisicao, consumidor, codigo, documento)
    if com_endereco:
        medir("conferencia")
        decisao = cep.decidir(gw, dados, valores, rejeita=False)
        medir("cep")
        avisos = decisao.avisos
        com_endereco = decisao.acao is AcaoEndereco.GRAVAR
    if com_endereco:
        achado = decisao.endereco
        with gw.db.read() as connection:
            codcidade = clientes.cidade(connection, achado.cidade, achado.uf, achado.ibge)
        for bloco in ("ent", "com", "cob"):
            contexto |= {"bairro" + bloco: achado.bairro, "munic" + bloco: achado.cidade, "est" + bloco: achado.uf}
        contexto |= {"municent2": achado.cidade, "codcidade": codcidade, "codcidadecom": codcidade}
    novos = _valores(gw, requisicao, dados, contexto, com_endereco)
    return Atualizacao(consumidor, codigo, documento, novos, _contatos(gw), avisos)


def _contatos(gw: Gateway) -> frozenset[str]:
    """Columns by which a customer is reached: whoever knows a code only may not turn them to himself."""
    return frozenset(
        entry.column.name
        for entry in gw.maps["PCCLIENT"].entries
        if entry.json in _MEIOS_DE_CONTATO or entry.context in _TELEFONES
    )


def _sera_atualizado(
    gw: Gateway, requisicao: Requisicao, consumidor: int, codigo: int | None, documento: str | None
) -> bool:
    with gw.db.read() as connection:
        ordem = pedidos.ler(connection, requisicao.pre_venda.id_retaguarda or 0)
        if ordem is not None and ordem.seguinte is not None:
            ordem = pedidos.ler(connection, reservas.fim_da_linhagem(connection, ordem.seguinte))
        if ordem is None:
            return False
        celula = passo(ordem.estado, Acao.CONFIRMAR, ordem.registrado)
        if celula.recusa is not None or celula.efeito is Efeito.NENHUM:
            return False
        achados = clientes.buscar(connection, [ordem.codcli], None)
        return _e_o_enviado(achados[0] if achados else None, consumidor, codigo, documento)


def _e_o_enviado(cliente: Cliente | None, consumidor: int, codigo: int | None, documento: str | None) -> bool:
    """Whether the order's customer is the one that was sent, by its code or by its document; never the consumidor."""
    if cliente is None or cliente.excluido or cliente.codcli == consumidor:
        return False
    if codigo == cliente.codcli:
        return True
    return _documento_confere(cliente, documento)


def _documento_confere(cliente: Cliente, documento: str | None) -> bool:
    return documento is not None and normalizar_documento(cliente.cgcent) == documento


def _telefones(dados: Mapping[str, Any]) -> dict[str, Any]:
    telefone = normalizar_telefone(dados.get("telefone"))
    celular = normalizar_telefone(dados.get("celular"))
    principal = telefone or celular
    if principal is None:
        return {}
    return {**dict.fromkeys(_TELEFONES, principal), "telcelent": celular or telefone}


def _valores(
    gw: Gateway, requisicao: Requisicao, dados: Mapping[str, Any], contexto: Mapping[str, Any], com_endereco: bool
) -> dict[str, Any]:
    """The mapped columns whose source was sent, and the date of the change."""
    mapa = gw.maps["PCCLIENT"]
    agora = gw.hora_do_erp(gw.agora())
    todos = {entry.context: contexto.get(entry.context) for entry in mapa.entries if entry.context}
    todos |= {"codcli": 0, "codcliprinc": 0, "dtcadastro": agora}
    enviados = {f"cliente.{nome}" for nome in dados}.difference(_DO_ENDERECO)
    if com_endereco:
        enviados.update(_DO_ENDERECO)  # those not sent too: nothing of the old address may stay in the new
    try:
        row = mapa.build_row(requisicao.dados, SimpleNamespace(**todos), requisicao.corpo)
    except ValueDoesNotFit:
        return {}
    valores = {
        entry.column.name: row[entry.column.name]
        for entry in mapa.entries
        if entry.column.name not in _NUNCA and (entry.json in enviados or entry.context in contexto)
    }
    return {**valores, "DTULTALTER": agora} if valores else {}


def gravar(gw: Gateway, connection: Connection, atualizacao: Atualizacao, codcli: int) -> list[Aviso]:
    """Update the order's customer if it is the one that was sent; the avisos say what the CEP changed.

    Locks the customer's row. Raises Ocupado.
    """
    if not atualizacao.valores or codcli == atualizacao.consumidor:
        return []
    cliente = clientes.lock_cliente(connection, codcli)
    if not _e_o_enviado(cliente, atualizacao.consumidor, atualizacao.codigo, atualizacao.documento):
        return []
    valores = dict(atualizacao.valores)
    confere = cliente is not None and _documento_confere(cliente, atualizacao.documento)
    if not confere:
        valores = {coluna: valor for coluna, valor in valores.items() if coluna not in atualizacao.contatos}
    if set(valores) <= {"DTULTALTER"}:
        return list(atualizacao.avisos)
    log.info("cliente %d atualizado no pagamento, documento %s", codcli, "confere" if confere else "não enviado")
    log.info("colunas do cliente %d: %s", codcli, ", ".join(sorted(valores)))
    clientes.atualizar(connection, gw.tabelas, codcli, valores)
    return list(atualizacao.avisos)
