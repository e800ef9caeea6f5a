#!/usr/bin/env bash
# Takes the pictures of docs/screens anew: the release build in Chromium with the team of e2e/screens.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

export TERN_SERVER="${TERN_SERVER:-$CARGO_TARGET_DIR/release/tern-server}"
export TERN_DIST="${TERN_DIST:-$PWD/dist}"

cd e2e
exec npx --no-install playwright test --config screens/screens.config.ts
