"""PCCLIENT: find, and insert with a number from PCCONSUM.PROXNUMCLI (R7)."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.domain.cliente import Cliente
from app.domain.documentos import formas_de_busca, normalizar_documento
from app.domain.endereco import sem_acentos
from app.winthor.db.faults import SemCodigoDeCliente
from app.winthor.db.leitura import Leitura
from app.winthor.db.lists import any_bind, bind_list, list_size
from app.winthor.db.travas import lock
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.esquema.tables import PCCIDADE, PCCLIENT, PCCONSUM, PCPEDC, PCPRACA

JANELA_DE_NUMEROS = 50
MAIOR_CODCLI = 999_998  # PCCONSUM.PROXNUMCLI NUMBER(6,0) must still hold the number after it


@dataclass(frozen=True, slots=True)
class Praca:
    """A praça (PCPRACA) and its price region."""

    codpraca: int
    numregiao: int | None


@dataclass(frozen=True, slots=True)
class NumeracaoTravada:
    """The first free CODCLI under the lock of PCCONSUM, and the customers that already carry the document."""

    codcli: int
    gemeos: Sequence[Cliente]


def find(
    connection: sa.Connection, codigos: Collection[int], documento: str | None, *, normalizado: bool = False
) -> list[Cliente]:
    """Customers with one of the codes, or with the document (normalised) in CGCENT; excluded ones too.

    Never cached: a block must be seen at once. ``normalizado``: see ``com_documento``.
    """
    consulta = busca(codigos, documento, normalizado=normalizado)
    return [cliente_de(row) for row in connection.execute(consulta.query, consulta.binds)]


def busca(codigos: Collection[int], documento: str | None, *, normalizado: bool = False) -> Leitura:
    """The statement of ``find``, to be asked with another."""
    query = _busca(list_size(len(codigos)), len(_formas(documento, normalizado)), normalizado)
    return Leitura(query, _valores(codigos, documento, normalizado))


def find_com_o_do_pedido(
    connection: sa.Connection, codigos: Collection[int], documento: str | None, numped: int, *, normalizado: bool
) -> tuple[int | None, list[Cliente]]:
    """CODCLI of the order, None when none of the customers is its, and the customers as ``find`` finds them with it;
    one statement."""
    valores = {**_valores(codigos, documento, normalizado), "B_NUMPED": numped}
    query = _busca(list_size(len(codigos)), len(_formas(documento, normalizado)), normalizado, com_o_do_pedido=True)
    rows = connection.execute(query, valores).all()
    return next((row.CODCLI for row in rows if row.CODCLI == row.DO_PEDIDO), None), [cliente_de(row) for row in rows]


def _formas(documento: str | None, normalizado: bool) -> list[str]:
    return [] if documento is None else [documento] if normalizado else list(formas_de_busca(documento))


def _valores(codigos: Collection[int], documento: str | None, normalizado: bool) -> dict[str, Any]:
    formas = {f"B_FORMA_{n}": forma for n, forma in enumerate(_formas(documento, normalizado))}
    return {**bind_list("B_CODCLI", sorted(codigos)), **formas}


@functools.lru_cache(maxsize=32)
def _busca(codigos: int, formas: int, normalizado: bool, com_o_do_pedido: bool = False) -> sa.Select[Any]:
    condicao = any_bind(PCCLIENT.c.CODCLI, "B_CODCLI", codigos)
    if formas:
        documento = SEM_MASCARA if normalizado else PCCLIENT.c.CGCENT
        condicao = sa.or_(condicao, documento.in_([sa.bindparam(f"B_FORMA_{n}") for n in range(formas)]))
    if not com_o_do_pedido:
        return _CLIENTES.where(condicao)
    do_pedido = sa.select(PCPEDC.c.CODCLI).where(PCPEDC.c.NUMPED == sa.bindparam("B_NUMPED")).scalar_subquery()
    colunas = _CLIENTES.add_columns(do_pedido.label("DO_PEDIDO"))
    return colunas.where(sa.or_(condicao, PCCLIENT.c.CODCLI == do_pedido))


def com_documento(documento: str, normalizado: bool) -> sa.ColumnElement[bool]:
    """CGCENT is the document: in its plain or masked form, which any index on CGCENT serves; or, ``normalizado``, in
    any mix of masks, which needs a function index on ``SEM_MASCARA``."""
    if normalizado:
        return SEM_MASCARA == documento
    return PCCLIENT.c.CGCENT.in_(list(formas_de_busca(documento)))


def _tem_documento(cgcent: str | None, documento: str, normalizado: bool) -> bool:
    """The same on a row: what the search would not find is not found behind the lock either."""
    return normalizar_documento(cgcent) == documento if normalizado else cgcent in formas_de_busca(documento)


def _sem(expression: Any, *characters: str) -> Any:
    """Without these characters, written as constants: an index on an expression is not found by one with binds."""
    for character in characters:
        expression = sa.func.replace(expression, sa.literal_column(f"'{character}'"), sa.literal_column("''"))
    return expression


SEM_MASCARA: sa.ColumnElement[str] = sa.func.upper(_sem(PCCLIENT.c.CGCENT, ".", "-", "/", " "), type_=sa.String())


def count_outras_formas(connection: sa.Connection) -> int:
    """Customers whose CGCENT is neither a plain nor a fully masked document: not found by the indexed search."""
    query = (
        sa.select(sa.func.count())
        .select_from(PCCLIENT)
        .where(
            PCCLIENT.c.DTEXCLUSAO.is_(None),
            PCCLIENT.c.CGCENT != SEM_MASCARA,
            PCCLIENT.c.CGCENT != sa.func.coalesce(_com_mascara(), SEM_MASCARA),
        )
    )
    return int(connection.execute(query).scalar_one())


def _com_mascara() -> sa.ColumnElement[str]:
    """CGCENT as a masked CPF or CNPJ, NULL when it has the length of neither."""

    def parte(inicio: int, tamanho: int) -> sa.ColumnElement[str]:
        return sa.func.substr(SEM_MASCARA, inicio, tamanho, type_=sa.String())

    cpf = parte(1, 3) + "." + parte(4, 3) + "." + parte(7, 3) + "-" + parte(10, 2)
    cnpj = parte(1, 2) + "." + parte(3, 3) + "." + parte(6, 3) + "/" + parte(9, 4) + "-" + parte(13, 2)
    tamanho = sa.func.length(SEM_MASCARA)
    return sa.case((tamanho == 11, cpf), (tamanho == 14, cnpj))


def lock_numeracao(connection: sa.Connection, documento: str, *, normalizado: bool = False) -> NumeracaoTravada:
    """Lock PCCONSUM, the turnstile of new customers, and look the document up again behind it (R20).

    The counter is not moved yet. Raises SemCodigoDeCliente when its column could not hold the number after it.
    """
    row = lock(connection, _PROXNUMCLI, {}, linhas=["PCCONSUM"]).first()
    proximo = int(row.PROXNUMCLI) if row is not None and row.PROXNUMCLI else 1
    while True:
        janela = PCCLIENT.c.CODCLI.between(proximo, proximo + JANELA_DE_NUMEROS - 1)
        rows = connection.execute(_CLIENTES.where(sa.or_(janela, com_documento(documento, normalizado)))).all()
        usados = {row.CODCLI for row in rows}
        gemeos = [cliente_de(row) for row in rows if _tem_documento(row.CGCENT, documento, normalizado)]
        livre = next((n for n in range(proximo, proximo + JANELA_DE_NUMEROS) if n not in usados), None)
        if livre is not None:
            if livre > MAIOR_CODCLI and all(gemeo.excluido for gemeo in gemeos):
                raise SemCodigoDeCliente("PCCONSUM.PROXNUMCLI")
            return NumeracaoTravada(livre, gemeos)
        proximo += JANELA_DE_NUMEROS


_PROXNUMCLI = sa.select(PCCONSUM.c.PROXNUMCLI)


def codigos_restantes(connection: sa.Connection) -> int | None:
    """How many codes PCCONSUM.PROXNUMCLI has left, None unless the table has exactly one row; read without a lock."""
    proximos = connection.execute(sa.select(PCCONSUM.c.PROXNUMCLI)).scalars().all()
    return MAIOR_CODCLI - int(proximos[0] or 1) + 1 if len(proximos) == 1 else None


def insert(connection: sa.Connection, tabelas: Tabelas, row: Mapping[str, Any]) -> None:
    """Insert the customer and move PROXNUMCLI past it; PCCONSUM is locked already."""
    connection.execute(sa.update(PCCONSUM).values(PROXNUMCLI=row["CODCLI"] + 1))
    tabelas.inserir(connection, "PCCLIENT", [row])


@dataclass(frozen=True, slots=True)
class ClienteTravado:
    """A customer whose row is locked, and what the columns asked for hold."""

    cliente: Cliente
    valores: Mapping[str, Any]


def lock_cliente(
    connection: sa.Connection, tabelas: Tabelas, codcli: int, colunas: Collection[str]
) -> ClienteTravado | None:
    """Lock a customer's row and read it with ``colunas``, None when there is none (R20). Raises Ocupado."""
    tipos = tabelas["PCCLIENT"].c
    nomes = sorted(colunas)
    pedidas = [sa.literal_column(f"PCCLIENT.{nome}", tipos[nome].type).label(f"C_{nome}") for nome in nomes]
    consulta, linhas = _UM_CLIENTE.add_columns(*pedidas), [("PCCLIENT", codcli)]
    row = lock(connection, consulta, {"B_CODCLI": codcli}, of="PCCLIENT.CODCLI", linhas=linhas).first()
    if row is None:
        return None
    return ClienteTravado(cliente_de(row), dict(zip(nomes, row[len(row) - len(nomes) :], strict=True)))


def update(connection: sa.Connection, tabelas: Tabelas, codcli: int, valores: Mapping[str, Any]) -> None:
    """Change columns of a customer, whose row ``lock_cliente`` has locked."""
    table = tabelas["PCCLIENT"]
    connection.execute(sa.update(table).where(table.c.CODCLI == codcli).values(**valores))


def cidade(connection: sa.Connection, nome: str, uf: str, ibge: int | None = None) -> int | None:
    """PCCIDADE.CODCIDADE by the IBGE code, else by name and state; the first one when several match.

    WinThor's screens store names in capitals, most sites without accents: both spellings are looked for.
    """
    grafias = sorted({" ".join(nome.upper().split()), sem_acentos(nome).upper()})
    pelo_nome = sa.and_(sa.func.upper(PCCIDADE.c.NOMECIDADE).in_(grafias), PCCIDADE.c.UF == uf.strip().upper())
    alguma = pelo_nome if ibge is None else sa.or_(pelo_nome, PCCIDADE.c.CODIBGE == ibge)
    query = sa.select(PCCIDADE.c.CODCIDADE, PCCIDADE.c.CODIBGE).where(alguma).order_by(PCCIDADE.c.CODCIDADE)
    rows = connection.execute(query).all()
    preferidas = [row.CODCIDADE for row in rows if ibge is not None and row.CODIBGE == ibge]
    return next(iter([*preferidas, *(row.CODCIDADE for row in rows)]), None)


def praca_do_cep(connection: sa.Connection, cep: str) -> Praca | None:
    """The active praça whose range holds the CEP; the narrowest range first.

    ``cep``: 8 digits. The ranges are compared as digits, with or without their mask.
    """
    inicio, fim = (sa.func.replace(coluna, "-", "") for coluna in (PCPRACA.c.CEPINICIAL, PCPRACA.c.CEPFINAL))
    query = (
        sa.select(PCPRACA.c.CODPRACA, PCPRACA.c.NUMREGIAO)
        .where(inicio <= cep, fim >= cep, sa.func.coalesce(PCPRACA.c.SITUACAO, "A") == "A")
        .order_by(inicio.desc(), fim, PCPRACA.c.CODPRACA)
    )
    row = connection.execute(query).first()
    return None if row is None else Praca(row.CODPRACA, row.NUMREGIAO)


# What ``cliente_de`` reads.
COLUNAS = (
    PCCLIENT.c.CODCLI,
    PCCLIENT.c.CGCENT,
    PCCLIENT.c.DTCADASTRO,
    PCCLIENT.c.DTEXCLUSAO,
    PCCLIENT.c.BLOQUEIO,
    PCCLIENT.c.CODPRACA,
    PCCLIENT.c.CODPLPAG,
    PCPRACA.c.NUMREGIAO,
)
_CLIENTES = sa.select(*COLUNAS).select_from(PCCLIENT.outerjoin(PCPRACA, PCPRACA.c.CODPRACA == PCCLIENT.c.CODPRACA))


_UM_CLIENTE = _CLIENTES.where(PCCLIENT.c.CODCLI == sa.bindparam("B_CODCLI"))


def cliente_de(row: Sequence[Any]) -> Cliente:
    """The customer of a row of ``COLUNAS``, and more after them or nothing."""
    codcli, cgcent, dtcadastro, dtexclusao, bloqueio, codpraca, codplpag, numregiao = row[: len(COLUNAS)]
    return Cliente(
        codcli=codcli,
        cgcent=cgcent,
        dtcadastro=dtcadastro,
        excluido=dtexclusao is not None,
        bloqueado=bloqueio == "S",
        codpraca=codpraca,
        numregiao=numregiao,
        codplpag=codplpag,
    )
