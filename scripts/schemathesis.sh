#!/usr/bin/env bash
# What the document of the API says, tried on a real server by somebody who has read nothing but that document:
# Schemathesis makes requests of it, good ones and bad ones, and looks whether the answers are those that it knows.
#
#   scripts/schemathesis.sh [requests for each operation and phase=100]
#
# The server is one of its own, with a database of its own; both are gone afterwards. The last line is "N passed,
# N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

readonly VERSION=4.32.5
readonly TOOL="$TERN_CACHE/tools/schemathesis-$VERSION"
examples=${1:-100}

if [ ! -e "$TOOL/.installed" ]; then
  echo "==> Installing Schemathesis $VERSION" >&2
  rm -rf "$TOOL"
  python3 -m venv "$TOOL" || { echo "Install Debian's package python3-venv as root, then run this again" >&2 && exit 1; }
  "$TOOL/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
  touch "$TOOL/.installed"
fi

cargo build --release --package tern-server
home=$(mktemp -d)
chmod 755 "$home" # the database's own user goes through it
mkdir "$home/dist"
echo '<html></html>' >"$home/dist/index.html" # the app is not what is tried
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
coproc SERVER {
  TERN_DATA_DIR=$home/data TERN_DIST=$home/dist PORT=$port TERN_LOG=warn \
    exec "$CARGO_TARGET_DIR/release/tern-server" 2>"$home/log"
}
server=$SERVER_PID
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$home"' EXIT
trap 'exit 130' INT TERM
read -r _ <&"${SERVER[0]}" || { cat "$home/log" >&2 && exit 1; } # "Tern serves at …"
tern=http://127.0.0.1:$port

# ask <path> <token> <body>: the answer.
ask() {
  curl --noproxy '*' --silent --show-error --fail-with-body "$tern$1" -H "Authorization: Bearer $2" \
    -H 'Content-Type: application/json' -d "$3"
}
# field <name>: of the JSON that comes in.
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

device='{"id": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "name": "Schemathesis"}'
access=$(ask /api/auth/register none '{"organization": "Saltmarsh", "name": "Ines Okafor",
  "email": "ines@saltmarsh.example", "password": "correct horse", "device": '"$device"'}' | field access_token)
token=$(ask /api/tokens "$access" '{"name": "Schemathesis", "access": "write"}' | field token)

status=0
# Sockets are no requests and answers. What it keeps of failures is gone with the server.
config=$PWD/scripts/schemathesis.toml
cd "$home"
"$TOOL/bin/schemathesis" --config-file "$config" run "$tern/api/schema" \
  --header "Authorization: Bearer $token" --exclude-path /api/ws --max-examples "$examples" --seed 1 \
  | tee "$home/said" || status=$?
if grep -q ' panicked\|"bug"\|ERROR' "$home/log"; then
  cat "$home/log" >&2
  status=1
fi
operations=$(grep -c . < <(curl --noproxy '*' --silent "$tern/api/schema" | grep -o '"operationId"'))
if [ "$status" = 0 ]; then echo "$operations passed, 0 failed"; else echo "0 passed, 1 failed"; fi
[ "$status" = 0 ]
