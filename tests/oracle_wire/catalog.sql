-- Oracle's dictionary as far as the driver, SQLAlchemy and the product ask for it, from PostgreSQL's own. Written by
-- Oracle's documentation; installed after compat.sql in the same schema.
SET LOCAL search_path = oracle_wire, pg_catalog;

-- What SQLAlchemy asks on its first connection.
CREATE OR REPLACE VIEW v$parameter AS SELECT name::varchar, value::varchar FROM (VALUES
  ('compatible', '19.0.0'), ('open_cursors', '300'), ('max_idle_blocker_time', '0')) AS p (name, value);
CREATE OR REPLACE VIEW nls_database_parameters AS
  SELECT parameter::varchar, value::varchar FROM (VALUES
    ('NLS_CHARACTERSET', coalesce(nullif(current_setting('oracle_wire.nls_characterset', true), ''), 'AL32UTF8')),
    ('NLS_NCHAR_CHARACTERSET', 'AL16UTF16'), ('NLS_LENGTH_SEMANTICS', 'BYTE'),
    ('NLS_NUMERIC_CHARACTERS', '.,'), ('NLS_DATE_FORMAT', 'DD-MON-RR')) AS p (parameter, value);
CREATE OR REPLACE VIEW nls_session_parameters AS
  SELECT parameter::varchar, current_setting('oracle_wire.' || lower(parameter), true)::varchar AS value FROM (VALUES
    ('NLS_LANGUAGE'), ('NLS_TERRITORY'), ('NLS_NUMERIC_CHARACTERS'), ('NLS_DATE_FORMAT'), ('NLS_TIMESTAMP_FORMAT'),
    ('NLS_SORT'), ('NLS_COMP')) AS p (parameter);

-- The hidden ROWID column stays hidden.
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
-- A user is a schema (ddl.py), noted here with the password.
CREATE TABLE IF NOT EXISTS account (username varchar PRIMARY KEY, password varchar);
CREATE OR REPLACE VIEW all_users AS SELECT username FROM account;

-- A synonym is a view of the same name (ddl.py), noted here.
CREATE TABLE IF NOT EXISTS synonym (
  owner varchar, synonym_name varchar, table_owner varchar, table_name varchar, PRIMARY KEY (owner, synonym_name));
CREATE OR REPLACE VIEW all_synonyms AS SELECT s.*, NULL::varchar AS db_link FROM synonym s;
CREATE OR REPLACE VIEW all_views AS
  SELECT owner_name(n.nspname) AS owner, oracle_name(c.relname) AS view_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'v' AND (owner_name(n.nspname), oracle_name(c.relname)) NOT IN
    (SELECT owner, synonym_name FROM synonym) AND n.nspname !~ '^(pg_|information_schema|oracle_wire)';
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
    length(pg_get_expr(d.adbin, d.adrelid))::numeric AS default_length,
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
CREATE OR REPLACE VIEW all_ind_columns AS
  SELECT owner_name(n.nspname) AS index_owner, oracle_name(x.relname) AS index_name,
    owner_name(n.nspname) AS table_owner, oracle_name(c.relname) AS table_name, oracle_name(a.attname) AS column_name,
    k.place::numeric AS column_position
  FROM pg_index i
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
  WHERE n.nspname !~ '^(pg_|information_schema|oracle_wire)';
CREATE OR REPLACE VIEW all_ind_expressions AS
  SELECT owner_name(n.nspname) AS index_owner, oracle_name(x.relname) AS index_name,
    owner_name(n.nspname) AS table_owner, oracle_name(c.relname) AS table_name,
    pg_get_indexdef(i.indexrelid, k.place::int, true)::varchar AS column_expression, k.place::numeric AS column_position
  FROM pg_index i
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
  WHERE k.attnum = 0 AND n.nspname !~ '^(pg_|information_schema|oracle_wire)';

-- Triggers are PostgreSQL's own, made by a test through its door; a table named in the function counts as used.
CREATE OR REPLACE VIEW all_triggers AS
  SELECT owner_name(n.nspname) AS owner, oracle_name(t.tgname) AS trigger_name, owner_name(n.nspname) AS table_owner,
    oracle_name(c.relname) AS table_name,
    (CASE WHEN t.tgtype & 2 = 2 THEN 'BEFORE' ELSE 'AFTER' END
      || CASE WHEN t.tgtype & 1 = 1 THEN ' EACH ROW' ELSE ' STATEMENT' END)::varchar AS trigger_type,
    array_to_string(array_remove(ARRAY[
      CASE WHEN t.tgtype & 4 = 4 THEN 'INSERT' END, CASE WHEN t.tgtype & 16 = 16 THEN 'UPDATE' END,
      CASE WHEN t.tgtype & 8 = 8 THEN 'DELETE' END], NULL), ' OR ')::varchar AS triggering_event,
    (CASE t.tgenabled WHEN 'D' THEN 'DISABLED' ELSE 'ENABLED' END)::varchar AS status,
    t.tgfoid
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal;
CREATE OR REPLACE VIEW all_dependencies AS
  SELECT t.owner, t.trigger_name AS name, 'TRIGGER'::varchar AS type, 'TABLE'::varchar AS referenced_type,
    a.table_name AS referenced_name
  FROM all_triggers t JOIN pg_proc p ON p.oid = t.tgfoid JOIN all_tables a ON p.prosrc ~* ('\m' || a.table_name || '\M');

-- Tables in which a session holds or waits for rows.
CREATE OR REPLACE VIEW all_objects AS
  SELECT c.oid::bigint::numeric AS object_id, owner_name(n.nspname) AS owner, oracle_name(c.relname) AS object_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r';
CREATE OR REPLACE VIEW v$locked_object AS
  SELECT sys_context('userenv', 'sid')::numeric AS session_id, l.relation::bigint::numeric AS object_id
  FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.mode IN ('RowShareLock', 'RowExclusiveLock');
