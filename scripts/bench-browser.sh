#!/usr/bin/env bash
# The app's figures in Chromium, on the release build and a real server: how long until a change is durable and visible
# with STORED tasks on the device, how long until another browser shows it, and the sizes of what is downloaded.
#
#   STORED=10000 EACH=200 scripts/bench-browser.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

export TERN_SERVER="${TERN_SERVER:-$CARGO_TARGET_DIR/release/tern-server}"
export TERN_DIST="${TERN_DIST:-$PWD/dist}"

cd e2e
exec npx --no-install playwright test --config bench/playwright.config.ts "$@"
