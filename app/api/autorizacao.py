"""What is wrong with an Authorization header, as far as its form tells: never with the secret in it."""

from __future__ import annotations

COMO = "envie Authorization: Bearer <token>, com o token do login ou uma chave ativa"


def parse_bearer(cabecalho: str) -> tuple[str, str]:
    """The token of the header and what is wrong with its form; one of the two is empty."""
    tipo, _, resto = cabecalho.strip().partition(" ")
    token = resto.strip()
    if not tipo:
        return "", f"Falta o cabeçalho Authorization; {COMO}."
    if tipo.lower() != "bearer":
        if not token:
            return "", f"Falta a palavra Bearer antes do token; {COMO}."
        nome = f" {tipo.capitalize()}" if tipo.lower() in {"basic", "digest", "negotiate", "ntlm", "token"} else ""
        return "", f"O cabeçalho Authorization veio com outro tipo{nome}; {COMO}."
    if not token:
        return "", f"O token não veio depois da palavra Bearer; {COMO}."
    if token.lower().startswith("bearer"):
        return "", f"A palavra Bearer veio duas vezes; {COMO}."
    if token[0] in "<\"'{" or " " in token:
        return "", f"O token veio com aspas, espaços ou sinais em volta; {COMO}."
    return token, ""


def vencido_ha(segundos: float) -> str:
    """How long ago a token has ended, in words."""
    minutos = int(segundos // 60)
    if minutos < 1:
        ha = "menos de um minuto"
    elif minutos < 120:
        ha = f"{minutos} min"
    else:
        ha = f"{minutos // 60} h" if minutos < 48 * 60 else f"{minutos // 1440} dias"
    return f"O token venceu há {ha}; faça o login de novo."
