#!/bin/sh
# Bytes passed from pair to pair: ours beside libevent and bare epoll, in one run.
#
#     benches/versus/run-pairs.sh [options of pairs, such as --pairs 1000 --rounds 9]
#     benches/versus/run-pairs.sh --quick        # does it run at all; waits for nobody
#
# Needs a C compiler, and libevent with its headers (Debian: libevent-dev); without them their columns
# are dashes. 9,900 pairs take 19,800 descriptors: `ulimit -n 20000`. All run on one core, which CORE
# names. One measurement at a time runs on a machine: MEASURE_LOCK names the lock file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lock=${MEASURE_LOCK:-${TMPDIR:-/tmp}/measure.lock}
target=${CARGO_TARGET_DIR:-$here/target}

cargo build --release --quiet --manifest-path "$here/Cargo.toml" --bin pairs
mkdir -p "$target"
if "${CC:-cc}" -O3 -Wall -Wextra -o "$target/pairs_epoll" "$here/pairs/epoll.c"; then
    set -- --epoll "$target/pairs_epoll" "$@"
fi
if "${CC:-cc}" -O3 -Wall -Wextra -o "$target/pairs_libevent" "$here/pairs/libevent.c" -levent; then
    set -- --libevent "$target/pairs_libevent" "$@"
fi

case " $* " in
*" --quick "*) exec "$target/release/pairs" "$@" ;;
*) exec flock "$lock" taskset -c "${CORE:-1}" "$target/release/pairs" "$@" ;;
esac
