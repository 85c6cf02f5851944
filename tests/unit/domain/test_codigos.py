"""The table of codes, and that nothing is said with a code that is not in it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from app.domain.codigos import _LINHAS, CODIGOS, CodigoDeDesfecho, TipoDeCodigo
from app.domain.recusas import Aviso, Problema, problema_padrao, recusar
from app.winthor.esquema.gateway_tables import GW_OPERACAO


def test_a_code_has_one_row() -> None:
    assert [codigo for codigo, vezes in Counter(linha.codigo for linha in _LINHAS).items() if vezes > 1] == []


@pytest.mark.parametrize("linha", _LINHAS, ids=lambda linha: linha.codigo)
def test_a_row_is_whole(linha: CodigoDeDesfecho) -> None:
    assert re.fullmatch("[A-Z]+(_[A-Z]+)*", linha.codigo)
    assert len(linha.codigo) <= GW_OPERACAO.c.CODIGO.type.length
    assert all(texto.endswith(".") for texto in (linha.o_que, linha.o_que_fazer, linha.mensagem) if texto)
    assert linha.o_que
    assert linha.o_que_fazer
    assert (linha.http < 300) is (linha.tipo is TipoDeCodigo.AVISO)


def test_a_status_alone_names_one_code_in_its_own_words() -> None:
    do_status = [linha for linha in _LINHAS if linha.do_status]
    assert len({linha.http for linha in do_status}) == len(do_status)
    assert all(linha.mensagem for linha in do_status)


def test_what_the_door_turned_away_leaves_no_row() -> None:
    assert {c for c, linha in CODIGOS.items() if not linha.registra and linha.http in {409, 429}} == {
        "EM_PROCESSAMENTO",
        "LIMITE_EXCEDIDO",
    }
    assert CODIGOS["INTERROMPIDA"].registra
    assert CODIGOS["BANCO_OCUPADO"].registra


@pytest.mark.parametrize("codigo", ["NAO_EXISTE", "", "CONSUMIDOR_FINAL"])
def test_no_problem_has_a_code_outside_the_table_or_of_an_aviso(codigo: str) -> None:
    with pytest.raises(ValueError, match="no code of a problem"):
        Problema(codigo, "Texto.")
    with pytest.raises(ValueError, match="no code of a problem"):
        recusar(codigo, "Texto.")


@pytest.mark.parametrize("codigo", ["NAO_EXISTE", "", "CAMPO_INVALIDO", "BANCO_OCUPADO"])
def test_no_aviso_has_a_code_outside_the_table_or_of_a_problem(codigo: str) -> None:
    with pytest.raises(ValueError, match="no code of an aviso"):
        Aviso(codigo, "Texto.")


def test_a_refusal_has_the_status_of_its_first_code() -> None:
    assert recusar("RESERVA_NAO_ENCONTRADA", "Texto.").http == 404
    assert recusar("ESTOQUE_INSUFICIENTE", "Texto.").http == 409


def test_a_problem_may_speak_in_the_words_of_its_code() -> None:
    assert problema_padrao("ERRO_INTERNO") == Problema("ERRO_INTERNO", "Erro interno; nada foi gravado.")
