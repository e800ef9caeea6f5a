#!/usr/bin/env bash
# All tests that need no browser; the server's start their own PostgreSQL. Arguments go to cargo test. The app's come in
# a call of their own: the features that the browser needs must not spread to the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

status=0
cargo test --no-fail-fast "$@" || status=$? # of the default members
cargo test --no-fail-fast --package tern-app "$@" || status=$?
exit "$status"
