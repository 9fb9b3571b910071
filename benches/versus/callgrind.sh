#!/usr/bin/env bash
# Instructions of an operation, counted by callgrind: what does not move with the machine's mood.
#
#     bash benches/versus/callgrind.sh                                  # the hot paths, at 100k timers
#     SIZE=1k TIMES=1000 bash benches/versus/callgrind.sh refresh       # some of them, quickly
#     CONTENDERS="tourbillon nexus-timer" bash benches/versus/callgrind.sh
#
# Each is counted in a short run and in one of three times the length; the difference, divided, leaves
# the setup out. The harness is in it: see the null column. Instructions are not time: a miss of the
# caches costs as much as hundreds of them.
set -euo pipefail
cd "$(dirname "$0")"

size=${SIZE:-100k}
times=${TIMES:-100000}
read -ra contenders <<<"${CONTENDERS:-null tourbillon binary-heap}"
rows=("$@")
[ ${#rows[@]} -gt 0 ] ||
  rows=(schedule-cancel cancel-schedule refresh nothing-due next-deadline fire-schedule)

command -v valgrind >/dev/null || { echo "callgrind.sh: needs valgrind" >&2; exit 1; }
cargo build --release --quiet --bin timers
binary=${CARGO_TARGET_DIR:-target}/release/timers

# instructions ROW CONTENDER TIMES: of a whole run.
instructions() {
  local log
  log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
    "$binary" --count "$1" --contenders "$2" --sizes "$size" --times "$3" 2>&1) ||
    { echo "$log" >&2; return 1; }
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$log"
}

printf '| instructions an operation, %s timers |' "$size"
printf ' %s |' "${contenders[@]}"
printf '\n|---|'
printf -- '--:|%.0s' "${contenders[@]}"
printf '\n'
for row in "${rows[@]}"; do
  printf '| %s |' "$row"
  for contender in "${contenders[@]}"; do
    short=$(instructions "$row" "$contender" "$times")
    long=$(instructions "$row" "$contender" $((3 * times)))
    awk -v n=$((long - short)) -v times=$((2 * times)) 'BEGIN { printf " %.1f |", n / times }'
  done
  printf '\n'
done
