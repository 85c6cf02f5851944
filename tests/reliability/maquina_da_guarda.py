"""The machine with two channels per store: policies that begin and end, branches left to the gateway, lines that the
back office moves (R29, R30); and everything of the whole machine beside."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume
from hypothesis.stateful import invariant, rule
from werkzeug.test import TestResponse

from app.api.auth import emitir
from app.services import politicas
from app.services.acesso.credenciais import PDV, Caller
from app.services.politicas import Definicao
from tests.reliability.maquina import FILIAL, INDICE, LINHA, NUMERO
from tests.reliability.maquina_inteira import MaquinaInteira
from tests.reliability.modelo_da_guarda import FUSO_DO_ERP, LISTAS, ModeloDaGuarda, Politica
from tests.reliability.modelo_reserva import AGORA, UNIDADES, Corpo
from tests.support.builders import item, kit
from tests.support.gateway import Casa

AUTO: dict[str, Any] = {"entrega": {"idLojaEntregaRetaguarda": "AUTO"}}
ABERTA = st.one_of(
    st.builds(
        lambda produto, quantidade: item(produto, quantidade, 10 * UNIDADES[produto], **AUTO),
        st.sampled_from(sorted(UNIDADES)),
        st.sampled_from([2, 5, 9, 12]),
    ),
    st.builds(lambda quantidade: kit(quantidade, **AUTO), st.integers(1, 9)),
)
CANAL = st.sampled_from([None, "hub", "pdv1", "pdv2"])
PRODUTO = st.sampled_from([1, 3, 3, 1001, None])


class MaquinaDaGuarda(MaquinaInteira):
    """The store's own login or the hub's sends, whatever the rule; the model knows which."""

    modelo: ModeloDaGuarda

    def _novo_modelo(self) -> ModeloDaGuarda:
        return ModeloDaGuarda()

    def _ligar(self, **mudancas: Any) -> Casa:
        casa = super()._ligar(filiais_da_loja=LISTAS, **mudancas)
        for filial in LISTAS:
            caller = Caller(f"pdv{filial}", filial, frozenset({PDV}))
            casa._tokens[caller.login] = emitir(caller, casa.gw.chave_jwt, AGORA, 525_600)
        return casa

    def _mandar(self, corpo: Corpo) -> TestResponse:
        return self.casa.enviar(corpo, self.modelo.canal(corpo))

    @rule(proprio=st.booleans())
    def trocar_de_canal(self, proprio: bool) -> None:
        """From now on the stores send by their own logins, or the hub for all."""
        self.modelo.proprio = proprio

    @rule(filial=FILIAL, numero=NUMERO, aberta=ABERTA, junto=st.lists(LINHA, max_size=2), depois=st.booleans())
    def reservar_de_qualquer_filial(
        self, filial: str, numero: str, aberta: Corpo, junto: list[Corpo], depois: bool
    ) -> None:
        self._nova(filial, numero, [*junto, aberta] if depois else [aberta, *junto])

    @rule(indice=INDICE, aberta=ABERTA, junto=st.lists(LINHA, max_size=1))
    def alterar_de_qualquer_filial(self, indice: int, aberta: Corpo, junto: list[Corpo]) -> None:
        self._enviar(self._sobre(self._um(indice, True), 2, preVendaItens=[*junto, aberta]))

    @rule(indice=INDICE, vivas=st.booleans(), numseq=st.integers(1, 4), filial=FILIAL)
    def remanejar(self, indice: int, vivas: bool, numseq: int, filial: str) -> None:
        numped = self._um(indice, vivas)
        esperada = self.modelo.remanejar(numped, numseq, filial)
        answer = self._painel(numped, "remanejamento", simular=False, linhas=[{"numseq": numseq, "filial": filial}])
        corpo = answer.get_json(force=True)
        assert corpo.get("codigo", str(answer.status_code)) == esperada.codigo, corpo
        if esperada.numped is not None:
            assert corpo["data"]["idRetaguarda"] == numped
            assert all(linha["para"] == filial for linha in corpo["data"]["linhas"])

    @rule(filial=FILIAL, codprod=PRODUTO, canal=CANAL, quantidade=st.integers(1, 9), dias=st.sampled_from([None, 0, 1]))
    def guardar(self, filial: str, codprod: int | None, canal: str | None, quantidade: int, dias: int | None) -> None:
        """Units of a product, or of each, are kept: for a channel, or from all of them."""
        fim = None if dias is None else (self.modelo.agora + FUSO_DO_ERP).date() + dt.timedelta(days=dias)
        definicao = Definicao(filial, codprod, None, canal, Decimal(quantidade), None, None, fim, "teste")
        numero = politicas.definir(self.casa.gw, "cli:teste", definicao)
        self.modelo.politicas[numero] = Politica(filial, codprod, canal, quantidade, fim)

    @rule(indice=INDICE)
    def deixar_de_guardar(self, indice: int) -> None:
        abertas = [numero for numero, politica in self.modelo.politicas.items() if not politica.encerrada]
        assume(abertas)
        numero = abertas[indice % len(abertas)]
        politicas.encerrar(self.casa.gw, "cli:teste", numero, "acabou")
        self.modelo.politicas[numero].encerrada = True

    @invariant()
    def cada_linha_sai_da_filial_do_modelo(self) -> None:
        gravadas = {
            (row["NUMPED"], row["NUMSEQ"]): (row["CODPROD"], row["CODFILIALRETIRA"], row["QT"])
            for row in self.casa.tabela("PCPEDI")
        }
        do_modelo = {
            (numped, numseq): (linha.codprod, linha.filial, linha.quantidade)
            for numped, reserva in self.modelo.reservas.items()
            for numseq, linha in enumerate(reserva.linhas, 1)
        }
        assert gravadas == do_modelo
