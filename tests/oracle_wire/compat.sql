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
-- An address of a segment that is no more: of before a move, a truncation, an import.
CREATE OR REPLACE FUNCTION chartorowid(address text) RETURNS char(18) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF address !~ '^AAAR3sAAE[A-Za-z0-9+/]{9}$' THEN
    RAISE EXCEPTION 'ORA-01410: invalid ROWID';
  END IF;
  RETURN address::char(18);
END $$;

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
-- The session's decimal character (NLS_NUMERIC_CHARACTERS) is the one that a text has, and the only one that is read.
CREATE OR REPLACE FUNCTION decimal_character() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(left(current_setting('oracle_wire.nls_numeric_characters', true), 1), ''), '.')$$;
CREATE OR REPLACE FUNCTION to_number(text) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT (CASE oracle_wire.decimal_character() WHEN '.' THEN $1 ELSE translate($1, ',.', '.!') END)::numeric$$;
CREATE OR REPLACE FUNCTION to_char(numeric) RETURNS varchar LANGUAGE sql STABLE
  AS $$SELECT translate(trim_scale($1)::varchar, '.', oracle_wire.decimal_character())$$;
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
