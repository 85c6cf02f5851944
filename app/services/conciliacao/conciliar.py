"""Truth: the orders against PCEST.QTRESERV and the gateway's own rows; differences found and explained (R19)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CENTAVO, ZERO, arredondar, texto
from app.domain.estoque import Chave
from app.domain.linhas import LinhaGravada, unidades
from app.domain.vida import Estado
from app.services.gateway import Gateway, utc
from app.services.operacao.requisicao import numero_curto
from app.services.relogio import na_filial
from app.winthor import config, pedidos
from app.winthor.consultas import conciliacao
from app.winthor.consultas.conciliacao import Linha
from app.winthor.db.transaction import Connection

ULTIMA_CONCILIACAO = "CONCILIACAO"

# What a correction does; "informar" is never written by the gateway.
LIBERAR, CANCELAR, EXPIRAR, RECUPERAR, INFORMAR = "liberar", "cancelar", "expirar", "recuperar", "informar"
# How many ended orders are looked at to explain one counter.
CANDIDATAS = 500
RECALCULO = "PKG_ANALISAR_ESTOQUE.PRC_RESERVADO"


@dataclass(frozen=True, slots=True)
class Diferenca:
    """One difference (§4.1). Quantities in base units, ``valor`` in R$; ``acao`` is what a correction would do."""

    id: str
    tipo: str
    filial: str | None
    codprod: int | None
    numped: int | None
    numero: str | None
    esperado: Decimal | None
    reservado: Decimal | None
    diferenca: Decimal | None
    valor: Decimal | None
    desde: str | None
    caller: str | None
    explicacao: str
    anotacoes: tuple[str, ...]
    acao: str
    rotina: str | None = None

    def json(self) -> dict[str, Any]:
        """The difference as the API shows it."""
        return {k: numero_curto(v) if isinstance(v, Decimal) else v for k, v in asdict(self).items()}


@dataclass(slots=True)
class Conciliacao:
    """All differences found at one moment."""

    gerado_em: dt.datetime
    diferencas: list[Diferenca] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """The answer of GET /api/v1/conciliacao."""
        por_tipo: dict[str, int] = {}
        for diferenca in self.diferencas:
            por_tipo[diferenca.tipo] = por_tipo.get(diferenca.tipo, 0) + 1
        valor = sum((d.valor for d in self.diferencas if d.valor is not None), ZERO)
        return {
            "geradoEm": self.gerado_em.isoformat(timespec="seconds"),
            "diferencas": [diferenca.json() for diferenca in self.diferencas],
            "totais": {"diferencas": len(self.diferencas), "porTipo": por_tipo, "valor": valor},
        }


def id_da_diferenca(tipo: str, *partes: object) -> str:
    """The same difference has the same id in every reconciliation."""
    return hashlib.sha256("|".join(map(str, (tipo, *partes))).encode()).hexdigest()[:16]


def conciliar(gw: Gateway, filiais: frozenset[str] | None = None) -> Conciliacao:
    """Compare, classify, explain and value; nothing is written. ``filiais``: the caller's branches, None = all."""
    agora = gw.agora()
    resultado = Conciliacao(agora)
    with gw.db.read(in_batches=True) as connection:
        # The whole list first: explaining one needs the connection.
        divergentes = list(conciliacao.contadores_divergentes(connection, gw.regra_de_retencao(connection), filiais))
        for row in divergentes:
            resultado.diferencas += _do_contador(gw, connection, row)
        resultado.diferencas += map(_negativo, conciliacao.contadores_negativos(connection, filiais))
        for row in list(conciliacao.mortas_com_pedido_vivo(connection, filiais)):
            resultado.diferencas.append(_cancelamento_perdido(gw, connection, row))
        for row in conciliacao.sem_pedido(connection, filiais):
            resultado.diferencas.append(_criacao_perdida(row))
        limite = utc(agora - dt.timedelta(days=gw.settings.ttl_max_dias))
        for row in list(conciliacao.passadas_da_idade(connection, utc(agora), limite, filiais)):
            resultado.diferencas.append(_passada_da_idade(gw, connection, row))
        for row in conciliacao.operacoes_pendentes(connection, utc(agora), filiais):
            resultado.diferencas.append(_pendente(row))
    return resultado


def _candidatas(connection: Connection, chave: Chave, excesso: Decimal) -> Iterator[tuple[Linha, Decimal, Decimal]]:
    """(order, units, price) of orders born here that WinThor has ended while the gateway has them as live, newest
    first, as long as their units fit the excess: they may still be counted."""
    if excesso <= 0:
        return
    for row in conciliacao.encerradas_com_produto(connection, chave[1], CANDIDATAS):
        linhas = pedidos.ler_linhas(connection, row["NUMPED"])
        quantidade = unidades(linhas, row["MODO_KIT"]).get(chave, ZERO)
        if ZERO < quantidade <= excesso:
            excesso -= quantidade
            yield row, quantidade, _preco(linhas, chave)


def _preco(linhas: Sequence[LinhaGravada], chave: Chave) -> Decimal:
    for linha in linhas:
        if (linha.filial, linha.codprod) == chave:
            return linha.pvenda
        for parte in linha.partes:
            if (linha.filial, parte.codprod) == chave:
                return parte.pvenda
    return ZERO


def _do_contador(gw: Gateway, connection: Connection, row: Linha) -> list[Diferenca]:
    """The differences behind one wrong counter: orders that are still counted, and the rest nobody explains."""
    chave: Chave = (row["FILIAL"], row["CODPROD"])
    resto = row["RESERVADO"] - row["ESPERADO"]
    achadas: list[Diferenca] = []
    for ordem, quantidade, preco in _candidatas(connection, chave, resto):
        achadas.append(_ainda_retida(gw, connection, row, ordem, quantidade, preco))
        resto -= quantidade
    if resto:
        custo = conciliacao.custos(connection, chave) or ZERO
        sobra = resto > 0
        achadas.append(
            Diferenca(
                id=id_da_diferenca("CONTADOR_DIVERGENTE", *chave),
                tipo="CONTADOR_DIVERGENTE",
                filial=chave[0],
                codprod=chave[1],
                numped=None,
                numero=None,
                esperado=row["ESPERADO"],
                reservado=row["RESERVADO"],
                diferenca=resto,
                valor=arredondar(abs(resto) * custo, CENTAVO),
                desde=None,
                caller=None,
                explicacao=(
                    f"QTRESERV conta {texto(abs(resto))} {'a mais' if sobra else 'a menos'} que os pedidos liberados e "
                    "montados; nenhum pedido nascido aqui explica a diferença (valor ao custo real)."
                ),
                anotacoes=(),
                acao=INFORMAR,
                rotina=RECALCULO,
            )
        )
    return achadas


def _negativo(linha: conciliacao.Negativo) -> Diferenca:
    colunas = ", ".join(f"{coluna} {texto(valor)}" for coluna, valor in linha.colunas.items())
    falta = -sum(linha.colunas.values(), ZERO)
    return Diferenca(
        id=id_da_diferenca("CONTADOR_NEGATIVO", linha.filial, linha.codprod),
        tipo="CONTADOR_NEGATIVO",
        filial=linha.filial,
        codprod=linha.codprod,
        numped=None,
        numero=None,
        esperado=ZERO,
        reservado=linha.colunas.get("QTRESERV"),
        diferenca=-falta,
        valor=arredondar(falta * linha.custo, CENTAVO),
        desde=None,
        caller=None,
        explicacao=f"Contador abaixo de zero ({colunas}); o gateway o conta como zero e nada é vendido por causa dele.",
        anotacoes=(),
        acao=INFORMAR,
        rotina=RECALCULO,
    )


def _ainda_retida(
    gw: Gateway, connection: Connection, contador: Linha, ordem: Linha, quantidade: Decimal, preco: Decimal
) -> Diferenca:
    faturada = ordem["POSICAO"] == "F" or bool(ordem["NUMTRANSVENDA"])
    tipo = "FATURADA_AINDA_RETIDA" if faturada else "CANCELADA_AINDA_RETIDA"
    pulou = faturada and not ordem["NUMCAR"]
    como = "faturado" if faturada else "cancelado no WinThor"
    explicacao = f"O pedido {ordem['NUMPED']} foi {como}, mas {texto(quantidade)} unidades dele seguem em QTRESERV."
    if pulou:
        explicacao += " O pedido passou de liberado a faturado sem a separação."
    return Diferenca(
        id=id_da_diferenca(tipo, contador["FILIAL"], contador["CODPROD"], ordem["NUMPED"]),
        tipo=tipo,
        filial=contador["FILIAL"],
        codprod=contador["CODPROD"],
        numped=ordem["NUMPED"],
        numero=ordem["NUMERO"],
        esperado=contador["ESPERADO"],
        reservado=contador["RESERVADO"],
        diferenca=quantidade,
        valor=arredondar(quantidade * preco, CENTAVO),
        desde=_desde(gw, connection, ordem, "DTFAT" if faturada else "DTCANCEL"),
        caller=ordem["CALLER"],
        explicacao=explicacao,
        anotacoes=("SEPARACAO_PULADA",) if pulou else (),
        acao=LIBERAR,
    )


def _desde(gw: Gateway, connection: Connection, row: Linha, coluna: str) -> str | None:
    if row[coluna] is not None:
        return str(row[coluna].replace(tzinfo=gw.settings.fuso).isoformat(timespec="seconds"))
    return na_filial(gw, connection, row["CODFILIAL"], row["DTALTERACAO"]).isoformat(timespec="seconds")


def _da_reserva(
    row: Linha, tipo: str, explicacao: str, acao: str, *, desde: str | None = None, rotina: str | None = None
) -> Diferenca:
    return Diferenca(
        id=id_da_diferenca(tipo, row["NUMPED"]),
        tipo=tipo,
        filial=row["CODFILIAL"],
        codprod=None,
        numped=row["NUMPED"],
        numero=row["NUMERO"],
        esperado=None,
        reservado=None,
        diferenca=None,
        valor=None if row["VLTOTAL"] is None else arredondar(row["VLTOTAL"], CENTAVO),
        desde=desde,
        caller=row["CALLER"],
        explicacao=explicacao,
        anotacoes=(),
        acao=acao,
        rotina=rotina,
    )


def _cancelamento_perdido(gw: Gateway, connection: Connection, row: Linha) -> Diferenca:
    texto_ = (
        f"A reserva está {row['ESTADO']} no gateway, mas o pedido segue na posição {row['POSICAO']} e retém estoque."
    )
    separada = row["POSICAO"] == "M"
    return _da_reserva(
        row,
        "CANCELAMENTO_PERDIDO",
        texto_,
        INFORMAR if separada else CANCELAR,
        desde=na_filial(gw, connection, row["CODFILIAL"], row["DTALTERACAO"]).isoformat(timespec="seconds"),
        rotina="901" if separada else None,
    )


def _criacao_perdida(row: Linha) -> Diferenca:
    texto_ = "A reserva está viva no gateway, mas o pedido não existe no WinThor; a causa está fora do gateway."
    return _da_reserva(row, "CRIACAO_PERDIDA", texto_, INFORMAR)


def _passada_da_idade(gw: Gateway, connection: Connection, row: Linha) -> Diferenca:
    if row["ESTADO"] == Estado.AUTORIZADA.value:
        instante = na_filial(gw, connection, row["CODFILIAL"], row["DTEXPIRA"])
        quando = instante.isoformat(timespec="seconds")
        texto_ = f"A reserva venceu em {instante:%d/%m/%Y %H:%M} e a varredura ainda não a expirou."
        return _da_reserva(row, "VENCIDA", texto_, EXPIRAR, desde=quando)
    instante = na_filial(gw, connection, row["CODFILIAL"], row["DTALTERACAO"])
    quando = instante.isoformat(timespec="seconds")
    texto_ = (
        f"A reserva foi resgatada em {instante:%d/%m/%Y %H:%M} e nem paga nem cancelada desde então; "
        "cancele-a se a venda não houve."
    )
    return _da_reserva(row, "VENCIDA", texto_, INFORMAR, desde=quando)


def _pendente(row: Linha) -> Diferenca:
    return Diferenca(
        id=id_da_diferenca("PENDENTE_VENCIDA", row["ID"]),
        tipo="PENDENTE_VENCIDA",
        filial=row["CODFILIAL"],
        codprod=None,
        numped=row["IDRETAGUARDA"],
        numero=row["NUMERO"],
        esperado=None,
        reservado=None,
        diferenca=None,
        valor=None,
        desde=row["DTINICIO"].replace(tzinfo=dt.UTC).isoformat(timespec="seconds"),
        caller=row["CALLER"],
        explicacao="A operação ficou P além do prazo; ela não teve efeito e a recuperação a encerra como R.",
        anotacoes=(),
        acao=RECUPERAR,
    )


def registrar_conciliacao(gw: Gateway) -> None:
    """Remember when the last reconciliation ran."""
    gw.db.run(lambda c: config.gravar_config(c, ULTIMA_CONCILIACAO, utc(gw.agora()).isoformat()))
