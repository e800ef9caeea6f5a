#!/usr/bin/env bash
# All tests that need no browser; the server's start their own PostgreSQL. Arguments go to cargo test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

exec cargo test --no-fail-fast "$@" # of the default members
