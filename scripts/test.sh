#!/usr/bin/env bash
# Every check and every test. A failure does not stop it, and the last line adds everything up: "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/env.sh
source scripts/env.sh

# shellcheck source=scripts/suites.sh
source scripts/suites.sh

check 'Formatting' scripts/lint.sh format
check 'Clippy, machine' scripts/lint.sh native
check 'Clippy, browser' scripts/lint.sh browser
suite 'Unit and integration tests' scripts/test-unit.sh
suite 'Simulated worlds' scripts/simulate.sh "${SEEDS:-5000}"
suite 'Unit tests in Chromium' scripts/test-browser.sh
# Without the build, the journeys would test an old one.
if check 'Release build' scripts/build.sh; then
  suite "Users' journeys in Chromium" scripts/e2e.sh
else
  check "Users' journeys in Chromium: no build" false
fi

add_up
