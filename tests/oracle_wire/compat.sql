-- Oracle's meanings that can be had as functions, operators and views. Installed once per database, in a schema that
-- stands before pg_catalog in the search path of every session.
CREATE SCHEMA IF NOT EXISTS oracle_wire;
SET LOCAL search_path = oracle_wire, pg_catalog;

CREATE SEQUENCE IF NOT EXISTS rowid_number;
CREATE OR REPLACE FUNCTION next_rowid() RETURNS char(18) LANGUAGE plpgsql AS $$
DECLARE
  alphabet constant text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  number bigint := nextval('oracle_wire.rowid_number');
  block bigint := number >> 6;
  letters text := '';
BEGIN
  FOR place IN REVERSE 5..0 LOOP
    letters := letters || substr(alphabet, ((block >> (6 * place)) & 63)::int + 1, 1);
  END LOOP;
  RETURN 'AAAR3sAAE' || letters || 'AA' || substr(alphabet, (number & 63)::int + 1, 1);
END $$;
CREATE OR REPLACE FUNCTION rowidtochar(char) RETURNS varchar LANGUAGE sql IMMUTABLE AS 'SELECT $1::varchar';
CREATE OR REPLACE FUNCTION chartorowid(text) RETURNS char(18) LANGUAGE sql IMMUTABLE AS 'SELECT $1::char(18)';

CREATE OR REPLACE VIEW dual AS SELECT 'X'::varchar(1) AS dummy;

CREATE OR REPLACE FUNCTION sysdate() RETURNS timestamp LANGUAGE sql VOLATILE
  AS $$SELECT date_trunc('second', clock_timestamp())::timestamp(0)$$;
CREATE OR REPLACE FUNCTION sys_context(text, text) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT NULLIF(CASE lower($2)
    WHEN 'current_schema' THEN current_setting('oracle_wire.schema', true)
    WHEN 'session_user' THEN current_setting('oracle_wire.user', true)
    WHEN 'current_user' THEN current_setting('oracle_wire.user', true)
    WHEN 'sid' THEN current_setting('oracle_wire.sid', true)
    WHEN 'service_name' THEN current_setting('oracle_wire.service', true)
    WHEN 'module' THEN current_setting('oracle_wire.module', true)
    WHEN 'action' THEN current_setting('oracle_wire.action', true)
    WHEN 'client_identifier' THEN current_setting('oracle_wire.client_identifier', true)
  END, '')$$;

CREATE OR REPLACE FUNCTION nvl(anycompatible, anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE
  AS 'SELECT coalesce($1, $2)';
CREATE OR REPLACE FUNCTION greatest_of(VARIADIC anycompatiblearray) RETURNS anycompatible LANGUAGE sql IMMUTABLE
  AS 'SELECT CASE WHEN array_position($1, NULL) IS NULL THEN (SELECT max(x) FROM unnest($1) x) END';
CREATE OR REPLACE FUNCTION least_of(VARIADIC anycompatiblearray) RETURNS anycompatible LANGUAGE sql IMMUTABLE
  AS 'SELECT CASE WHEN array_position($1, NULL) IS NULL THEN (SELECT min(x) FROM unnest($1) x) END';
CREATE OR REPLACE FUNCTION trunc(timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE
  AS $$SELECT date_trunc('day', $1)::timestamp(0)$$;
CREATE OR REPLACE FUNCTION to_number(text) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1::numeric';
CREATE OR REPLACE FUNCTION to_char(numeric) RETURNS varchar LANGUAGE sql IMMUTABLE
  AS $$SELECT trim_scale($1)::varchar$$;
CREATE OR REPLACE FUNCTION to_char(text) RETURNS varchar LANGUAGE sql IMMUTABLE AS 'SELECT $1::varchar';
CREATE OR REPLACE FUNCTION to_date(text, text) RETURNS timestamp LANGUAGE sql IMMUTABLE
  AS 'SELECT pg_catalog.to_timestamp($1, $2)::timestamp(0)';

-- Text functions: no empty text comes out, NULL as replacement removes, a negative position counts from the end.
CREATE OR REPLACE FUNCTION from_place(text, numeric) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 < 0 THEN length($1) + $2::int + 1 ELSE greatest($2::int, 1) END$$;
CREATE OR REPLACE FUNCTION substr(text, int) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$SELECT NULLIF(pg_catalog.substr($1, oracle_wire.from_place($1, $2)), '')$$;
CREATE OR REPLACE FUNCTION substr(text, int, int) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$SELECT NULLIF(pg_catalog.substr($1, oracle_wire.from_place($1, $2), greatest($3, 0)), '')$$;
CREATE OR REPLACE FUNCTION substr(text, numeric) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT oracle_wire.substr($1, $2::int)';
CREATE OR REPLACE FUNCTION substr(text, numeric, numeric) RETURNS text LANGUAGE sql IMMUTABLE
  AS 'SELECT oracle_wire.substr($1, $2::int, $3::int)';
CREATE OR REPLACE FUNCTION replace(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$SELECT CASE WHEN $2 IS NULL THEN $1 ELSE NULLIF(pg_catalog.replace($1, $2, coalesce($3, '')), '') END$$;
CREATE OR REPLACE FUNCTION replace(text, text) RETURNS text LANGUAGE sql IMMUTABLE
  AS 'SELECT oracle_wire.replace($1, $2, NULL)';
CREATE OR REPLACE FUNCTION trimmed(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT NULLIF(btrim($1), '')$$;
CREATE OR REPLACE FUNCTION ltrim(text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$SELECT NULLIF(pg_catalog.ltrim($1), '')$$;
CREATE OR REPLACE FUNCTION rtrim(text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$SELECT NULLIF(pg_catalog.rtrim($1), '')$$;
CREATE OR REPLACE FUNCTION instr(text, text) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT strpos($1, $2)';
CREATE OR REPLACE FUNCTION length(numeric) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT length(oracle_wire.to_char($1))';
CREATE OR REPLACE FUNCTION lpad(numeric, int, text) RETURNS text LANGUAGE sql IMMUTABLE
  AS 'SELECT pg_catalog.lpad(oracle_wire.to_char($1), $2, $3)';

CREATE OR REPLACE FUNCTION round(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE
  AS 'SELECT pg_catalog.round($1, $2::int)';

-- NULL is the empty string when it is concatenated; whole numbers divide like NUMBERs; a date moves by days.
CREATE OR REPLACE FUNCTION concatenated(text, text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$SELECT NULLIF(textcat(coalesce($1, ''), coalesce($2, '')), '')$$;
CREATE OR REPLACE FUNCTION divided(int, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1::numeric / $2::numeric';
CREATE OR REPLACE FUNCTION divided(bigint, bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
  AS 'SELECT $1::numeric / $2::numeric';
CREATE OR REPLACE FUNCTION divided(bigint, int) RETURNS numeric LANGUAGE sql IMMUTABLE
  AS 'SELECT $1::numeric / $2::numeric';
CREATE OR REPLACE FUNCTION divided(int, bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
  AS 'SELECT $1::numeric / $2::numeric';
CREATE OR REPLACE FUNCTION days_later(timestamp, numeric) RETURNS timestamp LANGUAGE sql IMMUTABLE
  AS $$SELECT ($1 + $2 * interval '1 day')::timestamp(0)$$;
CREATE OR REPLACE FUNCTION days_earlier(timestamp, numeric) RETURNS timestamp LANGUAGE sql IMMUTABLE
  AS $$SELECT ($1 - $2 * interval '1 day')::timestamp(0)$$;
DO $$
BEGIN
  IF to_regoperator('oracle_wire.||(text,text)') IS NULL THEN
    CREATE OPERATOR || (LEFTARG = text, RIGHTARG = text, FUNCTION = concatenated);
    CREATE OPERATOR / (LEFTARG = int, RIGHTARG = int, FUNCTION = divided);
    CREATE OPERATOR / (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = divided);
    CREATE OPERATOR / (LEFTARG = bigint, RIGHTARG = int, FUNCTION = divided);
    CREATE OPERATOR / (LEFTARG = int, RIGHTARG = bigint, FUNCTION = divided);
    CREATE OPERATOR + (LEFTARG = timestamp, RIGHTARG = numeric, FUNCTION = days_later);
    CREATE OPERATOR - (LEFTARG = timestamp, RIGHTARG = numeric, FUNCTION = days_earlier);
  END IF;
END $$;

-- What SQLAlchemy asks on its first connection.
CREATE OR REPLACE VIEW v$parameter AS SELECT 'compatible'::varchar AS name, '19.0.0'::varchar AS value;
CREATE OR REPLACE VIEW nls_database_parameters AS
  SELECT parameter::varchar, value::varchar FROM (VALUES
    ('NLS_CHARACTERSET', 'AL32UTF8'), ('NLS_NCHAR_CHARACTERSET', 'AL16UTF16'), ('NLS_LENGTH_SEMANTICS', 'BYTE'),
    ('NLS_NUMERIC_CHARACTERS', '.,'), ('NLS_DATE_FORMAT', 'DD-MON-RR')) AS p (parameter, value);
CREATE OR REPLACE VIEW nls_session_parameters AS SELECT * FROM nls_database_parameters;

-- The catalog, as far as tables, columns and sequences go. The hidden ROWID column stays hidden.
CREATE OR REPLACE FUNCTION oracle_name(name) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
  SELECT translate($1::text, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
                             'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')::varchar$$;
CREATE OR REPLACE FUNCTION owner_name(name) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN $1 = current_schema() THEN oracle_wire.sys_context('userenv', 'current_schema')
    ELSE oracle_wire.oracle_name($1) END$$;
CREATE OR REPLACE VIEW all_tables AS
  SELECT owner_name(n.nspname) AS owner, oracle_name(c.relname) AS table_name, 'USERS'::varchar AS tablespace_name,
    NULL::varchar AS iot_name, NULL::varchar AS duration, 'N'::varchar AS temporary
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema|oracle_wire)';
CREATE OR REPLACE VIEW user_tables AS
  SELECT table_name FROM all_tables WHERE owner = sys_context('userenv', 'current_schema');
CREATE OR REPLACE VIEW all_views AS
  SELECT owner_name(n.nspname) AS owner, oracle_name(c.relname) AS view_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'v' AND n.nspname !~ '^(pg_|information_schema|oracle_wire)';
CREATE OR REPLACE VIEW all_mviews AS SELECT ''::varchar AS owner, ''::varchar AS mview_name WHERE false;
CREATE OR REPLACE VIEW all_sequences AS
  SELECT owner_name(n.nspname) AS sequence_owner, oracle_name(c.relname) AS sequence_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND n.nspname !~ '^(pg_|information_schema|oracle_wire)';
CREATE OR REPLACE VIEW all_tab_columns AS
  SELECT owner_name(n.nspname) AS owner, oracle_name(c.relname) AS table_name, oracle_name(a.attname) AS column_name,
    (CASE t.typname
      WHEN 'numeric' THEN 'NUMBER' WHEN 'varchar' THEN 'VARCHAR2' WHEN 'bpchar' THEN 'CHAR' WHEN 'text' THEN 'CLOB'
      WHEN 'timestamp' THEN CASE a.atttypmod WHEN 0 THEN 'DATE' ELSE 'TIMESTAMP(6)' END
      WHEN 'timestamptz' THEN 'TIMESTAMP(6) WITH TIME ZONE' WHEN 'bytea' THEN 'BLOB'
      WHEN 'float8' THEN 'BINARY_DOUBLE' WHEN 'float4' THEN 'BINARY_FLOAT' ELSE upper(t.typname) END)::varchar AS data_type,
    coalesce(k.size, CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
      CASE t.typname WHEN 'varchar' THEN 4000 ELSE 22 END)::numeric
      * CASE WHEN k.conname LIKE '%$chars' THEN 4 ELSE 1 END AS data_length,
    coalesce(k.size, CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END, 0)::numeric
      AS char_length,
    (CASE WHEN t.typname IN ('varchar', 'bpchar') THEN CASE WHEN k.conname LIKE '%$chars' THEN 'C' ELSE 'B' END END)::varchar
      AS char_used,
    CASE WHEN t.typname = 'numeric' AND a.atttypmod > 0 THEN ((a.atttypmod - 4) >> 16 & 65535)::numeric END AS data_precision,
    CASE WHEN t.typname = 'numeric' AND a.atttypmod > 0 THEN ((((a.atttypmod - 4) & 2047) # 1024) - 1024)::numeric END
      AS data_scale,
    (CASE WHEN a.attnotnull THEN 'N' ELSE 'Y' END)::varchar AS nullable,
    pg_get_expr(d.adbin, d.adrelid)::varchar AS data_default,
    a.attnum::numeric AS column_id
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v')
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN (SELECT conrelid, conkey[1] AS place, conname,
      substring(pg_get_constraintdef(oid) from '<= (\d+)')::int AS size
    FROM pg_constraint WHERE contype = 'c' AND (conname LIKE '%$bytes' OR conname LIKE '%$chars')) k
    ON k.conrelid = c.oid AND k.place = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'rowid'
    AND n.nspname !~ '^(pg_|information_schema|oracle_wire)';
CREATE OR REPLACE VIEW user_tab_columns AS
  SELECT * FROM all_tab_columns WHERE owner = sys_context('userenv', 'current_schema');
CREATE OR REPLACE VIEW all_triggers AS
  SELECT ''::varchar AS owner, ''::varchar AS trigger_name, ''::varchar AS table_owner, ''::varchar AS table_name,
    ''::varchar AS triggering_event, ''::varchar AS trigger_type, ''::varchar AS status WHERE false;
