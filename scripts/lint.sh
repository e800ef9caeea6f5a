#!/usr/bin/env bash
# Formatting, and clippy for both worlds: the machine and the browser. A warning is an error.
#
#   scripts/lint.sh                          everything
#   scripts/lint.sh format|native|browser    one of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

lint_format() { cargo fmt --all --check; }

lint_native() { cargo clippy --all-targets -- -D warnings; } # of the default members

lint_browser() { # shared comes along, as what these are made of
  cargo clippy --all-targets --target wasm32-unknown-unknown --package tern-engine --package tern-app \
    --package tern-frontend -- -D warnings
}

case "${1:-all}" in
  format | native | browser) "lint_$1" ;;
  all) lint_format && lint_native && lint_browser ;;
  *) echo "Say 'scripts/lint.sh format', 'native' or 'browser', or nothing for all of them" >&2 && exit 2 ;;
esac
