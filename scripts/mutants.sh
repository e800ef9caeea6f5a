#!/usr/bin/env bash
# Breaks the code of crates/shared and crates/engine in one place after the other, and tells which breaks no test of the
# same crate notices (cargo-mutants).
#
#   scripts/mutants.sh [arguments of cargo mutants, such as --file crates/engine/src/pull.rs or --package tern-shared]
#
# All files take hours. What it found when, and why the breaks that stay unnoticed are none: docs/mutants.md
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

command -v cargo-mutants >/dev/null ||
  cargo install --locked --root "$TERN_CACHE/tools" --target-dir "$TERN_CACHE/target-mutants" cargo-mutants@27.1.0

# Properties need far fewer cases to notice a break than to prove that there is none, and nobody reads the smallest one.
export PROPTEST_CASES="${PROPTEST_CASES:-200}" PROPTEST_MAX_SHRINK_ITERS=0
# Half the time to build.
export CARGO_PROFILE_DEV_DEBUG=0

output=$CARGO_TARGET_DIR/mutants
unset CARGO_TARGET_DIR # each job works in a copy of the tree, and would wait for the others' builds
mkdir -p "$output"
case " $* " in
  *" --package"* | *" -p "*) ;;
  *) set -- --package tern-shared --package tern-engine "$@" ;;
esac
exec cargo mutants --jobs "${JOBS:-2}" --output "$output" "$@"
