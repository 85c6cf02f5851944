"""Settings of the gateway: read from ``PREVENDA_*`` and validated all at once, never printed with secrets.

No library does it: environs and pydantic-settings read the names they know. Here an unknown ``PREVENDA_*`` is refused,
every problem is told in Portuguese, and the table of docs/operador.md is made from the same declarations.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "PREVENDA_"

# What a paid order becomes (R23).
TV1, TV7 = "tv1", "tv7"


class SettingsError(Exception):
    """One or more settings are wrong; ``problems`` lists them all, one readable line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(f"deve ficar entre {low} e {high}")
        return number

    return parse


def _seconds(low: str, high: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError("não é um número") from None
        if number.is_nan():
            raise ValueError("não é um número")
        if not Decimal(low) <= number <= Decimal(high):
            raise ValueError(f"deve ficar entre {low} e {high}")
        return float(number)

    return parse


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        raise ValueError("não é um número") from None
    if not 0 <= share <= 1:
        raise ValueError("deve ficar entre 0 e 1")
    return share


def _one_of(*options: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in options:
            raise ValueError("deve ser um de: " + ", ".join(options))
        return text

    return parse


def _yes_no(text: str) -> bool:
    if text.upper() not in {"S", "N"}:
        raise ValueError("deve ser S ou N")
    return text.upper() == "S"


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _subset(*options: str) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        chosen = _list(text)
        if unknown := [part for part in chosen if part not in options]:
            raise ValueError(f"{', '.join(unknown)} não é um de: {', '.join(options)}")
        return chosen

    return parse


def _sale_types(text: str) -> frozenset[int]:
    parts = _list(text)
    if wrong := [part for part in parts if not (part.isascii() and part.isdigit() and 1 <= int(part) <= 99_999)]:
        raise ValueError(f"{', '.join(wrong)} não é um tipo de venda (CONDVENDA)")
    return frozenset(map(int, parts))


def _days_to_pay(text: str) -> dict[str, int]:
    """``D=3,BK=5;1=3``: forms of payment before the semicolon, whose keys keep it, and branches after it.

    Without one, numbers are branches; what else there is may be either.
    """
    forms, sign, branches = text.rpartition(";")
    by_form, by_branch = _days(forms), _days(branches)
    if not sign:
        by_form = {name: days for name, days in by_branch.items() if not name.isdigit()}
        by_branch = {name: days for name, days in by_branch.items() if len(name) <= LONGEST_BRANCH}
    return {**{f"{name.upper()};": days for name, days in by_form.items()}, **by_branch}


LONGEST_BRANCH = 2


def _branches_of_stores(text: str) -> dict[str, tuple[str, ...]]:
    """``1=1,10,2;2=2``: each store with the branches that it may draw from, in their order."""
    stores: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        store, _, names = part.partition("=")
        branches = _list(names)
        wrong = (
            not store.strip() or not branches or any(len(name) > LONGEST_BRANCH for name in (store.strip(), *branches))
        )
        if wrong or len({*branches}) != len(branches) or store.strip() in stores:
            raise ValueError(f"'{part}' não tem a forma loja=filial,filial, cada uma uma vez")
        stores[store.strip()] = branches
    return stores


def _days(text: str) -> dict[str, int]:
    days: dict[str, int] = {}
    for part in _list(text):
        name, sign, number = part.partition("=")
        if not sign or not name.strip() or not number.isascii() or not number.isdigit() or int(number) > 365:
            raise ValueError(f"'{part}' não tem a forma filial=dias")
        days[name.strip()] = int(number)
    return days


def _parameter_names(text: str) -> dict[int, str]:
    names: dict[int, str] = {}
    for part in _list(text):
        number, sign, name = part.partition("=")
        if not sign or not number.strip().isascii() or not number.strip().isdigit() or not name.strip():
            raise ValueError(f"'{part}' não tem a forma número=NOME")
        names[int(number)] = name.strip()
    return names


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"fuso desconhecido: {text}") from None


def _encoding(text: str) -> str:
    if not text:
        return text
    try:
        "á".encode(text)
    except (LookupError, UnicodeError):
        raise ValueError(f"codificação desconhecida: {text}") from None
    return text


def _text(max_length: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if len(text) > max_length:
            raise ValueError(f"no máximo {max_length} caracteres")
        return text

    return parse


Rede = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(text: str) -> tuple[Rede, ...]:
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in _list(text))
    except ValueError:
        raise ValueError("deve ser uma lista de endereços ou redes, como 10.0.0.5,192.168.1.0/24") from None


def _path(text: str) -> Path | None:
    return Path(text) if text else None


DATABASES = ("oracle+oracledb://", "postgresql+psycopg://", "sqlite:///")


def _database(text: str) -> str:
    if not text.startswith(DATABASES):
        raise ValueError("deve começar com um de: " + ", ".join(DATABASES))  # never the text: it holds a password
    return text


SHORTEST_KEY = 32


def _key(text: str) -> str:
    if text and len(text) < SHORTEST_KEY:
        raise ValueError(f"precisa de {SHORTEST_KEY} caracteres ou mais")
    return text


def _service(text: str) -> str:
    """A base address without its final slash; http only where nothing leaves the machine."""
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("deve ser um endereço https://servidor")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("não pode ter usuário, senha, ? nem #")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("http só nesta máquina; use https")
    return text.rstrip("/")


_DE_EXEMPLO = ("change", "troque", "exemplo", "example", "placeholder", "segredo", "secret", "senha", "password")
FEWEST_CHARACTERS = 10


def parece_exemplo(key: str) -> bool:
    """Whether a signing key was copied from a manual or typed by leaning on a key, instead of drawn."""
    return len(set(key)) < FEWEST_CHARACTERS or any(word in key.lower() for word in _DE_EXEMPLO)


def setting(parse: Callable[[str], Any], default: str, meaning: str, *, secret: bool = False) -> Any:
    return field(
        default_factory=lambda: parse(default),
        metadata={"parse": parse, "default": default, "meaning": meaning, "secret": secret},
        repr=not secret,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, its default and its meaning. The field ``x_y`` is read from ``PREVENDA_X_Y``."""

    database_url: str = setting(
        _database,
        "sqlite:///demo/prevenda.db",
        "Database, as a SQLAlchemy URL: `oracle+oracledb://…?service_name=…`, `postgresql+psycopg://…`, `sqlite:///…`",
        secret=True,
    )
    host: str = setting(str, "127.0.0.1", "Address the server listens on")
    port: int = setting(_integer(0, 65535), "8000", "Port the server listens on")
    proxy_confiavel: tuple[Rede, ...] = setting(
        _networks,
        "",
        "Addresses or networks of the proxy before the gateway, comma-separated: what it says of the caller's address, "
        "scheme and host (X-Forwarded-*) is believed; nobody else is",
    )
    processos: int = setting(
        _integer(0, 64), "0", "Serving processes; 0 = one per core, four at most, and one on SQLite"
    )
    threads: int = setting(_integer(1, 256), "8", "Threads of each process that serve requests")
    fila: int = setting(
        _integer(1, 10_000), "64", "Requests that may wait for a thread, per process; more answer 503 SOBRECARGA"
    )
    dreno: float = setting(
        _seconds("0", "15"),
        "5",
        "Seconds of normal service after SIGTERM in which `/health/ready` is 503 already, so that a proxy notices",
    )
    varredura: float = setting(
        _seconds("0", "86400"),
        "300",
        "Seconds between the rounds of `serve`: recovery, sweep, settling, adoption, by one process of all hosts; "
        "0 = none, the commands are left to cron (R18)",
    )
    pool: int = setting(_integer(1, 200), "8", "Database connections kept per process (2 more under pressure)")
    espera_lock: float = setting(_seconds("0.1", "10"), "3", "Longest wait for a row lock, in seconds (R20)")
    limite_requisicao_s: float = setting(
        _seconds("1", "14"),
        "5",
        "Longest call to the database of a pre-sale, in seconds: it holds rows that others wait for, and is judged in "
        "15 s as a whole; never less than `PREVENDA_ESPERA_LOCK` + 2",
    )
    limite_relatorio_s: float = setting(
        _seconds("1", "120"),
        "20",
        "Longest query of a page or a report of the back office, in seconds: what a person waits for, and less than a "
        "stop takes (28 s)",
    )
    limite_tarefa_s: float = setting(
        _seconds("1", "86400"),
        "600",
        "Longest query of a job or a command (sweep, conciliation, `comparar`, `doctor`), in seconds: nobody waits, "
        "and a sum over all live orders of a big site without an index takes minutes",
    )
    limite_catalogo_s: float = setting(
        _seconds("1", "600"),
        "30",
        "Longest query of the database's dictionary at the start, in seconds: slow on big ones; past it the built-in "
        "widths hold, and the start goes on",
    )
    limite_ddl_s: float = setting(
        _seconds("10", "86400"),
        "3600",
        "Longest statement of `prevenda db install`, in seconds: an index on millions of rows takes long and must not "
        "be cut off half made",
    )
    oracle_thick: str = setting(
        str,
        "",
        "Oracle: folder of the Instant Client, for thick mode (native network encryption, databases before 12.1); "
        "empty = thin mode",
    )
    oracle_linha_a_linha: bool = setting(
        _yes_no,
        "N",
        "Insert lines one by one, as WinThor's screens do, instead of as an array: for sites with a row trigger that "
        "reads its own table (ORA-04091; `doctor --ensaio` tells); slower by a round trip per line",
    )
    log_formato: str = setting(
        _one_of("auto", "json", "texto"),
        "auto",
        "Lines of the log on standard error: JSON, text, or text only where that is a terminal",
    )
    jwt_chave: str = setting(
        _key,
        "",
        "Key that signs the tokens, 32 characters or more; may be left out only on the demo",
        secret=True,
    )
    jwt_chave_anterior: str = setting(
        _key,
        "",
        "The key before `PREVENDA_JWT_CHAVE`: it still verifies tokens and sessions, while the key is being changed",
        secret=True,
    )
    login_totvs: str = setting(
        _service,
        "",
        "Base address of the TOTVS service: logins are passed on to it, its tokens are callers here too, and what is "
        "not for this gateway goes there (R26); https, http on loopback only",
    )
    jwt_minutos: int = setting(_integer(1, 1440), "120", "Life of a token, in minutes")
    corpo_max: int = setting(_integer(1024, 16_777_216), "1048576", "Largest request body, in bytes (§4.2)")
    fuso: ZoneInfo = setting(_zone, "America/Sao_Paulo", "Zone of the ERP's clock: dates written to PC* tables (R9)")
    origem_integracao: str = setting(_text(50), "PDVSYNC", "PCPEDC.ORIGEMINTEGRACAO written and required (R1, R21)")
    origemped: str = setting(_text(1), "R", "PCPEDC.ORIGEMPED written")
    condvenda: int = setting(_integer(1, 99), "1", "PCPEDC.CONDVENDA written")
    condvenda_retem: frozenset[int] = setting(
        _sale_types,
        "",
        "Sale types (PCPEDC.CONDVENDA) that hold stock in position L or M, `1,5,8,10`; empty = every one. Of 7, future "
        "delivery, parameter 2542 decides (R19)",
    )
    separacao_minima: Decimal = setting(
        _share,
        "0.5",
        "Share of a branch's invoices of the last 30 days that bear a stamp of separation, from which on one without "
        "is told as a separation that was skipped (R24)",
    )
    pago: str = setting(
        _one_of(TV1, TV7),
        TV1,
        "What a paid order becomes: `tv1`, it stays a plain sale; `tv7`, a future sale with one delivery order per "
        "delivery type (R23)",
    )
    codplpag: int = setting(_integer(1, 9999), "1", "Payment plan when the customer has none (PCPEDC.CODPLPAG)")
    codcli_consumidor: int = setting(
        _integer(1, 999_999_999), "1", "Consumidor final when neither PCFILIAL nor PCCONSUM names one (R7)"
    )
    codfunc: int = setting(
        _integer(1, 99_999_999), "1", "Employee written as CODEMITENTE when no operator is sent (R6)"
    )
    numeracao: str = setting(
        _one_of("PCUSUARI.PROXNUMPED", "PCCONSUM.PROXNUMPED"),
        "PCUSUARI.PROXNUMPED",
        "Counter that gives NUMPED (R2)",
    )
    converte_embalagem: bool = setting(
        _yes_no, "S", "QT and PVENDA in base units: quantidade × QTUNIT, preco ÷ QTUNIT (R3)"
    )
    desconta_disponivel: tuple[str, ...] = setting(
        _subset("QTPENDENTE", "QTINDUSTRIA"), "", "Also subtracted from the available stock (R4)"
    )
    filiais_sem_estoque: tuple[str, ...] = setting(
        _list, "", "Branches that may sell without stock (R4), comma-separated"
    )
    filiais_entrega: tuple[str, ...] = setting(
        _list, "", "Delivery branches allowed, comma-separated; empty = any existing one (R4)"
    )
    filiais_da_loja: dict[str, tuple[str, ...]] = setting(
        _branches_of_stores,
        "",
        "Branches that a store may draw from, in their order, `1=1,10,2;2=2`: bounds the offers of other branches and "
        "what `AUTO` chooses, not what the back office moves; a store that is not named has only its own (R29)",
    )
    lojas_auto: tuple[str, ...] = setting(
        _list,
        "",
        "Stores whose items are `AUTO` where they name no delivery branch, comma-separated; not what is taken away at "
        "once (`tipoEntrega` 0) (R29)",
    )
    modo_kit: str = setting(
        _one_of("components", "header", "both"), "components", "Rows that carry the reservation of a kit (R5)"
    )
    permite_cliente_bloqueado: bool = setting(_yes_no, "N", "Accept customers with PCCLIENT.BLOQUEIO = 'S'")
    cliente_por_documento: bool = setting(
        _yes_no, "S", "A known CPF/CNPJ chooses the customer even where other members are missing (R7)"
    )
    nomes_parametros: dict[int, str] = setting(
        _parameter_names,
        "",
        "Parameters of routine 132 to be found by NOME instead of by number, `4672=VALIDACEPAPI,4680=…`",
    )
    cgcent_normalizado: bool = setting(
        _yes_no, "N", "Compare CGCENT without its mask, for sites with a function index on it (R7)"
    )
    grava_pcvendaconsum: bool = setting(
        _yes_no, "N", "Keep the buyer's data in PCVENDACONSUM when an order goes to the consumidor final"
    )
    grava_pcnfcan: bool = setting(_yes_no, "N", "Write a row of PCNFCAN for each cancelled reservation")
    ttl_max_dias: int = setting(
        _integer(1, 365),
        "30",
        "Longest life of a reservation that a lockTTL, a payment deadline or an extension asks for, in days (R17)",
    )
    cadeia_max_dias: int = setting(
        _integer(1, 3650),
        "90",
        "Days after its first reservation in which the alterations of a pre-sale still get a longer term (R17)",
    )
    dias_pagamento: dict[str, int] = setting(
        _days_to_pay,
        "",
        "Days to pay per form of payment and per branch, `D=3,BK=5,CAR=0;1=3`, or per branch alone, `1=3,2=5`: gives "
        "the payment deadline when none is sent; the form comes first (R17)",
    )
    retencao_dias: int = setting(
        _integer(1, 3650), "400", "Days GW_OPERACAO keeps ended operations (and so their replays), for `log limpar`"
    )
    retencao_eventos_dias: int = setting(
        _integer(1, 3650), "30", "Days GW_EVENTO keeps what happened, for `log limpar` (R27)"
    )
    webhook_chave: str = setting(
        _key,
        "",
        "Encrypts the secrets of webhooks, 32 characters or more; never kept with the database",
        secret=True,
    )
    webhook_chave_anterior: str = setting(
        _key, "", "The key before, while it is being changed: what it has encrypted is still read", secret=True
    )
    webhook_redes: tuple[Rede, ...] = setting(
        _networks,
        "",
        "Private networks that webhooks may call, by http too, comma-separated; empty = none",
    )
    vencendo_horas: int = setting(
        _integer(1, 720), "24", "Hours before its end at which it is told that a reservation is about to expire (R27)"
    )
    retencao_pessoal_dias: int = setting(
        _integer(1, 3650), "90", "Days PCLOGPEDIDOAPI.JSON keeps customer data in clear, for `log anonimizar`"
    )
    log_json: str = setting(
        _one_of("mascarado", "claro"), "mascarado", "Customer data in PCLOGPEDIDOAPI.JSON: masked or clear"
    )
    max_simultaneas: int = setting(
        _integer(0, 1000), "0", "Requests of one login in flight at once, per process; more answer 429; 0 = no limit"
    )
    max_por_minuto: int = setting(
        _integer(0, 1_000_000), "0", "Requests of one login in a minute, per process; more answer 429; 0 = no limit"
    )
    max_reservas_abertas: int = setting(
        _integer(0, 10_000_000), "0", "Unpaid live reservations of one login; a new one answers 429; 0 = no limit"
    )
    max_unidades_abertas: int = setting(
        _integer(0, 1_000_000_000),
        "0",
        "Units in unpaid live reservations of one login; what would exceed it answers 429; 0 = no limit",
    )
    codificacao_banco: str = setting(
        _encoding,
        "",
        "Character set in whose bytes text is clipped to the column's width; empty = the one the database tells",
    )
    cep_desconhecido: str = setting(
        _one_of("consumidor", "aceitar", "rejeitar"),
        "consumidor",
        "New customer whose CEP does not exist: consumidor final, accept as sent, or refuse (R8)",
    )
    viacep_url: str = setting(
        str, "", "Base address of ViaCEP; empty = the public one, on the demo a small local table (R8)"
    )
    byjg_url: str = setting(str, "", "Base address of ByJG; empty as above")
    byjg_usuario: str = setting(str, "", "Login at ByJG, where it needs one", secret=True)
    byjg_senha: str = setting(str, "", "Password at ByJG", secret=True)
    cep_proxy: bool = setting(_yes_no, "N", "CEP services through the proxies of the environment")
    cache_segundos: float = setting(
        _seconds("0", "600"),
        "30",
        "How old parameters, branches, RCAs, products, kit compositions and policies may be, in seconds",
    )
    mapeamentos: Path | None = setting(_path, "", "Folder with the site's own maps; empty = the ones delivered")


def env_name(name: str) -> str:
    return PREFIX + name.upper()


def from_env(environ: Mapping[str, str]) -> Settings:
    """Read every setting from ``environ``. Raises SettingsError with all problems, unknown names included."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    known = {env_name(f.name): f for f in dataclasses.fields(Settings)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known and not name.startswith(PREFIX + "TEST_"):
            problems.append(f"{name}: configuração desconhecida")
    for name, spec in known.items():
        text = environ.get(name)
        if text is None or not text.strip():
            continue
        try:
            values[spec.name] = spec.metadata["parse"](text.strip())
        except ValueError as error:
            reason = str(error) if "invalid literal" not in str(error) else "não é um número inteiro"
            problems.append(f"{name}: {reason}")
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def database_name(url: str) -> str:
    """The database's address without user and password, for people to read."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def describe(settings: Settings | None = None) -> list[tuple[str, str, str, str]]:
    """(variable, value in force, default, meaning) of every setting; secrets are never shown."""
    lines: list[tuple[str, str, str, str]] = []
    for spec in dataclasses.fields(Settings):
        value = "" if settings is None else getattr(settings, spec.name)
        shown = "***" if spec.metadata["secret"] and value else _show(value)
        if spec.name == "database_url" and value:
            shown = database_name(value)
        lines.append((env_name(spec.name), shown, spec.metadata["default"], spec.metadata["meaning"]))
    return lines


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "S" if value else "N"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, frozenset):
        return ",".join(map(str, sorted(value)))
    if isinstance(value, dict):
        if any(isinstance(member, tuple) for member in value.values()):
            return ";".join(f"{name}={','.join(members)}" for name, members in value.items())
        return ",".join(f"{name}={member}" for name, member in value.items())
    # A login written into an address is a secret, whatever the setting is for.
    return "" if value is None else re.sub(r"://[^/@\s]*@", "://***@", str(value))
