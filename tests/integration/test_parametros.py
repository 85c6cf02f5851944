"""Parameters of routine 132: found by number, branch before '99' before default, cached (docs/winthor.md §2.10)."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from app.winthor.cache import Cache
from app.winthor.parametros import Parametro
from tests.support.builders import cliente_completo, pre_venda
from tests.support.gateway import Casa


def ler(casa: Casa, filial: str = "1") -> dict[int, Parametro]:
    with casa.gw.db.read() as connection:
        return casa.gw.parametros.ler(connection, filial)


def valor(casa: Casa, numero: int, filial: str = "1") -> tuple[str, str] | None:
    """Value and origin."""
    parametro = ler(casa, filial).get(numero)
    return None if parametro is None else (parametro.valor, parametro.origem)


def gravar(casa: Casa, nome: str, filial: str, texto: str | None) -> None:
    casa.executar("INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES (:n, :f, :v)", n=nome, f=filial, v=texto)


def padrao(casa: Casa, numero: int, texto: str | None) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = :v WHERE ID = :n", v=texto, n=numero)


# --- by number


def test_the_demo_s_parameters(casa: Casa) -> None:
    assert {n: (p.nome, p.valor, p.origem) for n, p in sorted(ler(casa).items())} == {
        4011: ("CODPRACACIASHOP", "1", "padrão"),
        4012: ("CODRCACIASHOP", "8", "filial 99"),
        4013: ("CODATVCIASHOP", "1", "padrão"),
        4532: ("ALTERACLIAUTOECOMMERCE", "S", "padrão"),
        4585: ("CODCNAEECOMMERCE", "4729-6/99", "padrão"),
        4672: ("VALIDACEPAPI", "S", "padrão"),
        4680: ("BUSCAPRACAAPI", "N", "padrão"),
    }


def test_the_number_decides_whatever_the_name(casa: Casa) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET NOME = 'NOME_DO_SITE' WHERE ID = 4672")
    gravar(casa, "NOME_DO_SITE", "1", "N")
    assert ler(casa)[4672] == Parametro(4672, "NOME_DO_SITE", "N", "filial 1")


def test_a_name_in_the_settings_wins_over_the_number(casa: Casa) -> None:
    sql = "INSERT INTO PCMETAPARAMFILIAL (NOME, ID, VALORDEFAULT) VALUES ('CEP_DO_SITE', :n, 'N')"
    casa.executar(sql, n=9001)
    with closing(casa.com(nomes_parametros={4672: "CEP_DO_SITE"})) as outra:
        assert ler(outra)[4672] == Parametro(4672, "CEP_DO_SITE", "N", "padrão")
        assert valor(outra, 4680) == ("N", "padrão")
    assert valor(casa, 4672) == ("S", "padrão")


def test_a_name_works_where_the_number_is_missing(casa: Casa) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET ID = NULL WHERE ID = 4012")
    assert valor(casa, 4012) is None
    with closing(casa.com(nomes_parametros={4012: "CODRCACIASHOP"})) as outra:
        assert valor(outra, 4012) == ("8", "filial 99")


def test_a_name_that_does_not_exist_has_no_value(casa: Casa) -> None:
    with closing(casa.com(nomes_parametros={4672: "NAO_EXISTE"})) as outra:
        assert valor(outra, 4672) is None


# --- branch, '99', default


def test_branch_then_99_then_default(casa: Casa) -> None:
    gravar(casa, "CODPRACACIASHOP", "99", "2")
    gravar(casa, "CODPRACACIASHOP", "2", "3")
    assert [valor(casa, 4011, filial) for filial in ("2", "1", "10")] == [
        ("3", "filial 2"),
        ("2", "filial 99"),
        ("2", "filial 99"),
    ]
    casa.executar("DELETE FROM PCPARAMFILIAL WHERE NOME = 'CODPRACACIASHOP'")
    assert valor(casa, 4011, "2") == ("1", "padrão")


@pytest.mark.parametrize("vazio", [None, " "])
def test_an_empty_row_falls_through(casa: Casa, vazio: str | None) -> None:
    gravar(casa, "CODRCACIASHOP", "1", vazio)
    assert valor(casa, 4012) == ("8", "filial 99")
    casa.executar("UPDATE PCPARAMFILIAL SET VALOR = :v WHERE CODFILIAL = '99'", v=vazio)
    padrao(casa, 4012, "5")
    assert valor(casa, 4012) == ("5", "padrão")
    padrao(casa, 4012, vazio)
    assert valor(casa, 4012) is None


def test_a_parameter_of_another_branch_does_not_count(casa: Casa) -> None:
    gravar(casa, "CODATVCIASHOP", "10", "7")
    assert valor(casa, 4013, "1") == ("1", "padrão")


def test_yes_and_no(casa: Casa) -> None:
    textos = {"S": True, "s": True, "Sim": True, " S ": True, "1": True, "N": False, "Não": False, "0": False}
    for texto, ligado in textos.items():
        padrao(casa, 4672, texto)
        assert (texto, ler(casa)[4672].ligado) == (texto, ligado)


def test_codes(casa: Casa) -> None:
    for texto, inteiro in {"8": 8, " 08 ": 8, "8,5": None, "-8": None, "oito": None}.items():
        padrao(casa, 4011, texto)
        assert (texto, ler(casa)[4011].inteiro) == (texto, inteiro)


# --- kept for cache_segundos


@pytest.fixture
def guardando(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gateway that keeps parameters for 30 s of a clock that moves only when told."""
    outra = casa.com(cache_segundos=30)
    agora = [1000.0]
    monkeypatch.setattr(outra.gw.parametros, "_por_filial", Cache(30, lambda: agora[0]))
    yield outra, agora
    outra.close()


def lidos(casa: Casa, filial: str = "1") -> int:
    """Statements that one look at the parameters costs."""
    with casa.comandos() as comandos:
        ler(casa, filial)
    assert all("PCMETAPARAMFILIAL" in comando for comando in comandos)
    return len(comandos)


def test_parameters_are_read_once_per_branch_while_they_are_kept(guardando: Any) -> None:
    casa, agora = guardando
    assert [lidos(casa), lidos(casa), lidos(casa, "2"), lidos(casa, "2")] == [1, 0, 1, 0]
    agora[0] += 29.9
    assert lidos(casa) == 0
    agora[0] += 0.1
    assert [lidos(casa), lidos(casa)] == [1, 0]


def test_a_change_is_seen_after_the_time_and_not_before(guardando: Any) -> None:
    casa, agora = guardando
    assert valor(casa, 4672) == ("S", "padrão")
    padrao(casa, 4672, "N")
    assert valor(casa, 4672) == ("S", "padrão")
    agora[0] += 30
    assert valor(casa, 4672) == ("N", "padrão")


def test_with_zero_seconds_nothing_is_kept(casa: Casa) -> None:
    assert [lidos(casa), lidos(casa)] == [1, 1]


def test_a_branch_without_parameters_is_not_asked_again(guardando: Any) -> None:
    casa, _ = guardando
    casa.executar("DELETE FROM PCPARAMFILIAL")
    casa.executar("DELETE FROM PCMETAPARAMFILIAL")
    assert [ler(casa), lidos(casa)] == [{}, 0]


def test_a_reservation_uses_the_parameters_of_its_own_branch(casa: Casa) -> None:
    gravar(casa, "CODATVCIASHOP", "2", "7")
    for n, loja in enumerate(("1", "2")):
        cliente = cliente_completo(cpfCnpj=("52998224725", "11144477735")[n])
        casa.reservar(pre_venda(numero=f"PV-{loja}", loja=loja, cliente=cliente))
    assert [casa.linha("PCCLIENT", CODCLI=codigo)["CODATV1"] for codigo in (1000, 1001)] == [1, 7]
