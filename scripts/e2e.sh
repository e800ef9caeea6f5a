#!/usr/bin/env bash
# The user's journeys: Playwright, Chromium, the server that build.sh has built and a PostgreSQL of its own. Arguments
# go to Playwright. Its last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

# One journey begins in the terminal.
cargo build --release --package tern-cli
export TERN_CLI="${TERN_CLI:-$CARGO_TARGET_DIR/release/tern}"
export TERN_SERVER="${TERN_SERVER:-$CARGO_TARGET_DIR/release/tern-server}"
export TERN_DIST="${TERN_DIST:-$PWD/dist}"

cd e2e
readonly RESULTS=test-results/results.json # see playwright.config.ts
rm -f "$RESULTS"

status=0
npx --no-install playwright test "$@" || status=$?

# A test that passed only when tried again counts as failed: somebody's edits depend on what it saw the first time.
# shellcheck disable=SC2016 # the ${…} are JavaScript's
node -e '
  const { stats, errors } = JSON.parse(require("node:fs").readFileSync(process.argv[1]));
  console.log(`${stats.expected} passed, ${stats.unexpected + stats.flaky + errors.length} failed`);
' "$RESULTS"
exit "$status"
