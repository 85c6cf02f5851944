"""How every command speaks: errors as lines and an exit code, ``--json``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click
import sqlalchemy as sa

from app.mapping import MappingError
from app.services.acesso.credenciais import CredencialRecusada
from app.settings import SettingsError
from app.winthor.db.faults import Falha, classify
from app.winthor.esquema.schema import SchemaError

as_json_option = click.option("--json", "as_json", is_flag=True, help="Resposta em JSON")


def fail(lines: list[str], code: int) -> NoReturn:
    """Say each line on standard error and end with ``code``."""
    for line in lines:
        click.echo(line, err=True)
    raise SystemExit(code)


def reports_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Known errors become lines on standard error and an exit code."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except SettingsError as error:
            fail(error.problems, 2)
        except MappingError as error:
            fail(error.problems, 1)
        except (SchemaError, CredencialRecusada) as error:
            fail([str(error)], 1)
        except (Falha, sa.exc.SQLAlchemyError) as error:
            fail([f"O banco de dados não respondeu ({classify(error)})."], 1)

    return guarded
