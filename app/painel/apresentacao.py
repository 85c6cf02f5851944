"""How values look on a page: dates, numbers, money, names of states, bars of a chart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import simplejson

from app.api.auth import gateway
from app.domain import diferencas
from app.domain.dinheiro import CENTAVO, arredondar, texto
from app.domain.vida import VIVOS, Acao, Efeito, Estado, passo
from app.services.consulta.movimentos import Movimento
from app.services.consulta.operacoes import OperacaoListada
from app.services.consulta.reservas import ResumoDaReserva
from app.services.tempo.expirar import CALLER as VARREDURA

# What the select offers; what one operation did is told by `feita`.
OPERACOES = {"I": "Reserva", "A": "Alteração, pagamento, resgate", "C": "Cancelamento, expiração"}
STATUS = {"A": "Aceita", "R": "Recusada", "P": "Em processamento"}
SITUACOES = {0: "Cancelada", 1: "Recebido (paga)", 2: "Disponível", 3: "Resgatada"}
ESTADOS = {
    "AUTORIZADA": "Autorizada",
    "CONFIRMADA": "Confirmada",
    "RESGATADA": "Resgatada",
    "RECONHECIDA": "Em separação",
    "BLOQUEADA": "Bloqueada no WinThor",
    "ASSUMIDA": "Assumida no WinThor",
    "BAIXADA": "Faturada",
    "CANCELADA": "Cancelada",
    "EXPIRADA": "Expirada",
    "SUBSTITUIDA": "Substituída",
}
# How a state's mark looks: neutral where all is as usual, with a colour where somebody is needed, or was well served.
CORES = {
    "CONFIRMADA": "bom",
    "RESGATADA": "espera",
    "BLOQUEADA": "ruim",
    "ASSUMIDA": "espera",
}
POSICOES = {"L": "Liberado", "M": "Em montagem", "F": "Faturado", "C": "Cancelado", "B": "Bloqueado", "P": "Pendente"}
TIPOS = {tipo: linha.nome for tipo, linha in diferencas.TIPOS.items()}
TIPOS_DE_ENTREGA = {"RP": "Retira depois", "EN": "Entrega", "EF": "Encomenda"}
CAMINHOS = {
    "COM_SEPARACAO": "Com separação",
    "COM_CARREGAMENTO": "Com carregamento",
    "DIRETO": "Direto, sem separação",
    "SEPARACAO_PULADA": "Separação pulada",
}
PASSOS_DO_FLUXO = {
    "ESPERA": "Espera pela separação",
    "SEPARACAO": "Separação",
    "CONFERENCIA": "Conferência",
    "FATURAMENTO": "Espera pela nota",
}
# Offered where a reason is asked; any other may be written.
MOTIVOS = (
    "Cliente desistiu da compra",
    "Reserva parada: a venda não aconteceu",
    "Venda refeita com outro número",
    "Erro de digitação no PDV",
    "Cliente pediu mais prazo",
    "Conferência de estoque",
)
PASSOS = {
    "total": "Total",
    "abertura": "Registro inicial",
    "conferencia": "Validação",
    "cep": "Consulta do CEP",
    "locks": "Espera por travas",
    "gravacao": "Gravação",
}


def iso(instante: dt.datetime | str | None) -> str:
    """An instant as a program reads it."""
    if isinstance(instante, dt.datetime):
        return instante.isoformat(timespec="seconds")
    return instante or ""


def quando(instante: dt.datetime | str | None) -> str:
    """An instant by the ERP's clock, or by its branch's where it comes in that zone."""
    if not instante:
        return "–"
    if isinstance(instante, str):
        instante = dt.datetime.fromisoformat(instante)
    return na_hora(instante).strftime("%d/%m/%Y %H:%M:%S")


def na_hora(instante: dt.datetime) -> dt.datetime:
    """By the ERP's clock, unless it comes by the clock of a branch."""
    if instante.tzinfo is None or (isinstance(instante.tzinfo, ZoneInfo) and instante.tzinfo.key != "UTC"):
        return instante
    return instante.astimezone(gateway().settings.fuso)


def outra_hora(instante: dt.datetime | str | None) -> str:
    """Whose clock it is, where it shows another time than the ERP's; else nothing."""
    if not isinstance(instante, dt.datetime) or not isinstance(instante.tzinfo, ZoneInfo):
        return ""
    mesma = instante.utcoffset() == instante.astimezone(gateway().settings.fuso).utcoffset()
    return "" if mesma or instante.tzinfo.key == "UTC" else f"hora de {instante.tzinfo.key.rpartition('/')[2]}"


def local(instante: dt.datetime | None) -> dt.datetime | None:
    """The same for a spreadsheet, which knows no zones."""
    return None if instante is None else na_hora(instante).replace(tzinfo=None)


def relogio() -> str:
    """What the ERP's clock says now."""
    return gateway().hora_do_erp(gateway().agora()).strftime("%H:%M:%S")


def dia(data: dt.date | None) -> str:
    """A day as written in Brazil; a dash for none."""
    return "–" if data is None else data.strftime("%d/%m/%Y")


def hora(instante: dt.datetime) -> str:
    """The hour of an instant by the ERP's clock."""
    return instante.astimezone(gateway().settings.fuso).strftime("%Hh")


def idade(segundos: int | float | None) -> str:
    """A length of time in its two largest units."""
    if segundos is None:
        return "–"
    resto = int(segundos)
    partes = []
    for nome, tamanho in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        quantos, resto = divmod(resto, tamanho)
        if quantos:
            partes.append(f"{quantos} {nome}")
    return " ".join(partes[:2]) or "0 s"


def plural(quantos: Any, um: str, varios: str) -> str:
    """``1 reserva``, ``2 reservas``."""
    return f"{numero(quantos)} {um if quantos == 1 else varios}"


def feita(o: OperacaoListada | Movimento) -> str:
    """What an operation asked for, by the word that a clerk has for it."""
    if o.efeito == Efeito.MUDAR_FILIAL.name:
        return "Remanejamento"
    if o.operacao == "A":
        return {1: "Pagamento", 3: "Resgate", 2: "Alteração"}.get(o.situacao or 0, "Ação da retaguarda")
    if o.operacao == "C":
        return "Expiração" if o.caller == VARREDURA else "Cancelamento"
    return "Reserva"


EM_DUAS_HORAS = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Marca:
    """A mark beside a term: how it looks, what it says."""

    classe: str
    texto: str


def prazo(r: ResumoDaReserva) -> Marca | None:
    """How near the end of a reservation is: past due, within two hours, today by its branch's clock; else nothing."""
    if r.expira is None:
        return None
    agora = gateway().agora().astimezone(r.expira.tzinfo)
    falta = r.expira - agora
    if r.vencida:
        return Marca("ruim", f"vencida há {idade(-falta.total_seconds())}")
    if falta <= EM_DUAS_HORAS:
        return Marca("espera", f"vence em {idade(falta.total_seconds())}")
    return Marca("neutro", "vence hoje") if r.expira.date() == agora.date() else None


def numero(valor: Any) -> str:
    """A number as written in Brazil; a dash for none."""
    if valor is None or valor == "":
        return "–"
    decimal = valor if isinstance(valor, Decimal) else Decimal(str(valor))
    inteira, virgula, casas = texto(abs(decimal)).partition(",")
    grupos = f"{int(inteira):,}".replace(",", ".")
    return f"{'−' if decimal < 0 else ''}{grupos}{virgula}{casas}"


def dinheiro(valor: Any) -> str:
    """Reais and cents."""
    if valor is None:
        return "–"
    escrito = f"{arredondar(Decimal(str(valor)), CENTAVO):,.2f}"
    return "R$ " + escrito.translate(str.maketrans(",.", ".,"))


def percentual(parte: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "–" if parte is None else f"{parte * 100:.1f} %".replace(".", ",")


def json_legivel(valor: Any) -> str:
    """JSON for people to read."""
    return simplejson.dumps(valor, ensure_ascii=False, use_decimal=True, indent=2)


def pode_cancelar(estado: Estado | None) -> bool:
    """Whether a person may cancel a reservation in this state, an ASSUMIDA one after a second question (R16)."""
    return estado is not None and passo(estado, Acao.CANCELAR_ASSUMIDA).efeito is Efeito.MUDAR


def pode_prorrogar(estado: Estado) -> bool:
    """Whether a person may give a reservation in this state more time (R16)."""
    return passo(estado, Acao.PRORROGAR).efeito is Efeito.MUDAR_PRAZO


def pode_remanejar(estado: Estado) -> bool:
    """Whether a person may move lines of a reservation in this state to other branches (R29)."""
    return passo(estado, Acao.REMANEJAR).efeito is Efeito.MUDAR_FILIAL


_PRAZO_PARADO = {
    Estado.BLOQUEADA: "o prazo não conta enquanto o pedido está bloqueado",
    Estado.ASSUMIDA: "o prazo não conta enquanto o pedido está com quem o assumiu",
}


def sem_prazo(reserva: ResumoDaReserva) -> str:
    """What is said of the end of a reservation that shows none; a term that stands still is one not yet paid."""
    if reserva.estado not in VIVOS:
        return "–"
    parado = _PRAZO_PARADO.get(reserva.estado) if reserva.no_pdv == "DISPONIVEL" else None
    return parado or "não expira"


@dataclass(frozen=True, slots=True)
class Barra:
    """A lying bar of a chart: what it is of, its share of the longest, the figure beside it, where it leads."""

    rotulo: str
    parte: float
    figura: str
    nota: str = ""
    elo: str | None = None


@dataclass(frozen=True, slots=True)
class Grafico:
    """``escala``: what the longest bar stands for, with its unit."""

    barras: Sequence[Barra]
    escala: str


def grafico(linhas: Sequence[tuple[str, Any, str, str | None]], figura: Callable[[Any], str]) -> Grafico | None:
    """A chart of (label, value, note, address); None when there is nothing to show."""
    maior = max((valor for _, valor, _, _ in linhas), default=0)
    if not maior:
        return None
    barras = [
        Barra(rotulo, round(float(valor) / float(maior) * 100, 2), figura(valor) if valor else "–", nota, elo)
        for rotulo, valor, nota, elo in linhas
    ]
    return Grafico(barras, figura(maior))


def colunas(valores: Sequence[int], largura: int, altura: int, topo: int) -> list[dict[str, float]]:
    """The columns of a chart: x, y, width and height of each; ``topo``: the value at the upper edge."""
    passo = largura / max(len(valores), 1)
    return [
        {
            "x": round(n * passo + 1, 2),
            "y": round(altura - altura * valor / max(topo, 1), 2),
            "largura": round(max(passo - 2, 1), 2),
            "altura": round(altura * valor / max(topo, 1), 2),
        }
        for n, valor in enumerate(valores)
    ]


VIGENCIAS = {"VIGENTE": "em vigor", "FUTURA": "futura", "VENCIDA": "vencida", "ENCERRADA": "encerrada"}

FILTROS = {
    "quando": quando,
    "iso": iso,
    "hora": hora,
    "dia": dia,
    "idade": idade,
    "numero": numero,
    "dinheiro": dinheiro,
    "percentual": percentual,
    "json_legivel": json_legivel,
    "outra_hora": outra_hora,
}
NOMES = {
    "OPERACOES": OPERACOES,
    "STATUS": STATUS,
    "SITUACOES": SITUACOES,
    "ESTADOS": ESTADOS,
    "CORES": CORES,
    "TIPOS": TIPOS,
    "TIPOS_DE_ENTREGA": TIPOS_DE_ENTREGA,
    "CAMINHOS": CAMINHOS,
    "PASSOS_DO_FLUXO": PASSOS_DO_FLUXO,
    "VIGENCIAS": VIGENCIAS,
    "ACOES": diferencas.ACOES,
    "ANOTACOES": diferencas.ANOTACOES,
    "MOTIVOS": MOTIVOS,
    "PASSOS": PASSOS,
    "POSICOES": POSICOES,
    "plural": plural,
    "feita": feita,
    "prazo": prazo,
    "relogio": relogio,
    "colunas": colunas,
    "pode_cancelar": pode_cancelar,
    "sem_prazo": sem_prazo,
}
