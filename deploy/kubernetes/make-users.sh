#!/bin/sh
# Creates the users of PostgreSQL with its database: `gateway`, which owns a schema and nothing else, and `analyst`, which
# reads the views that the gateways create there (docs/sql.md), and no tables. Both Compose and Kubernetes run it; for a database that you have already, run it once:
#
#   PGHOST=… POSTGRES_USER=postgres POSTGRES_DB=alma STORE_PASSWORD_FILE=… ANALYST_PASSWORD_FILE=… make-users.sh
set -e
psql -v ON_ERROR_STOP=1 -q -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\set store `cat "$STORE_PASSWORD_FILE"`
\set analyst `cat "$ANALYST_PASSWORD_FILE"`
CREATE ROLE gateway LOGIN PASSWORD :'store';
CREATE SCHEMA alma AUTHORIZATION gateway;
CREATE ROLE analyst LOGIN PASSWORD :'analyst';
GRANT USAGE ON SCHEMA alma TO analyst;
ALTER ROLE analyst SET search_path = alma;
ALTER ROLE analyst SET statement_timeout = '60s';
ALTER ROLE analyst SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE analyst SET default_transaction_read_only = on;
SQL
