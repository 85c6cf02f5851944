"""Protected stock for those who decide on it: define a policy, list them, end one (R30)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.dados_pessoais import ocultar
from app.domain.dinheiro import CEM, arredondar
from app.domain.protecao import Politica, Vigencia
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.services.relogio import na_filial
from app.winthor import politicas
from app.winthor.db.transaction import Connection
from app.winthor.politicas import NovaPolitica

QUANTIDADE_MAXIMA = Decimal(10) ** 12
MOTIVO_MAXIMO = 200
_CASAS_DA_QUANTIDADE, _CASAS_DO_PERCENTUAL = Decimal("0.000001"), Decimal("0.0001")


class PoliticaRecusada(Exception):
    """A policy cannot be made, or ended, as asked; ``problemas`` are Portuguese, for the operator."""

    def __init__(self, problemas: list[str]) -> None:
        super().__init__("; ".join(problemas))
        self.problemas = problemas


@dataclass(frozen=True, slots=True)
class Definicao:
    """What is asked for; members as those of Politica."""

    filial: str
    codprod: int | None
    codepto: int | None
    canal: str | None
    quantidade: Decimal | None
    percentual: Decimal | None
    inicio: dt.date | None
    fim: dt.date | None
    motivo: str


@dataclass(frozen=True, slots=True)
class PoliticaMostrada:
    """A policy and where it stands today; ``criada`` and ``encerrada`` aware, in the zone of the branch."""

    politica: Politica
    vigencia: Vigencia
    criada: dt.datetime
    encerrada: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PoliticasListadas:
    """Policies, by number."""

    itens: Sequence[PoliticaMostrada]


def definir(gw: Gateway, quem: str, definicao: Definicao) -> int:
    """Make a policy; its number. It is in force in every process within PREVENDA_CACHE_SEGUNDOS, and frees nothing that
    is held already. Raises PoliticaRecusada with every problem."""

    def gravar(connection: Connection) -> int:
        problemas = [*_das_quantias(definicao), *_das_datas(gw, definicao), *_do_cadastro(gw, connection, definicao)]
        if problemas:
            raise PoliticaRecusada(problemas)
        d = definicao
        nova = NovaPolitica(
            *(d.filial, d.codprod, d.codepto, d.canal, d.quantidade, d.percentual, d.inicio, d.fim),
            motivo=ocultar(d.motivo.strip()),
            criada_por=quem,
            criada=utc(gw.agora()),
        )
        return politicas.insert(connection, nova)

    numero = gw.db.run(gravar)
    gw.politicas.esquecer()
    return numero


def _das_quantias(d: Definicao) -> list[str]:
    problemas = _do_motivo(d.motivo)
    if (d.quantidade is None) == (d.percentual is None):
        problemas.append("Informe a quantidade ou o percentual, um dos dois.")
    if d.codprod is not None and d.codepto is not None:
        problemas.append("Informe o produto ou o departamento, um dos dois.")
    if d.quantidade is not None and not _dentro(d.quantidade, QUANTIDADE_MAXIMA, _CASAS_DA_QUANTIDADE):
        problemas.append("A quantidade deve ser maior que zero, com até 6 casas.")
    if d.percentual is not None and not _dentro(d.percentual, CEM, _CASAS_DO_PERCENTUAL):
        problemas.append("O percentual deve ser maior que zero e no máximo 100, com até 4 casas.")
    return problemas


def _do_motivo(motivo: str) -> list[str]:
    cabe = 1 <= len(motivo.strip()) <= MOTIVO_MAXIMO
    return [] if cabe else [f"O motivo deve ter de 1 a {MOTIVO_MAXIMO} caracteres."]


def _dentro(valor: Decimal, maximo: Decimal, casas: Decimal) -> bool:
    return valor.is_finite() and 0 < valor <= maximo and valor == arredondar(valor, casas)


def _das_datas(gw: Gateway, d: Definicao) -> list[str]:
    if d.fim is None:
        return []
    if d.inicio is not None and d.fim < d.inicio:
        return ["O último dia não pode vir antes do primeiro."]
    return ["O último dia já passou."] if d.fim < gw.hora_do_erp(gw.agora()).date() else []


def _do_cadastro(gw: Gateway, connection: Connection, d: Definicao) -> list[str]:
    problemas = []
    if d.filial not in gw.cadastros.filiais(connection, [d.filial]):
        problemas.append(f"A filial {d.filial} não existe no WinThor.")
    if d.codprod is not None and not politicas.tem_produto(connection, codprod=d.codprod):
        problemas.append(f"O produto {d.codprod} não existe no WinThor.")
    if d.codepto is not None and not politicas.tem_produto(connection, codepto=d.codepto):
        problemas.append(f"Nenhum produto é do departamento {d.codepto}.")
    if d.canal is not None and not politicas.tem_login(connection, d.canal):
        problemas.append(f"Não há login ativo chamado {d.canal}.")
    return problemas


def encerrar(gw: Gateway, quem: str, numero: int, motivo: str) -> None:
    """End a policy now, for a reason; every process knows within PREVENDA_CACHE_SEGUNDOS. Raises PoliticaRecusada."""
    if problemas := _do_motivo(motivo):
        raise PoliticaRecusada(problemas)
    agora = utc(gw.agora())
    if not gw.db.run(lambda c: politicas.encerrar(c, numero, caller=quem, motivo=ocultar(motivo.strip()), agora=agora)):
        raise PoliticaRecusada([f"Não há política {numero} a encerrar."])
    gw.politicas.esquecer()


def listar(gw: Gateway, caller: Caller, *, filial: str | None = None, encerradas: bool = False) -> PoliticasListadas:
    """The policies of the caller's branches, by number, as they are stored now; those that were ended only when asked
    for."""
    hoje = gw.hora_do_erp(gw.agora()).date()
    with gw.db.read() as connection:
        lidas = politicas.find_all(connection, encerradas=encerradas, filial=filial)
        itens = [
            PoliticaMostrada(
                politica=p,
                vigencia=p.vigencia(hoje),
                criada=na_filial(gw, connection, p.filial, p.criada),
                encerrada=None if p.encerrada is None else na_filial(gw, connection, p.filial, p.encerrada),
            )
            for p in lidas
            if caller.pode_na_filial(p.filial)
        ]
    return PoliticasListadas(itens)
