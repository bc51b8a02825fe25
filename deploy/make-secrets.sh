#!/bin/sh
# Makes the secrets that compose.yaml names, in deploy/secrets; those that are there stay as they are.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
make() { # NAME VALUE
  [ -e "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
  # Containers read them as the user `node`.
  chmod 644 "secrets/$1"
}
random() { head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
# The simulated Alma's key.
make alma-api-key simulator-key
make peer-secret "$(random)"
make store-key "$(random)"
make valkey-password "$(random)"
