"""WSGI entry point: ``wsgi:app``. Settings come from ``PREVENDA_*``."""

from app import create_app

app = create_app()
