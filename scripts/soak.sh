#!/usr/bin/env bash
# The long run: every law of merging on very many cases, the API tried by what its document says, then very many simulated
# worlds.
#
#   scripts/soak.sh [cases=1000000] [worlds=50000] [start=5000]
#
# The worlds begin behind those of scripts/test.sh. A case that fails is printed in its smallest form; a world that fails
# does so every time: scripts/simulate.sh 1 <seed>
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/env.sh
source scripts/env.sh
# shellcheck source=scripts/suites.sh
source scripts/suites.sh

cases=${1:-1000000} worlds=${2:-50000} start=${3:-5000}

# laws <test...>: the properties of these files of crates/shared, each on so many cases.
laws() {
  PROPTEST_CASES=$cases cargo test --release --no-fail-fast --package tern-shared "${@/#/--test=}"
}

suite "Laws of text, $cases cases each" laws text editors cursors
suite "Laws of fields, $cases cases each" laws causality registers policies ledger
suite "What the API says of itself" scripts/schemathesis.sh
suite "Simulated worlds" scripts/simulate.sh "$worlds" "$start"
add_up
