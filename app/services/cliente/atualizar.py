"""An existing customer's data are updated when its pre-sale is paid, and only then (R7, parameter 4532)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from app.domain.cliente import Cliente, codigo_enviado, documento_enviado, faltantes
from app.domain.desfecho import CadastroMudado, ColunaMudada
from app.domain.documentos import normalizar_documento
from app.domain.endereco import AcaoEndereco, normalizar_telefone
from app.domain.privacidade import mascarar_contato
from app.domain.recusas import Aviso
from app.mapping import ValueDoesNotFit
from app.services.cliente import cep
from app.services.cliente.novo import cortes
from app.services.gateway import Gateway
from app.services.operacao.registro import Medir, nao_medir
from app.services.operacao.requisicao import Requisicao
from app.winthor import clientes, parametros
from app.winthor.db.transaction import Connection

log = logging.getLogger("prevenda")

_DO_ENDERECO = ("cliente.endereco", "cliente.numero", "cliente.complemento", "cliente.cep")
_MEIOS_DE_CONTATO = frozenset({"cliente.email", "cliente.telefone", "cliente.celular"})
_TELEFONES = ("telent", "telent1", "telcom", "telcob", "telcelent")
_NUNCA = frozenset({"CGCENT", "CGCENTREGA", "CODCLI"})


@dataclass(frozen=True, slots=True)
class Atualizacao:
    """New values of an existing customer's columns; ``avisos``: what the CEP changed."""

    codcli: int
    valores: Mapping[str, Any]
    avisos: tuple[Aviso, ...]


@dataclass(frozen=True, slots=True)
class CadastroGravado:
    """What the caller must be told, and what was really changed."""

    avisos: tuple[Aviso, ...] = ()
    mudado: CadastroMudado | None = None


NADA_GRAVADO = CadastroGravado()


def preparar(
    gw: Gateway, requisicao: Requisicao, cliente: Cliente, consumidor: int, medir: Medir = nao_medir
) -> Atualizacao | None:
    """What would be written of the customer that an order to be paid is for, with the CEP checked (R8).

    None when it is not the one that was sent, or parameter 4532 is off. The address is taken whole or not at all: only
    from a complete customer whose CEP is not unknown.
    """
    dados = requisicao.pre_venda.cliente
    if not dados or not e_o_enviado(cliente, dados, consumidor):
        return None
    with gw.db.read() as connection:
        valores = gw.parametros.ler(connection, requisicao.pre_venda.filial or "")
    permite = valores.get(parametros.ALTERA_CLIENTE)
    if permite is not None and not permite.ligado:
        return None
    avisos: tuple[Aviso, ...] = ()
    contexto: dict[str, Any] = _telefones(dados)
    com_endereco = not faltantes(dados)
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
    escrito, cortados = cortes(gw, dados)
    novos = _valores(gw, requisicao, escrito, contexto, com_endereco)
    ditos = (*avisos, *(cortados if com_endereco else ()))
    if not _documento_confere(cliente, documento_enviado(dados)):
        novos = {coluna: valor for coluna, valor in novos.items() if coluna not in _contatos(gw)}
    return Atualizacao(cliente.codcli, novos, ditos) if set(novos) - {"DTULTALTER"} else None


def _contatos(gw: Gateway) -> frozenset[str]:
    """Columns by which a customer is reached: whoever knows a code only may not turn them to himself."""
    return frozenset(
        entry.column.name
        for entry in gw.maps["PCCLIENT"].entries
        if entry.json in _MEIOS_DE_CONTATO or entry.context in _TELEFONES
    )


def e_o_enviado(cliente: Cliente | None, dados: Mapping[str, Any], consumidor: int) -> bool:
    """Whether the customer is the one that was sent, by its code or by its document; never the consumidor."""
    if cliente is None or cliente.excluido or cliente.codcli == consumidor:
        return False
    return codigo_enviado(dados) == cliente.codcli or _documento_confere(cliente, documento_enviado(dados))


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
        row = mapa.build_row({**requisicao.dados, "cliente": dados}, SimpleNamespace(**todos), requisicao.corpo)
    except ValueDoesNotFit:
        return {}
    valores = {
        entry.column.name: row[entry.column.name]
        for entry in mapa.entries
        if entry.column.name not in _NUNCA and (entry.json in enviados or entry.context in contexto)
    }
    return {**valores, "DTULTALTER": agora} if valores else {}


def gravar(
    gw: Gateway, connection: Connection, requisicao: Requisicao, atualizacao: Atualizacao, consumidor: int
) -> CadastroGravado:
    """Update the customer if it still is the one that was sent. Locks the customer's row. Raises Ocupado."""
    dados = requisicao.pre_venda.cliente or {}
    novos = atualizacao.valores
    travado = clientes.lock_cliente(connection, gw.tabelas, atualizacao.codcli, novos)
    if travado is None or not e_o_enviado(travado.cliente, dados, consumidor):
        return NADA_GRAVADO
    contatos = _contatos(gw)
    confere = _documento_confere(travado.cliente, documento_enviado(dados))
    if not confere and not contatos.isdisjoint(novos):
        return NADA_GRAVADO  # its document was changed meanwhile
    texto = "confere" if confere else "não enviado"
    log.info("cliente %d, documento %s, mudam %s", atualizacao.codcli, texto, ", ".join(sorted(novos)))
    clientes.update(connection, gw.tabelas, atualizacao.codcli, novos)
    mudadas = sorted(nome for nome in set(novos) - {"DTULTALTER"} if (novos[nome] or None) != travado.valores[nome])
    if not mudadas:
        return CadastroGravado(atualizacao.avisos)
    colunas = tuple(_mudada(nome, travado.valores[nome], novos[nome], contatos) for nome in mudadas)
    return CadastroGravado(atualizacao.avisos, CadastroMudado(atualizacao.codcli, requisicao.caller, confere, colunas))


def _mudada(nome: str, antes: Any, depois: Any, contatos: Collection[str]) -> ColunaMudada:
    if nome not in contatos:
        return ColunaMudada(nome)
    return ColunaMudada(nome, mascarar_contato(antes), mascarar_contato(depois))
