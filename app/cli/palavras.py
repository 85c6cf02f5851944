"""What click and the operating system say, in Portuguese.

click's own texts go through gettext, which takes its language from the environment and files that are compiled: here
the language is always the same, and a test misuses every command and finds no English.
"""

from __future__ import annotations

import errno
import os
import re
import socket

import click
from click.exceptions import NoArgsIsHelpError

_SISTEMA = {
    errno.ENOENT: "não existe",
    errno.EACCES: "sem permissão",
    errno.EPERM: "sem permissão",
    errno.EROFS: "a pasta só pode ser lida",
    errno.ENOSPC: "não há espaço em disco",
    errno.EDQUOT: "a cota de disco acabou",
    errno.ENOTDIR: "uma parte do caminho não é uma pasta",
    errno.EISDIR: "é uma pasta",
    errno.EEXIST: "já existe",
    errno.ENAMETOOLONG: "o nome é longo demais",
    errno.ELOOP: "os links andam em círculo",
    errno.ECONNREFUSED: "a conexão foi recusada",
    errno.ETIMEDOUT: "não houve resposta a tempo",
    errno.EMFILE: "há arquivos abertos demais",
}

# Patterns of click's messages; a group that they catch goes into the words.
_USO = (
    (r"No such option:? '?([^'?\s]+?)'?\.?(?: .*)?$", "Não há a opção {0}."),
    (r"No such command '(.*)'\.", "Não há o comando {0}."),
    (r"Missing option '(.*?)'(?: / .*)?\.", "Falta a opção {0}."),
    (r"Missing argument '(.*)'\.", "Falta o argumento {0}."),
    (r"Missing command\.", "Falta o comando."),
    (r"Missing parameter: (.*)", "Falta {0}."),
    (r"Option '(.*)' requires an argument\.", "A opção {0} pede um valor."),
    (r"Option '(.*)' requires (\d+) arguments\.", "A opção {0} pede {1} valores."),
    (r"Option '(.*)' does not take a value\.", "A opção {0} não leva valor."),
    (r"Got unexpected extra arguments? \((.*)\)", "Sobra: {0}."),
    (r"'(.*)' is not a valid integer( range)?\.", "“{0}” não é um número inteiro."),
    (r"(\S+) is not in the range (\d+)<=x<=(\d+)\.", "{0} não fica entre {1} e {2}."),
    (r"(\S+) is not in the range x>=(\d+)\.", "{0} é menos que {1}."),
    (r"'(.*)' does not match the formats? .*", "“{0}” não é uma data, como 2026-03-31."),
    (r"(?:File|Path) '(.*)' is a directory\.", "{0} é uma pasta."),
    (r"(?:Directory|File|Path) '(.*)' does not exist\.", "{0} não existe."),
    (r"Directory '(.*)' is a file\.", "{0} não é uma pasta."),
    (r"(?:Directory|File|Path) '(.*)' is not (?:readable|writable)\.", "{0}: sem permissão."),
)


def motivo_do_sistema(error: OSError) -> str:
    """Why the system refused, for a person."""
    if isinstance(error, socket.gaierror):
        return "não há servidor com esse nome"
    code = error.errno or 0
    return _SISTEMA.get(code) or os.strerror(code)


def erro_de_uso(error: click.ClickException) -> list[str]:
    """What is wrong with how a command was called, and where its help is."""
    if isinstance(error, NoArgsIsHelpError):
        return [error.message]
    text = error.message
    if isinstance(error, click.NoSuchOption):
        text = f"No such option '{error.option_name}'."
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        kind = "argument" if isinstance(error.param, click.Argument) else "option"
        text = f"Missing {kind} '{_nome(error.param)}'."
    words = _traduzido(text)
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter) and error.param:
        words = f"{_nome(error.param)}: {words}"
    context = getattr(error, "ctx", None)
    help_ = f"Ajuda: {context.command_path} --help" if context is not None else "Ajuda: prevenda --help"
    return [words, help_]


def opcao_em_portugues(text: str) -> str:
    """The help of an option, with what click appends."""
    return text.replace("[default: ", "[padrão: ").replace("[required]", "[obrigatória]")


def _nome(parameter: click.Parameter) -> str:
    return (parameter.name or "").upper() if isinstance(parameter, click.Argument) else parameter.opts[0]


def _traduzido(text: str) -> str:
    for pattern, words in _USO:
        if match := re.fullmatch(pattern, text):
            return words.format(*match.groups())
    return text
