#!/bin/sh
# Creates the secrets that compose.processes.yaml names, in deploy/secrets; keeps existing ones. Needs openssl.
set -eu
command -v openssl >/dev/null || { echo "openssl is not installed: install it. Nothing was created." >&2; exit 1; }
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
make() { # NAME VALUE
  [ -e "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
}
random() { head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
# The simulated Alma's key.
make alma-api-key simulator-key
make peer-secret "$(random)"
make store-key "$(random)"
# The passwords of PostgreSQL's superuser, of the gateways, and of the user who reads by SQL.
make postgres-password "$(random)"
make store-password "$(random)"
make analyst-password "$(random)"
# PostgreSQL's certificate for the gateways: self-signed, valid for ten years.
[ -e secrets/postgres-key ] && [ -e secrets/postgres-certificate ] || openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 3650 \
  -subj /CN=postgres -addext subjectAltName=DNS:postgres,DNS:alma-gateway-postgres,DNS:localhost \
  -keyout secrets/postgres-key -out secrets/postgres-certificate 2>/dev/null
# Containers read them as the user `node`.
chmod 644 secrets/*
