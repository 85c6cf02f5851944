"""Generated JSON through HTTP: `make fuzz` for ten minutes, the suite for a moment. Not one 500 may come of it.

Half of the bodies are any JSON at all, half are pre-sales in which some members are any JSON.
"""

from __future__ import annotations

import random
import sys
import time
from typing import Any

import simplejson
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.reliability.ataque import casa_temporaria
from tests.support.builders import cliente_completo, componente, item, pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.invariants import violacoes

ALVOS = [
    *(("POST", ROTA, "hub"), ("PUT", ROTA, "hub"), ("DELETE", ROTA, "hub")),
    *(("POST", "/api/v1/pre-vendas/simulacao", "hub"), ("POST", LOGIN, None)),
    *(("POST", "/api/v1/reservas/8000001/cancelamento", "retaguarda"),),
    *(("POST", "/api/v1/reservas/8000001/prorrogacao", "retaguarda"),),
    *(("POST", "/api/v1/conciliacao/correcoes", "retaguarda"),),
]

folhas = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from(
        ["", " ", "0", "1", "100-1", "5000-50", "RCA-1", "7d", "2026-03-10", "CANCELADA", "8000001", "\ufeff"]
    ),
)
NOMES = [
    *("situacaoPreVenda", "numero", "idLojaRetaguarda", "idRetaguarda", "preVendaItens", "cliente", "pagamentos"),
    *("quantidade", "preco", "desconto", "descontoPercentual", "idProdutoRetaguarda", "itensKit", "entrega", "motivo"),
    *("login", "senha", "dias", "ate", "itens", "todos", "simular", "lockTTL", "dataExpiracaoPagamento", "cpfCnpj"),
]
qualquer = st.recursive(
    folhas,
    lambda filhos: st.one_of(
        st.lists(filhos, max_size=5),
        st.dictionaries(st.one_of(st.sampled_from(NOMES), st.text(max_size=10)), filhos, max_size=6),
    ),
    max_leaves=30,
)


def modelo(numero: int) -> dict[str, Any]:
    """A pre-sale with everything in it."""
    kit = item("5000-50", 1, 30, itensKit=[componente("100-1", 2, 10), componente("300-3", 1, 10, 2)])
    entrega = {"idLojaEntregaRetaguarda": "1", "tipoEntrega": 1, "dataEntrega": "2026-03-10"}
    return pre_venda(
        item("200-2", 1, 10, desconto=1, descontoPercentual=5, idVendedorRetaguarda="RCA-1", entrega=entrega),
        kit,
        numero=f"FUZZ-{numero}",
        cliente=cliente_completo(),
        observacoes="texto",
        lockTTL="7d",
        pagamentos=[{"pagamentoForma": {"idRetaguarda": "D-POS"}, "pagamentoCondicao": {"idRetaguarda": 1}}],
    )


def _caminhos(valor: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    achados = [path] if path else []
    pares = valor.items() if isinstance(valor, dict) else enumerate(valor) if isinstance(valor, list) else ()
    for nome, membro in pares:
        achados += _caminhos(membro, (*path, nome))
    return achados


CAMINHOS = _caminhos(modelo(0))


@st.composite
def pre_vendas(draw: st.DrawFn) -> dict[str, Any]:
    """A pre-sale in which up to four members are any JSON."""
    corpo = modelo(draw(st.integers(0, 40)))
    for path in draw(st.lists(st.sampled_from(CAMINHOS), max_size=4)):
        alvo: Any = corpo
        for parte in path[:-1]:
            alvo = alvo[parte] if _tem(alvo, parte) else None
        if _tem(alvo, path[-1]):
            alvo[path[-1]] = draw(qualquer)
    return corpo


def _tem(alvo: Any, parte: Any) -> bool:
    return (isinstance(alvo, dict) and parte in alvo) or (
        isinstance(alvo, list) and isinstance(parte, int) and parte < len(alvo)
    )


def rodar(casa: Casa, *, exemplos: int, semente: int = 0) -> int:
    """Send that many bodies or more; raises AssertionError with the smallest one that ends in a 500."""
    feitos = 0
    casa.gw.db._sleep = lambda _s: None

    @seed(semente)
    @settings(
        max_examples=exemplos,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(ALVOS), st.one_of(pre_vendas(), qualquer))
    def um(alvo: tuple[str, str, str | None], corpo: Any) -> None:
        nonlocal feitos
        feitos += 1
        method, path, login = alvo
        texto = simplejson.dumps(corpo, use_decimal=True, allow_nan=True)
        data = texto.encode("utf-8", "surrogatepass")
        answer = casa.pedir(method, path, login, data=data, content_type="application/json")
        assert answer.status_code < 500, f"{method} {path} {texto}"
        assert answer.mimetype == ("application/json" if answer.status_code < 400 else "application/problem+json")

    um()
    achadas = violacoes(casa)
    assert not achadas, achadas
    return feitos


def main(segundos: float) -> int:
    """Run for so long, each round from another seed on a new database; 1 at the first finding."""
    fim, total = time.monotonic() + segundos, 0
    semente = random.randrange(2**32)  # noqa: S311 - only to vary the rounds; it is printed
    while time.monotonic() < fim:
        with casa_temporaria() as casa:
            try:
                total += rodar(casa, exemplos=400, semente=semente)
            except AssertionError as error:
                print(f"seed {semente}: {error}")
                return 1
        semente += 1
    print(f"{total} generated bodies in {segundos:.0f} s: no 500, invariants hold")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0))
