-- Tokens that the TOTVS service issued through this gateway: whoever holds one is its login here too, on every host.
-- Only a digest of the token is kept.

CREATE TABLE GW_SESSAO_TOTVS (
  RESUMO VARCHAR2(64) NOT NULL,
  LOGIN VARCHAR2(60) NOT NULL,
  DTFIM TIMESTAMP(6) NOT NULL,
  CONSTRAINT GW_SESSAO_TOTVS_PK PRIMARY KEY (RESUMO)
);
