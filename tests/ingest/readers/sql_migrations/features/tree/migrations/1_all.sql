CREATE EXTENSION pg_trgm;
CREATE TYPE mood AS ENUM ('calm', 'cross');
ALTER TYPE mood ADD VALUE 'glad' AFTER 'calm';
CREATE TYPE unused AS ENUM ('x');
CREATE DOMAIN email AS varchar(200) CHECK (VALUE LIKE '%@%');
CREATE TABLE tenant (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code char(2) NOT NULL,
  region text NOT NULL,
  CONSTRAINT tenant_code_key UNIQUE NULLS NOT DISTINCT (region, code) DEFERRABLE,
  CONSTRAINT tenant_code_check CHECK (length(code) = 2)
);
CREATE TABLE person (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id bigint NOT NULL,
  mail email,
  name varchar(80),
  mood mood DEFAULT 'calm',
  moods mood[],
  full_name text GENERATED ALWAYS AS (upper((name)::text)) STORED,
  born date,
  wakes time(3),
  seen timestamptz NOT NULL DEFAULT '2020-01-01 00:00:00+01',
  stay interval,
  amount numeric(12,3),
  share real,
  small smallint,
  flags bit(4),
  raw bytea,
  data jsonb,
  page xml,
  address inet,
  words tsvector,
  period daterange,
  home point,
  yes boolean,
  route jsonpath,
  CONSTRAINT person_tenant FOREIGN KEY (tenant_id) REFERENCES tenant ON DELETE CASCADE ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED,
  EXCLUDE USING gist (period WITH &&)
);
CREATE INDEX person_name ON person USING gin (name gin_trgm_ops);
CREATE INDEX person_seen ON person (seen DESC, born NULLS FIRST) INCLUDE (name) WHERE yes;
CREATE UNIQUE INDEX person_mail ON person (tenant_id, lower((mail)::text));
CREATE SCHEMA audit;
CREATE TABLE audit.entry (id int, who uuid REFERENCES person);
