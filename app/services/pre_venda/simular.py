"""A full rehearsal of a request: the answer it would give, with nothing written and no number drawn (§4.1)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from app.cep import Verificador
from app.domain.desfecho import Aceite
from app.domain.endereco import CepIndisponivel, ResultadoCep
from app.domain.pre_venda import Situacao
from app.domain.recusas import Recusa
from app.mapping import ValueDoesNotFit
from app.services.gateway import Gateway, Renderizacao
from app.services.operacao.anotacoes import anotar_ensaio
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.pre_venda import pagar
from app.services.pre_venda.atender import receber
from app.services.pre_venda.conferir import conferir
from app.winthor.db.transaction import Ensaio, repetir


class CepLembrado:
    """Answers CEP checks from what was asked before, so that the rehearsal makes no call inside its transaction."""

    def __init__(self, verificador: Verificador) -> None:
        self._verificador = verificador
        self._respostas: dict[str | None, ResultadoCep] = {}
        self.aberto = True

    def verificar(self, cep: str | None) -> ResultadoCep:
        """The remembered answer; asks only while ``aberto``."""
        if cep not in self._respostas:
            self._respostas[cep] = self._verificador.verificar(cep) if self.aberto else CepIndisponivel(("ensaio",))
        return self._respostas[cep]

    def estado(self) -> Any:
        """State of the services behind it."""
        return self._verificador.estado()


class RenderizacaoDoEnsaio:
    """Answers of a rehearsal: a new number is known only when it is drawn."""

    def __init__(self, renderizacao: Renderizacao) -> None:
        self.recusa = renderizacao.recusa
        self.acao_interna = renderizacao.acao_interna
        self.gravada = renderizacao.gravada
        self.correcao = renderizacao.correcao
        self.remanejamento = renderizacao.remanejamento
        self.webhook = renderizacao.webhook
        self.texto = renderizacao.texto
        self._renderizacao = renderizacao

    def aceite(self, aceite: Aceite) -> str:
        """The answer that the request would get, its new number left out."""
        if aceite.desfecho.entregas:
            novas = tuple(replace(entrega, numped=_conhecido(entrega.numped)) for entrega in aceite.desfecho.entregas)
            aceite = replace(aceite, desfecho=replace(aceite.desfecho, entregas=novas))
        if aceite.desfecho.http != HTTPStatus.CREATED:
            return self._renderizacao.aceite(aceite)
        mensagem = "Simulação: a pré-venda seria aceita; nada foi gravado."
        return self._renderizacao.aceite(replace(aceite, numped=None, mensagem=mensagem))


def _conhecido(numped: int | None) -> int | None:
    """The number, unless the rehearsal made it up."""
    return None if numped is None or numped < 0 else numped


def simular(gw: Gateway, requisicao: Requisicao) -> Resposta:
    """The answer of ``receber``, its number left out. Raises what ``receber`` raises."""
    anotar_ensaio()
    lembrado = CepLembrado(gw.cep)
    ensaio = replace(gw, cep=lembrado, renderizacao=RenderizacaoDoEnsaio(gw.renderizacao))
    with contextlib.suppress(Recusa, ValueDoesNotFit):
        if requisicao.pre_venda.situacao is Situacao.DISPONIVEL:
            conferir(ensaio, requisicao)
        elif requisicao.pre_venda.situacao is Situacao.RECEBIDO:
            pagar.preparar(ensaio, requisicao)
    lembrado.aberto = False
    resposta = _ensaiar(ensaio, requisicao)
    return resposta if resposta.repetida else replace(resposta, http=HTTPStatus.OK.value)


def _ensaiar(gw: Gateway, requisicao: Requisicao) -> Resposta:
    """One transaction, rolled back; again from its beginning where a real one would be repeated (R20)."""

    def ensaiar() -> Resposta:
        with Ensaio(gw.db, sem_numeros=True) as db:
            return receber(replace(gw, db=db), requisicao)

    return repetir(ensaiar)
