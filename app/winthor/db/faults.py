"""Technical faults of the database, told apart by what to do next.

    Falha                    something broke; not the caller's doing
    ├─ Ocupado               lock not obtained, deadlock: roll back and repeat the whole transaction
    │  └─ LinhaPresa         a row that somebody holds for long: another try now has no sense
    ├─ Indisponivel          no connection, or not to a database we can work in; it died before COMMIT: nothing was done
    │  └─ EnderecoSumiu      the address of a row names no place any more: moved, shrunk, cleared, imported
    ├─ Incompleto            a table, a column or a grant is missing: no repetition will bring it
    ├─ Sobrecarga            no free connection in the pool
    ├─ Duplicado             a unique key is already there: somebody was faster
    ├─ ValorRecusado         a value does not fit its column, or an obligatory column is empty
    ├─ RegraDaCasa           a rule of the site's own, a trigger or a constraint, refuses what is written
    ├─ GatilhoLeATabela      a row trigger reads its own table, which an insert of several rows does not allow
    ├─ DesfechoDesconhecido  COMMIT was sent and its answer lost (R14)
    ├─ OperacaoPerdida       the fence found the operation already settled by recovery (R15)
    └─ NumeracaoEsgotada     the counter left the RCA's range (R2)
       └─ SemCodigoDeCliente no code is left for a new customer (R7)

``repetir`` says whether the same transaction may simply be run again.
"""

from __future__ import annotations

import re

from sqlalchemy import exc

from app.domain.codigos import CODIGOS


class Falha(Exception):
    """A technical fault. ``codigo`` and its ``http`` are what the caller sees; the text never leaves the log."""

    codigo = "ERRO_INTERNO"
    repetir = False
    # Names of tables and columns that the database says are missing, for the log.
    objetos = ""

    @property
    def http(self) -> int:
        return CODIGOS[self.codigo].http


class Ocupado(Falha):
    codigo = "BANCO_OCUPADO"
    repetir = True


class LinhaPresa(Ocupado):
    repetir = False


class Indisponivel(Falha):
    codigo = "BANCO_INDISPONIVEL"
    repetir = True


class EnderecoSumiu(Indisponivel):
    pass


class Incompleto(Falha):
    codigo = "BANCO_INCOMPLETO"


class Sobrecarga(Falha):
    codigo = "SOBRECARGA"


class Duplicado(Falha):
    codigo = "BANCO_OCUPADO"
    repetir = True


class ValorRecusado(Falha):
    pass


class RegraDaCasa(Falha):
    """``dito``: what the rule says, in the words of whoever wrote it; it may name people."""

    codigo = "REGRA_DA_CASA"
    dito = ""


class GatilhoLeATabela(Falha):
    pass


class DesfechoDesconhecido(Falha):
    codigo = "BANCO_INDISPONIVEL"


class OperacaoPerdida(Falha):
    codigo = "BANCO_OCUPADO"


class NumeracaoEsgotada(Falha):
    codigo = "NUMERACAO_ESGOTADA"


class SemCodigoDeCliente(NumeracaoEsgotada):
    pass


_POSTGRESQL: dict[str, type[Falha]] = {
    "55P03": Ocupado,  # lock_not_available (lock_timeout)
    "40P01": Ocupado,  # deadlock_detected
    "40001": Ocupado,  # serialization_failure
    "57014": Ocupado,  # query_canceled (statement_timeout)
    "23505": Duplicado,
    "23502": ValorRecusado,
    "22001": ValorRecusado,
    "22003": ValorRecusado,
    "23503": RegraDaCasa,  # foreign_key_violation
    "23514": RegraDaCasa,  # check_violation
    "P0001": RegraDaCasa,  # raise_exception
    "P0002": RegraDaCasa,  # no_data_found
    "P0003": RegraDaCasa,  # too_many_rows
    "53300": Indisponivel,  # too_many_connections
    "53100": Indisponivel,  # disk_full
    "57P01": Indisponivel,  # admin_shutdown
    "57P02": Indisponivel,  # crash_shutdown
    "57P03": Indisponivel,  # cannot_connect_now
    "25P03": Indisponivel,  # idle_in_transaction_session_timeout
    "25006": Indisponivel,  # read_only_sql_transaction: a standby
    "42P01": Incompleto,  # undefined_table
    "42703": Incompleto,  # undefined_column
    "42501": Incompleto,  # insufficient_privilege
}

_ORACLE: dict[str, type[Falha]] = {
    "ORA-00054": Ocupado,  # NOWAIT
    "ORA-30006": Ocupado,  # WAIT n
    "ORA-00060": Ocupado,  # deadlock
    "ORA-08177": Ocupado,  # cannot serialize
    "ORA-04068": Ocupado,  # package state discarded
    "ORA-02049": Ocupado,  # lock wait of a distributed transaction
    "ORA-02091": Ocupado,  # transaction rolled back
    "ORA-01013": Ocupado,  # cancelled
    "ORA-04021": Ocupado,  # waiting for a library object
    "ORA-04061": Ocupado,  # a package was recompiled
    "ORA-04065": Ocupado,
    "ORA-06508": Ocupado,
    "DPY-4024": Ocupado,  # call timeout
    "ORA-00001": Duplicado,
    "ORA-01400": ValorRecusado,
    "ORA-01438": ValorRecusado,
    "ORA-12899": ValorRecusado,
    "ORA-02290": RegraDaCasa,  # check constraint
    "ORA-02291": RegraDaCasa,  # parent key not found
    "ORA-02292": RegraDaCasa,  # child record found
    "ORA-04091": GatilhoLeATabela,  # a table is mutating
    "ORA-01033": Indisponivel,  # starting or stopping
    "ORA-01034": Indisponivel,
    "ORA-01089": Indisponivel,  # shutting down
    "ORA-00018": Indisponivel,  # too many sessions
    "ORA-00020": Indisponivel,  # too many processes
    "ORA-00257": Indisponivel,  # archiver stuck
    "ORA-04031": Indisponivel,  # shared memory
    "ORA-01000": Indisponivel,  # too many open cursors
    "ORA-01536": Indisponivel,  # quota
    "ORA-01652": Indisponivel,
    "ORA-01688": Indisponivel,
    "ORA-01090": Indisponivel,  # shutting down
    "ORA-01109": Indisponivel,  # not open
    "ORA-01219": Indisponivel,
    "ORA-02391": Indisponivel,  # sessions per user
    "ORA-25402": Indisponivel,  # failover
    "ORA-25408": Indisponivel,
    "ORA-28365": Indisponivel,  # wallet is not open
    "ORA-16456": Indisponivel,  # switchover
    "ORA-12801": Indisponivel,  # a parallel server
    "ORA-00604": Indisponivel,  # recursive SQL: a logon trigger
    "ORA-03137": Indisponivel,  # protocol
    "ORA-01653": Indisponivel,  # tablespace full: table, index, undo
    "ORA-01654": Indisponivel,
    "ORA-30036": Indisponivel,
    "ORA-28000": Indisponivel,  # account locked
    "ORA-28001": Indisponivel,  # password expired
    "ORA-01017": Indisponivel,
    "ORA-00028": Indisponivel,  # the session is dead; thin mode says DPY-4011
    "ORA-01012": Indisponivel,
    "ORA-02396": Indisponivel,
    "ORA-03113": Indisponivel,
    "ORA-03114": Indisponivel,
    "ORA-03135": Indisponivel,
    "ORA-01410": EnderecoSumiu,  # invalid ROWID
    "ORA-08103": EnderecoSumiu,  # object no longer exists
    "ORA-00942": Incompleto,  # table or view does not exist
    "ORA-00904": Incompleto,  # invalid identifier
    "ORA-01031": Incompleto,  # insufficient privileges
    "ORA-41900": Incompleto,  # the same since 23ai, with the privilege's name
    "ORA-16000": Indisponivel,  # open read-only
    "DPY-6005": Indisponivel,
    "DPY-6000": Indisponivel,
    "DPY-4011": Indisponivel,
    "DPY-1001": Indisponivel,
}

_REDE = re.compile(r"ORA-12[1-6]\d\d")  # the listener and the net; thin mode says DPY-6xxx

_FALTA_NO_SQLITE = re.compile(r"no such (?:table|column)|table \S+ has no column named")

# What a trigger of the site raises by itself: RAISE_APPLICATION_ERROR.
_DA_CASA = re.compile(r"ORA-20\d\d\d")
_NO_GATILHO, _AO_CONFIRMAR = "ORA-04088", "ORA-02091"
_NUMERO = re.compile(r"ORA-\d{5}")
# Of these only what happened where tells whose they are: ours, or of what a trigger does.
_DE_QUEM = (None, Duplicado, ValorRecusado)

_SEM_SQLSTATE = {"OperationalError", "InterfaceError", "ConnectionTimeout"}


def classify(error: BaseException) -> Falha:
    """The fault behind an exception of SQLAlchemy or of a driver; its text is kept as the cause, not copied."""
    if isinstance(error, Falha):
        return error
    if isinstance(error, exc.TimeoutError):
        return Sobrecarga("pool")
    if isinstance(error, exc.DBAPIError):
        kind = _by_driver(error.orig)
        if kind is None:
            kind = Indisponivel if error.connection_invalidated else Falha
        falha = kind(_code(error.orig))
        if isinstance(falha, Incompleto):
            falha.objetos = _objetos(error)
        elif isinstance(falha, RegraDaCasa):
            falha.dito = _dito(error.orig)
        return falha
    return Falha(type(error).__name__)


# Identifiers in the words of the three databases; never a value, which none of these messages holds.
_NOME = r"[\"`]?([A-Za-z_][\w$#]*(?:[\"`]?\.[\"`]?[A-Za-z_][\w$#]*)*)[\"`]?"
_NOMEADO = re.compile(
    rf"(?:relation|column|table|view|no such table:|no such column:|sequence|schema|named|ORA-\d+:)"
    rf" (?!named ){_NOME}"
)
_PALAVRAS = {"or", "view", "table", "does", "insufficient", "has", "of", "missing"}
_DO_COMANDO = re.compile(r"\b(?:PC|GW_)[A-Z_]{2,30}\b")


def _objetos(error: exc.DBAPIError) -> str:
    """What is missing as the database names it, else the tables of the statement."""
    linha = next(iter(str(error.orig).splitlines()), "")
    nomes = [nome.replace('"', "").upper() for nome in _NOMEADO.findall(linha) if nome.lower() not in _PALAVRAS]
    return ", ".join(dict.fromkeys(nomes or _DO_COMANDO.findall((error.statement or "").upper())))


# What people can do something about, by what drivers say: names of errors, codes, words.
_MOTIVOS = (
    (
        r"gaierror|translate host|resolve host|Name or service not|UnicodeError",
        "o servidor não tem esse nome",
    ),
    (r"DPY-4027|DPY-4000|DPY-4026", "não há esse apelido em tnsnames.ora; confira TNS_ADMIN"),
    (r"DPY-4001", "faltam o usuário e a senha"),
    (r"Servname not supported|port number|invalid port|port must be", "a porta não é um número de porta"),
    (
        r"refused|DPY-6005.*111|connection to server on socket|failed to connect to socket",
        "ninguém atende nesse servidor e porta",
    ),
    (r"time ?d? ?out|TimeoutError|DPY-4024", "não houve resposta a tempo"),
    (r"28P01|28000|password authentication|no password|role .* does not exist|ORA-01017", "usuário ou senha recusados"),
    (r"ORA-28000|ORA-28001", "a conta está bloqueada ou a senha venceu"),
    (r"3D000|database .* does not exist|ORA-1250[45]|ORA-12514|DPY-600[13]", "não há banco ou serviço com esse nome"),
    (r"unable to open database file", "o arquivo não pode ser aberto nem criado"),
    (r"not a database|malformed", "o arquivo não é um banco SQLite"),
    (r"readonly|read-only|25006|ORA-16000", "o banco só pode ser lido"),
    (r"database is locked", "outro programa o mantém ocupado"),
    (r"disk|53100|No space left|ORA-0165[34]", "falta espaço em disco, ou ele falhou"),
    (r"53300|ORA-00018|ORA-00020", "há conexões demais"),
    (r"42P01|no such table|ORA-00942", "falta uma tabela, ou o direito de ler"),
    (r"42501|ORA-01031", "falta um privilégio"),
    (r"TypeError|ValueError|invalid connection option|invalid integer value", "uma parte do endereço não é aceita"),
)


def motivo(error: BaseException) -> str:
    """Why the database does not answer, in a person's words; "" when it is none of the usual reasons."""
    falha = classify(error)
    cause: BaseException | None = error
    while cause is not None and getattr(cause, "orig", None) is None:
        cause = cause.__cause__
    said = f"{falha} {getattr(cause, 'orig', '')}"
    return next((words for pattern, words in _MOTIVOS if re.search(pattern, said)), "")


def texto_do_banco(falha: Falha) -> str:
    """What the database itself said, for its administrator: the first line, which names columns but no values."""
    causa: BaseException | None = falha
    while causa is not None and getattr(causa, "orig", None) is None:
        causa = causa.__cause__
    return next(iter(str(getattr(causa, "orig", falha)).splitlines()), "")


def _code(orig: BaseException | None) -> str:
    detail = orig.args[0] if orig is not None and orig.args else None
    return str(getattr(orig, "sqlstate", None) or getattr(detail, "full_code", None) or type(orig).__name__)


def _dito(orig: BaseException | None) -> str:
    """The first line of what a rule says, without its number."""
    diag = getattr(orig, "diag", None)
    texto = getattr(diag, "message_primary", None) or str(orig)
    return re.sub(r"^ORA-\d{5}: *", "", next(iter(texto.splitlines()), "")).strip()


def _by_driver(orig: BaseException | None) -> type[Falha] | None:
    kind = _pelo_codigo(orig)
    if kind in _DE_QUEM and _em_gatilho(orig):
        return RegraDaCasa
    return kind


def _em_gatilho(orig: BaseException | None) -> bool:
    """Whether it happened inside a trigger, as far as the database says so."""
    if getattr(orig, "sqlstate", None):
        return "PL/pgSQL function" in (getattr(getattr(orig, "diag", None), "context", None) or "")
    return _NO_GATILHO in str(orig)


def _de_oracle(full_code: str, texto: str) -> type[Falha] | None:
    if _DA_CASA.fullmatch(full_code):
        return RegraDaCasa
    if full_code == _AO_CONFIRMAR:  # the reason stands below it, where it is a rule that waited for COMMIT
        razoes = [_ORACLE.get(numero) for numero in _NUMERO.findall(texto)]
        return RegraDaCasa if RegraDaCasa in razoes or _DA_CASA.search(texto) else Ocupado
    return _ORACLE.get(full_code, Indisponivel if _REDE.fullmatch(full_code) else None)


def _pelo_codigo(orig: BaseException | None) -> type[Falha] | None:
    if orig is not None and isinstance(orig.__cause__, OSError):
        return Indisponivel  # the network, before the driver came to it
    sqlstate = getattr(orig, "sqlstate", None)
    if sqlstate:
        if sqlstate in _POSTGRESQL:
            return _POSTGRESQL[sqlstate]
        return Indisponivel if sqlstate.startswith(("08", "53", "57P")) else None
    detail = orig.args[0] if orig is not None and orig.args else None
    full_code = getattr(detail, "full_code", None)
    if full_code:
        return _de_oracle(full_code, str(orig))
    name = getattr(orig, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Ocupado
    if name in {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}:
        return Duplicado
    if name in {"SQLITE_CONSTRAINT_TRIGGER", "SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_FOREIGNKEY"}:
        return RegraDaCasa
    if name.startswith("SQLITE_CONSTRAINT"):
        return ValorRecusado
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_CORRUPT")):
        return Indisponivel
    if name.startswith("SQLITE_READONLY"):  # a file that may not be written: a grant, as it were
        return Incompleto
    if name == "SQLITE_ERROR" and _FALTA_NO_SQLITE.match(str(orig)):
        return Incompleto
    # A refused or broken socket reaches psycopg as an OperationalError without SQLSTATE.
    from_psycopg = type(orig).__module__.startswith("psycopg") and type(orig).__name__ in _SEM_SQLSTATE
    return Indisponivel if from_psycopg else None
