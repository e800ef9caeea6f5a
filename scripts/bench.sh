#!/usr/bin/env bash
# Every figure but the browser's, on release builds: Criterion for the code, a driver of ours for the system. Writes the
# table bench/RESULTS.md.
#
#   scripts/bench.sh           both
#   scripts/bench.sh system    the system; of the code, what Criterion has measured before
#
# SECONDS_OF_LOAD, USERS, RATE, STORED, LARGEST, ROUNDS and ONLY_FILES say how much (bench/src/settings.rs). However it ends, the
# driver stops the server it has started, and the server its PostgreSQL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

BENCH_LOAD_BEFORE=$(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null || echo unknown)
BENCH_COMMIT=$(git describe --always --dirty 2>/dev/null || echo unknown)
BENCH_RUSTC=$(rustc --version)
postgres=$(command -v postgres || find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
BENCH_POSTGRES=$("${postgres:-false}" --version 2>/dev/null || echo 'unknown database')
export BENCH_LOAD_BEFORE BENCH_COMMIT BENCH_RUSTC BENCH_POSTGRES
export BENCH_RESULTS="${BENCH_RESULTS:-$PWD/bench/RESULTS.md}"
export BENCH_CRITERION="$CARGO_TARGET_DIR/criterion"
export TERN_SERVER="${TERN_SERVER:-$CARGO_TARGET_DIR/release/tern-server}"
export TERN_CLI="${TERN_CLI:-$CARGO_TARGET_DIR/release/tern}"

case "${1:-all}" in
  all)
    cargo bench --package tern-shared --bench query --bench merge
    cargo bench --package tern-bench --bench engine
    ;;
  system) ;;
  *) echo "Say 'scripts/bench.sh system', or nothing for everything" >&2 && exit 2 ;;
esac
cargo build --release --package tern-server --package tern-bench
cargo build --release --package tern-cli # by itself: its features must not spread to what is measured
exec "$CARGO_TARGET_DIR/release/tern-bench"
