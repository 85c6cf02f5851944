-- The figures of money and time (value held, ageing, terms, outcomes by week) as the sweep's job counted them, so that
-- no page counts a hundred thousand reservations; and an index that finds the reservations of the last weeks.

CREATE TABLE GW_INDICADOR (
  CODFILIAL VARCHAR2(2) NOT NULL,
  TIPO VARCHAR2(10) NOT NULL,
  CHAVE VARCHAR2(120) NOT NULL,
  QUANTAS NUMBER(12) NOT NULL,
  UNIDADES NUMBER(22,6) NOT NULL,
  VALOR NUMBER(22,6) NOT NULL,
  CONSTRAINT GW_INDICADOR_PK PRIMARY KEY (CODFILIAL, TIPO, CHAVE)
);

CREATE INDEX GW_RESERVA_CRIACAO_IX ON GW_RESERVA (DTCRIACAO);
