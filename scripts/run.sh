#!/usr/bin/env bash
# Serves what build.sh has built. exec, so that Ctrl-C and SIGTERM reach the server, which then stops PostgreSQL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

export PORT="${PORT:-3000}"
export TERN_DIST="${TERN_DIST:-$PWD/dist}"
export TERN_DATA_DIR="${TERN_DATA_DIR:-$PWD/data}"
exec "$CARGO_TARGET_DIR/release/tern-server" "$@"
