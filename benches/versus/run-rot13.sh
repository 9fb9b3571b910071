#!/bin/sh
# rot13 under load: ours beside a libevent server of the same shape, in one run.
#
#     benches/versus/run-rot13.sh [options of load, such as --rounds 9 --line 1024]
#
# Needs a C compiler and libevent with its headers (Debian: libevent-dev). One measurement at a time
# runs on a machine: MEASURE_LOCK names the lock file. OURS and THEIRS replace a server's command.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lock=${MEASURE_LOCK:-${TMPDIR:-/tmp}/measure.lock}
target=$here/target

cargo build --release --quiet --manifest-path "$here/Cargo.toml"
mkdir -p "$target"
if [ -z "${THEIRS:-}" ]; then
    cc -O2 -Wall -Wextra -o "$target/rot13_libevent" "$here/rot13_libevent.c" -levent
    THEIRS="'$target/rot13_libevent' 0"
fi
if [ -z "${OURS:-}" ]; then
    cargo build --release --quiet --manifest-path "$root/Cargo.toml" --example rot13
    OURS="'$root/target/release/examples/rot13' --listen 127.0.0.1:0"
fi

exec flock "$lock" "$target/release/load" \
    --server "ours=$OURS" --server "libevent=$THEIRS" "$@"
