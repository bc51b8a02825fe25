#!/bin/sh
# Makes the users of PostgreSQL, when its data is made: `gateway`, who owns a schema and nothing else, and `report`, who
# reads what is in it. Both Compose and Kubernetes run it; for a database that you have already, run it once:
#
#   POSTGRES_USER=postgres POSTGRES_DB=alma STORE_PASSWORD_FILE=… REPORT_PASSWORD_FILE=… PGHOST=… make-users.sh
set -e
psql -v ON_ERROR_STOP=1 -q -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\set store `cat "$STORE_PASSWORD_FILE"`
\set report `cat "$REPORT_PASSWORD_FILE"`
CREATE ROLE gateway LOGIN PASSWORD :'store';
CREATE SCHEMA alma AUTHORIZATION gateway;
CREATE ROLE report LOGIN PASSWORD :'report';
-- A statement or a transaction that stays open for long keeps old rows, which makes each step of the gateways slower.
ALTER ROLE report SET statement_timeout = '60s';
ALTER ROLE report SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE report SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA alma TO report;
ALTER DEFAULT PRIVILEGES FOR ROLE gateway IN SCHEMA alma GRANT SELECT ON TABLES TO report;
SQL
