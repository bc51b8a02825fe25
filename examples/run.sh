#!/usr/bin/env bash
# Installs the examples, and uses each in Chromium. Fails if one of them does not do what README.md says.
set -euo pipefail
cd "$(dirname "$0")"
for example in apollo urql relay; do (cd "$example" && npm ci --no-audit --no-fund); done
cd ..
npx vitest run --config examples/vitest.config.ts
