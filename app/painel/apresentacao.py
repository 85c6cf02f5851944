"""How values look on a page: dates, numbers, money, names of states, bars of a chart."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import simplejson

from app.api.auth import gateway
from app.domain import diferencas
from app.domain.dinheiro import CENTAVO, arredondar, texto
from app.domain.vida import VIVOS, Acao, Efeito, Estado, passo
from app.services.consulta.reservas import ResumoDaReserva

OPERACOES = {"I": "Inclusão", "A": "Alteração", "C": "Cancelamento"}
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
# How a state's mark looks: still open, well on its way, in need of a person, over.
CORES = {
    "AUTORIZADA": "espera",
    "CONFIRMADA": "bom",
    "RESGATADA": "bom",
    "RECONHECIDA": "bom",
    "BLOQUEADA": "ruim",
    "ASSUMIDA": "espera",
    "BAIXADA": "neutro",
    "CANCELADA": "neutro",
    "EXPIRADA": "neutro",
    "SUBSTITUIDA": "neutro",
}
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
    """An instant by the ERP's clock."""
    if not instante:
        return "–"
    if isinstance(instante, str):
        instante = dt.datetime.fromisoformat(instante)
    if instante.tzinfo is not None:
        instante = instante.astimezone(gateway().settings.fuso)
    return instante.strftime("%d/%m/%Y %H:%M:%S")


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


def barras(valores: list[int], largura: int, altura: int) -> list[dict[str, float]]:
    """The bars of a chart of one series: x, y, width and height of each."""
    maior = max([*valores, 1])
    passo = largura / max(len(valores), 1)
    return [
        {
            "x": round(n * passo + 1, 2),
            "y": round(altura - altura * valor / maior, 2),
            "largura": round(max(passo - 2, 1), 2),
            "altura": round(altura * valor / maior, 2),
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
    "barras": barras,
    "pode_cancelar": pode_cancelar,
    "sem_prazo": sem_prazo,
}
