#!/usr/bin/env bash
# Simulated worlds, one per seed: several clients, the server's real code, a network that fails.
#
#   scripts/simulate.sh [seeds=1000] [start=0] [ops=300]
#
# Its last line is "N passed, N failed". A seed that fails does so every time: scripts/simulate.sh 1 <seed>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

exec cargo run --release --package tern-simulation -- --seeds "${1:-1000}" --start "${2:-0}" --ops "${3:-300}"
