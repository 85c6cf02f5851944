"""Log lines: one JSON object each, or text for people. Neither ever holds an exception's text, a body or an address.

No library does it: structlog and python-json-logger write the exception's text and every member they are given. Here
the text never gets out, and the members are those of the record.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import sys
import traceback
from typing import Any

JSON, TEXTO, AUTO = "json", "texto", "auto"
# A line of the log stays below 8 KiB, whatever is in it.
TEXTO_MAXIMO = 6000
# Attribute of a record that holds the members of its line.
CAMPOS = "campos"
_MEIO = re.compile("_([a-z])")


def rastro(error: BaseException) -> str:
    """Where it happened, without the exceptions' texts: a driver quotes row values in them."""
    parts: list[str] = []
    seen: set[int] = set()  # one that is raised again while it is handled has itself for a cause
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append(type(current).__name__ + "\n" + "".join(traceback.format_tb(current.__traceback__)))
        current = current.__cause__ or current.__context__
    return "caused by ".join(parts)


def _mensagem(record: logging.LogRecord) -> str:
    # waitress puts the address asked for into its messages, and a caller may put anything into that.
    texto = str(record.msg) if record.name.startswith("waitress") else record.getMessage()
    if record.exc_info and record.exc_info[1] is not None:
        texto += "\n" + rastro(record.exc_info[1])
    return texto if len(texto) <= TEXTO_MAXIMO else texto[:1000] + " […] " + texto[1000 - TEXTO_MAXIMO :]


def _membros(record: logging.LogRecord) -> dict[str, Any]:
    """The record's own members, by the names that a line has for them: ``request_id`` → ``requestId``."""
    return {
        _MEIO.sub(lambda letra: letra[1].upper(), nome): valor for nome, valor in getattr(record, CAMPOS, {}).items()
    }


class FormatoJson(logging.Formatter):
    """One JSON object per line, ASCII only: no line break or terminal code of anybody's making gets out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: instant (UTC), level, logger, message, then the record's own members."""
        linha = {
            "instante": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "nivel": record.levelname,
            "origem": record.name,
            "mensagem": _mensagem(record),
            **_membros(record),
        }
        return json.dumps(linha, default=str)


class FormatoTexto(logging.Formatter):
    """The same for people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Instant, level, logger, message, members as name=value."""
        instante = dt.datetime.fromtimestamp(record.created).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        membros = "".join(f" {nome}={valor}" for nome, valor in _membros(record).items() if valor not in ("", None))
        return f"{instante} {record.levelname} {record.name} {_mensagem(record)}{membros}"


def configurar(formato: str) -> None:
    """Send the log of this process to standard error, if nobody has sent it elsewhere; ``auto`` is text on a terminal,
    else JSON."""
    texto = formato == TEXTO or (formato == AUTO and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(FormatoTexto() if texto else FormatoJson())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("waitress").setLevel(logging.WARNING)
