"""The document's examples posted to a new demo, and every error provoked; what is recorded is what was answered."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import simplejson
from werkzeug.test import TestResponse

from app.api.contrato.requisicao import parse_requisicao
from app.api.documento import trechos
from app.api.documento.documento import OPERACOES
from app.api.documento.operacao import Exemplo, OperacaoDoDocumento
from app.api.documento.problemas import ERROS
from app.demonstracao.semente import semear
from app.winthor.db import faults
from tests.support.builders import item, kit, pre_venda
from tests.support.cep_servers import endereco_sem_servidor
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.site_rules import permitir, proibir

# What differs from run to run, and what stands for it in the recording.
_TEMPOS = {"abertura": 4, "conferencia": 9, "cep": 120, "locks": 2, "gravacao": 14}
_ID = re.compile("[0-9a-f]{32}")
_ID_GRAVADO = "019cae5a3f00" + "0" * 20
_TOKEN = "eyJhbGciOiJIUzI1NiIs…"


def nova(casa: Casa) -> Casa:
    """The shop as `make run` begins."""
    semear(casa.gw, lambda corpo, login: parse_requisicao(corpo, caller=login))
    return casa


def exemplos() -> Iterator[tuple[OperacaoDoDocumento, Exemplo]]:
    for operacao in OPERACOES:
        for exemplo in operacao.exemplos:
            yield operacao, exemplo


def enviar(casa: Casa, operacao: OperacaoDoDocumento, exemplo: Exemplo) -> TestResponse:
    """The example as it stands."""
    alvo = trechos.endereco(operacao, exemplo)
    if trechos.ID in alvo:
        lista = casa.pedir("GET", "/api/v1/log?limite=1", "retaguarda").get_json()
        alvo = alvo.replace(trechos.ID, lista["itens"][0]["id"])
    corpo = {} if exemplo.corpo is None else {"json": exemplo.corpo}
    return casa.pedir(operacao.metodo, alvo, operacao.login, **corpo)


def respostas(casa: Casa) -> dict[str, Any]:
    """Every example's answer, in the document's order, but the document itself and what is no JSON."""
    gravadas = {}
    for operacao, exemplo in exemplos():
        resposta = enviar(casa, operacao, exemplo)
        assert resposta.status_code == exemplo.http, (exemplo.nome, resposta.get_data(as_text=True))
        if operacao.formato == "application/json" and exemplo.nome != "documento":
            gravadas[exemplo.nome] = estavel(ler(resposta))
    return gravadas


def ler(resposta: TestResponse) -> Any:
    return simplejson.loads(resposta.get_data(as_text=True), use_decimal=True)


def estavel(valor: Any) -> Any:
    """The answer without what differs from run to run."""
    if isinstance(valor, dict):
        return {
            nome: _TOKEN
            if nome == "accessToken"
            else {passo: _TEMPOS[passo] for passo in membro}
            if nome == "tempos" and membro
            else membro and 29
            if nome == "duracaoMs"
            else estavel(membro)
            for nome, membro in valor.items()
        }
    if isinstance(valor, list):
        return [estavel(membro) for membro in valor]
    return _ID.sub(_ID_GRAVADO, valor) if isinstance(valor, str) else valor


# How each error is provoked on the demo. A value is a pre-sale to send (by the hub), or what does it.
_DEMO = {"numero": "DEMO-05", "loja": "2", "idRetaguarda": 2000004}
Provocar = Callable[[Casa], TestResponse]


def _quebrar(falha: Exception) -> Provocar:
    """What the database's fault looks like from outside, whatever made it."""

    def provocar(casa: Casa) -> TestResponse:
        def falhar() -> None:
            raise falha

        original = casa.app.view_functions["conciliacao.listar"]
        casa.app.view_functions["conciliacao.listar"] = falhar
        try:
            return casa.pedir("GET", "/api/v1/conciliacao", None)
        finally:
            casa.app.view_functions["conciliacao.listar"] = original

    return provocar


def _depois_de(sql: str, corpo: Mapping[str, Any], desfazer: str | None = None) -> Provocar:
    """The pre-sale sent after something was done in WinThor, which is undone then."""

    def provocar(casa: Casa) -> TestResponse:
        casa.executar(sql)
        resposta = casa.enviar(dict(corpo))
        if desfazer:
            casa.executar(desfazer)
        return resposta

    return provocar


def _senhas(casa: Casa) -> TestResponse:
    for _ in range(11):
        resposta = casa.app.test_client().post(LOGIN, json={"login": "hub", "senha": "errada"})
    return resposta


def _sem_totvs(casa: Casa) -> TestResponse:
    """A login that is passed on to an address on which nobody listens."""
    with contextlib.closing(casa.com(login_totvs=endereco_sem_servidor())) as ao_lado:
        return ao_lado.app.test_client().post(LOGIN, json={"login": "hub", "senha": "demo"})


def _em_processamento(casa: Casa) -> TestResponse:
    """The same request while the first one has not ended."""
    corpo = pre_venda(item("10100-1010"), numero="DOIS")
    casa.reservar(corpo)
    casa.executar("UPDATE GW_OPERACAO SET ESTADO = 'P', NUMPED = NULL, DTFIM = NULL WHERE NUMERO = 'DOIS'")
    return casa.enviar(corpo)


def _chave(casa: Casa) -> TestResponse:
    cabecalho = {"Idempotency-Key": "venda-77"}
    casa.enviar(pre_venda(item("10100-1010"), numero="CHAVE-1"), headers=cabecalho)
    return casa.enviar(pre_venda(item("10200-1020"), numero="CHAVE-2"), headers=cabecalho)


def _regra(casa: Casa) -> TestResponse:
    """A trigger of the site's does not let the order be written."""
    proibir(casa, "PCPEDC", "INSERT", "Cliente acima do limite de crédito")
    resposta = casa.enviar(pre_venda(item("10100-1010"), numero="REGRA"))
    permitir(casa, "PCPEDC")
    return resposta


_MEXIDA = {"situacaoPreVenda": 0, "numero": "DEMO-02", "idLojaRetaguarda": "1", "idRetaguarda": 1000002}
PROVOCACOES: dict[str, Mapping[str, Any] | Provocar] = {
    "JSON_INVALIDO": lambda casa: casa.pedir("POST", ROTA, data=b'{"numero": ', content_type="application/json"),
    "NAO_AUTENTICADO": lambda casa: casa.pedir("GET", "/api/v1/log", None),
    "FILIAL_NAO_AUTORIZADA": lambda casa: casa.enviar(pre_venda(loja="2"), "pdv1"),
    "ESCOPO_INSUFICIENTE": lambda casa: casa.pedir("GET", "/api/v1/log", "pdv1"),
    "RESERVA_NAO_ENCONTRADA": pre_venda(numero="X", idRetaguarda=7, situacaoPreVenda=0),
    "ROTA_NAO_ENCONTRADA": lambda casa: casa.pedir("GET", "/api/v2/log", "retaguarda"),
    "METODO_NAO_PERMITIDO": lambda casa: casa.pedir("PATCH", ROTA),
    "ESTOQUE_INSUFICIENTE": pre_venda(item("300-3", 8), item("100-1", 2), numero="FALTA"),
    "NUMERO_EM_USO": pre_venda(numero="DEMO-15"),
    "EM_PROCESSAMENTO": _em_processamento,
    "RESERVA_SUBSTITUIDA": pre_venda(numero="DEMO-04", loja="2", idRetaguarda=2000002),
    "RESERVA_CANCELADA": pre_venda(numero="DEMO-07", loja="2", idRetaguarda=2000006),
    "RESERVA_EXPIRADA": pre_venda(numero="DEMO-01", idRetaguarda=1000001, situacaoPreVenda=3),
    "RESERVA_RESGATADA": pre_venda(numero="DEMO-06", loja="2", idRetaguarda=2000005),
    "RESERVA_CONFIRMADA": pre_venda(**_DEMO),
    "ITENS_DIVERGENTES": pre_venda(item("10060-1006", 9), numero="DEMO-15", idRetaguarda=1000003, situacaoPreVenda=1),
    "RESERVA_EM_SEPARACAO": _depois_de("UPDATE PCPEDC SET POSICAO = 'M' WHERE NUMPED = 1000002", _MEXIDA),
    "RESERVA_FATURADA": _depois_de("UPDATE PCPEDC SET POSICAO = 'F' WHERE NUMPED = 1000002", _MEXIDA),
    "RESERVA_BLOQUEADA": _depois_de(
        "UPDATE PCPEDC SET POSICAO = 'B' WHERE NUMPED = 1000002", pre_venda(numero="DEMO-02", idRetaguarda=1000002)
    ),
    "RESERVA_ASSUMIDA": _depois_de("UPDATE PCPEDC SET POSICAO = 'L', CODCOB = 'D' WHERE NUMPED = 1000002", _MEXIDA),
    "CURSOR_VENCIDO": lambda casa: casa.pedir("GET", "/api/v1/eventos?depois=999999999"),
    "CORPO_GRANDE": lambda casa: casa.pedir("POST", ROTA, data=b" " * (2**20 + 1), content_type="application/json"),
    "TIPO_NAO_SUPORTADO": lambda casa: casa.pedir("POST", ROTA, data=b"x", content_type="text/plain"),
    "CAMPO_INVALIDO": pre_venda(item("100-1", -1), item("1", 1), numero="ERRADA"),
    "SITUACAO_INVALIDA": pre_venda(situacaoPreVenda=9),
    "PRODUTO_NAO_ENCONTRADO": lambda casa: casa.pedir("GET", "/api/v1/estoque/1/777", "retaguarda"),
    "PRODUTO_INATIVO": pre_venda(item("500-5")),
    "EMBALAGEM_NAO_CONFERE": pre_venda(item("999-1")),
    "FRACAO_NAO_PERMITIDA": pre_venda(item("100-1", 0.5)),
    "KIT_INVALIDO": pre_venda(item("100-1", itensKit=[{**item("300-3", 1), "sequencial": 1}])),
    "FILIAL_NAO_ENCONTRADA": pre_venda(item(entrega={"idLojaEntregaRetaguarda": "9"})),
    "RCA_NAO_ENCONTRADO": pre_venda(item(idVendedorRetaguarda="RCA-77")),
    "PARAMETRO_AUSENTE": _depois_de(
        "UPDATE PCPARAMFILIAL SET VALOR = ' ' WHERE NOME = 'CODRCACIASHOP'",
        pre_venda(kit()),
        "UPDATE PCPARAMFILIAL SET VALOR = '8' WHERE NOME = 'CODRCACIASHOP'",
    ),
    "RETAGUARDA_OBRIGATORIO": pre_venda(situacaoPreVenda=1),
    "CLIENTE_BLOQUEADO": _depois_de(
        "UPDATE PCCLIENT SET BLOQUEIO = 'S' WHERE CODCLI = 20", pre_venda(cliente={"idRetaguarda": 20})
    ),
    "REGRA_DA_CASA": _regra,
    "CHAVE_REUTILIZADA": _chave,
    "LIMITE_EXCEDIDO": _senhas,
    "ERRO_INTERNO": _quebrar(RuntimeError()),
    "BANCO_OCUPADO": _quebrar(faults.Ocupado()),
    "BANCO_INDISPONIVEL": _quebrar(faults.Indisponivel()),
    "BANCO_INCOMPLETO": _quebrar(faults.Incompleto()),
    "MENSAGEM_DE_OUTRO_SERVICO": {"documento": "NF-e"},
    "TOTVS_INDISPONIVEL": _sem_totvs,
    "SOBRECARGA": _quebrar(faults.Sobrecarga()),
    "NUMERACAO_ESGOTADA": _depois_de("UPDATE PCUSUARI SET PROXNUMPED = 9000000 WHERE CODUSUR = 8", pre_venda()),
}


def erros(casa: Casa) -> dict[str, Any]:
    """The body of every error, provoked one after the other."""
    gravados = {}
    for codigo, erro in ERROS.items():
        provocacao = PROVOCACOES[codigo]
        resposta = provocacao(casa) if callable(provocacao) else casa.enviar(dict(provocacao))
        corpo = ler(resposta)
        assert (resposta.status_code, corpo["codigo"]) == (erro.http, codigo), (codigo, corpo)
        assert ("Retry-After" in resposta.headers) == erro.repetir, codigo
        gravados[codigo] = estavel(corpo)
    return gravados
