# shellcheck shell=bash
# Sourced by the scripts that run several suites: a failure does not stop the next one, and the last line adds everything
# up, "N passed, N failed".

passed=0
failed=0
summary=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM # not on to the next suite

# Adds up what a suite printed, in either form: "test result: ok. 3 passed; 0 failed; …" of cargo and wasm-bindgen, and
# "3 passed, 0 failed" of ours. Prints "<passed> <failed>", or nothing if the suite printed no count.
counts() {
  awk '
    /^test result: / && $5 == "passed;" { p += $4; f += $6; seen = 1 }
    /^[0-9]+ passed, [0-9]+ failed$/    { p += $1; f += $3; seen = 1 }
    END { if (seen) print p, f }
  ' "$1"
}

# record <title> <passed> <failed>
record() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  summary+=("$(printf '%-44s %6d passed %4d failed %5d s' "$1" "$2" "$3" $((SECONDS - began)))")
}

heading() {
  began=$SECONDS
  printf '\n=== %s\n' "$1"
}

# check <title> <command...>: has nothing to count. It passes in silence and fails as one.
check() {
  local title=$1
  shift
  heading "$title"
  if "$@"; then
    record "$title" 0 0
  else
    record "$title" 0 1
    return 1
  fi
}

# suite <title> <command...>: prints counts. One that ends badly, or that did not count, has failed, whatever it says.
suite() {
  local title=$1 status=0 p='' f=''
  shift
  heading "$title"
  "$@" 2>&1 | tee "$log" || status=$?
  read -r p f < <(counts "$log")
  if [ -z "$p" ]; then
    echo "$title: printed no count of its tests" >&2
    p=0 f=1
  elif [ $status != 0 ] && [ "$f" = 0 ]; then
    f=1
  fi
  record "$title" "$p" "$f"
}

# Prints what each suite came to, and the sum. Fails if anything has failed.
add_up() {
  printf '\n'
  printf '%s\n' "${summary[@]}"
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}
