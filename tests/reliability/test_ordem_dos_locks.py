"""The one lock order of R20, read from the statements of every operation; and no row of WinThor's that is updated
without having been locked before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from app.services.tempo import encerrar
from tests.reliability import winthor
from tests.reliability.encontro_winthor import OPERACOES
from tests.reliability.palco import LOJA, Cena, Palco
from tests.reliability.travas import DO_WINTHOR, Transacao, gravar_travas, travadas
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("conta_como_postgresql")]

ORDEM = ("GW_OPERACAO", "GW_PRE_VENDA", "PCPEDC", "PCEST", "PCPEDI", "PCPEDICESTA", "PCCLIENT", "PCCONSUM")
# The counter of the RCA is drawn by one statement in a commit of its own (R2); a log row is the operation's own, behind
# its fence.
A_PARTE = frozenset({"PCUSUARI", "PCLOGPEDIDOAPI"})
# PostgreSQL looks for a deadlock after so long.
DEADLOCK_MS = 1000


def _cliente_novo(casa: Casa, cena: Cena) -> None:
    # Another document for every scene: the customer stays.
    cpf = _cpf(700_000_000 + cena.numped % 1_000_000)
    corpo = pre_venda(
        item("10010-1001", 2), numero=f"{cena.numero}-C", loja=LOJA, cliente=cliente_completo(cpfCnpj=cpf)
    )
    assert casa.enviar(corpo).status_code == 201


def _cpf(base: int) -> str:
    digitos = [int(d) for d in f"{base:09d}"]
    for tamanho in (10, 11):
        soma = sum(peso * digito for peso, digito in zip(range(tamanho, 1, -1), digitos, strict=True))
        digitos.append(soma * 10 % 11 % 10)
    return "".join(map(str, digitos))


def _outra_filial(casa: Casa, cena: Cena) -> None:
    """Lines in any order, one of them from another branch."""
    da_outra = item("300-3", 2, entrega={"idLojaEntregaRetaguarda": "2"})
    assert casa.enviar(cena.corpo(2, da_outra, kit(1), item("10010-1001", 3))).status_code == 201


def _pagar_com_plano(casa: Casa, cena: Cena) -> None:
    pagamento = {"pagamentoForma": {"idRetaguarda": "D-POS"}, "pagamentoCondicao": {"idRetaguarda": 1}}
    assert casa.enviar(cena.corpo(1, pagamentos=[pagamento])).status_code == 200


def _pagar_com_cadastro(casa: Casa, cena: Cena) -> None:
    """The order's customer is updated with what the payment brings (parameter 4532)."""
    casa.executar("UPDATE PCPEDC SET CODCLI = 20 WHERE NUMPED = :n", n=cena.numped)
    cliente = cliente_completo(cpfCnpj="11222333000181")
    assert casa.enviar(cena.corpo(1, cliente=cliente)).status_code == 200


def _assentar(casa: Casa, cena: Cena) -> None:
    winthor.agir(casa.engine, cena.numped, "faturar", "cabeçalho primeiro")
    encerrar.assentar(casa.gw)
    assert casa.linha("GW_RESERVA", NUMPED=cena.numped)["ESTADO"] == "BAIXADA"


def _simular(casa: Casa, cena: Cena) -> None:
    corpo = cena.corpo(2, item("10010-1001", 8), kit(2))
    assert casa.pedir("POST", "/api/v1/pre-vendas/simulacao", json=corpo).status_code == 200


OUTRAS: Mapping[str, Callable[[Casa, Cena], None]] = {
    "reservar com cliente novo": _cliente_novo,
    "alterar para outra filial": _outra_filial,
    "pagar com plano": _pagar_com_plano,
    "pagar com cadastro": _pagar_com_cadastro,
    "assentar": _assentar,
    "simular": _simular,
}


def transacoes(palco: Palco, nome: str) -> list[Transacao]:
    """What an operation locks, undisturbed."""
    cena = palco.montar()
    if nome in OPERACOES:
        OPERACOES[nome].antes(palco, cena)
    with gravar_travas(palco.casa) as feitas:
        if nome in OPERACOES:
            assert OPERACOES[nome].agir(palco.casa, cena) in {"200", "201", "expirada", "corrigida"}
        else:
            OUTRAS[nome](palco.casa, cena)
    assert feitas
    return feitas


TODAS = pytest.mark.parametrize("nome", [*OPERACOES, *OUTRAS])


@TODAS
def test_uma_ordem_so(palco: Palco, nome: str) -> None:
    """No lock is taken that comes before one held already; stock rows in one statement, in the order of their key.
    Other rows of the gateway's are behind the anchor; those of a rehearsal are never seen by anybody."""
    conhecidas = {*ORDEM} - ({"GW_OPERACAO", "GW_PRE_VENDA"} if nome == "simular" else set())
    for transacao in transacoes(palco, nome):
        assert transacao.tabelas & DO_WINTHOR <= {*ORDEM, *A_PARTE}
        tomadas = [sorted(map(ORDEM.index, trava.tabelas & conhecidas)) for trava in transacao.travas]
        em_ordem = [posicao for posicoes in tomadas for posicao in posicoes]
        assert em_ordem == sorted(em_ordem), [sorted(trava.tabelas) for trava in transacao.travas]
        do_estoque = [trava.texto for trava in transacao.travas if "PCEST" in trava.tabelas]
        assert len(do_estoque) <= 1
        for texto in do_estoque:
            assert re.search(r"ORDER BY (\w+\.)?CODFILIAL, (\w+\.)?CODPROD\b", texto), texto


@TODAS
def test_nada_do_winthor_se_altera_sem_lock(palco: Palco, nome: str) -> None:
    """The database says of each row of an UPDATE whether it is locked. And no UPDATE is itself the lock: it would wait
    without being told how long."""
    for transacao in transacoes(palco, nome):
        soltas = [solta for solta in transacao.soltas if solta.partition(":")[0] not in A_PARTE]
        assert soltas == []
        pelo_update = {t for trava in transacao.travas if trava.comando == "UPDATE" for t in trava.tabelas}
        assert not pelo_update & DO_WINTHOR - A_PARTE


@TODAS
def test_o_contador_do_vendedor_nao_espera_por_ninguem(palco: Palco, nome: str) -> None:
    """It is in no transaction with other rows of WinThor's: sellers do not queue behind each other's orders (R2)."""
    for transacao in transacoes(palco, nome):
        if "PCUSUARI" in transacao.tabelas:
            assert transacao.tabelas == {"PCUSUARI"}


@TODAS
def test_cada_espera_tem_limite(palco: Palco, nome: str) -> None:
    """And once a row of WinThor's is held it is shorter than the database takes to look for a deadlock."""
    for transacao in transacoes(palco, nome):
        do_winthor = [trava for trava in transacao.travas if trava.tabelas & (DO_WINTHOR - A_PARTE)]
        assert all(0 < trava.limite_ms <= 3000 for trava in do_winthor)
        assert all(trava.limite_ms < DEADLOCK_MS for trava in do_winthor[1:]), [t.limite_ms for t in do_winthor]


# --- the reader of statements is not blind


@pytest.mark.parametrize(
    ("statement", "tabelas"),
    [
        ("SELECT PCEST.QTRESERV FROM PCEST WHERE PCEST.CODPROD = 1 ORDER BY PCEST.CODPROD FOR UPDATE", {"PCEST"}),
        ("SELECT 1 FROM PCEST", set()),
        ("SELECT 1 FROM PCPEDC LEFT OUTER JOIN GW_RESERVA ON a = b WHERE c FOR UPDATE OF PCPEDC", {"PCPEDC"}),
        ("SELECT 1 FROM GW_OPERACAO, GW_PRE_VENDA WHERE a FOR UPDATE", {"GW_OPERACAO", "GW_PRE_VENDA"}),
        (
            "SELECT 1 FROM GW_OPERACAO JOIN GW_PRE_VENDA ON a\nWHERE b FOR UPDATE OF GW_PRE_VENDA SKIP LOCKED",
            {"GW_PRE_VENDA"},
        ),
        ("SELECT x FROM PCPEDI AS i JOIN (SELECT 1 FROM PCPEDICESTA) AS p ON a FOR UPDATE OF PCPEDI", {"PCPEDI"}),
        ("UPDATE PCEST SET QTRESERV = 1", set()),
    ],
)
def test_o_que_um_comando_trava(statement: str, tabelas: set[str]) -> None:
    assert travadas(statement) == tabelas


def test_uma_linha_solta_e_notada(palco: Palco) -> None:
    """The negative control: rows changed without a lock, and locks in the wrong order, as they are recorded."""
    palco.montar()
    with gravar_travas(palco.casa) as feitas, palco.casa.gw.db.engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM PCPEDI WHERE NUMPED > 0 FOR UPDATE")
        connection.exec_driver_sql("UPDATE PCPEDI SET POSICAO = POSICAO WHERE NUMPED > 0")
        connection.exec_driver_sql("UPDATE PCPEDC SET POSICAO = POSICAO WHERE NUMPED > 0")
    assert [sorted(trava.tabelas) for trava in feitas[0].travas] == [["PCPEDI"], ["PCPEDC"]]
    assert feitas[0].soltas == ["PCPEDC: 2 linhas alteradas sem lock"]
