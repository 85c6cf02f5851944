"""The back-office panel (``/painel``): pages in Portuguese, made on the server, without JavaScript."""
