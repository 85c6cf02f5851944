-- The deliveries (TV8) of a paid order that became a future sale (TV7), one per delivery type: what one of them holds, and
-- what becomes of it, belongs to the sale.

CREATE TABLE GW_ENTREGA (
  NUMPED_TV8 NUMBER(10) NOT NULL,
  NUMPED_TV7 NUMBER(10) NOT NULL,
  TIPOENTREGA VARCHAR2(2) NOT NULL,
  CONSTRAINT GW_ENTREGA_PK PRIMARY KEY (NUMPED_TV8)
);
CREATE INDEX GW_ENTREGA_TV7_IX ON GW_ENTREGA (NUMPED_TV7);
