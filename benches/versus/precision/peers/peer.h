/*
 * What the peers in C and C++ share: what they are asked, and what they answer.
 *
 *     PROGRAM MODE PERIOD_NANOS COUNT <DELAYS
 *
 * MODE is `ticks` (a period on an absolute grid, the best way that the peer has), `persist` (the
 * peer's own repeating timer) or `one-shots`, whose delays in nanoseconds come on stdin, one a line.
 * Answered are five lines, `calls`, `early`, `missed`, `drift_nanos` and `cpu_nanos`, each with its
 * number, and then latenesses in nanoseconds, one a line, negative before the deadline: of each call,
 * and of each tick that was skipped when it was.
 *
 * Readings are of CLOCK_MONOTONIC, on which both peers wait. Processor time is the process's, between
 * the first wait and the last call.
 */
#ifndef PEER_H
#define PEER_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long after the peer is set up its grid starts. */
#define PEER_LEAD_NANOS INT64_C(5000000)

struct peer {
    const char *mode;
    int64_t period;
    /* Ticks or one-shots. */
    int64_t count;
    int64_t *delays;
    int64_t *lateness;
    /* Of those, how many are filled in. */
    int64_t filled;
    int64_t calls;
    int64_t early;
    int64_t missed;
    int64_t drift;
    int64_t cpu;
};

static inline int64_t
peer_reading(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline int64_t
peer_now(void)
{
    return peer_reading(CLOCK_MONOTONIC);
}

static inline void
peer_fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline int
peer_is(const struct peer *peer, const char *mode)
{
    return strcmp(peer->mode, mode) == 0;
}

static inline void
peer_begin(struct peer *peer, int argc, char **argv)
{
    memset(peer, 0, sizeof *peer);
    if (argc != 4)
        peer_fail("usage: PROGRAM ticks|persist|one-shots PERIOD_NANOS COUNT <DELAYS");
    peer->mode = argv[1];
    peer->period = strtoll(argv[2], NULL, 10);
    peer->count = strtoll(argv[3], NULL, 10);
    if (peer->period <= 0 || peer->period % 1000 != 0)
        peer_fail("the period must be whole microseconds, and at least one");
    if (peer->count <= 0 || peer->count > 100000000)
        peer_fail("the count must be from 1 to 100000000");
    peer->delays = (int64_t *)calloc((size_t)peer->count, sizeof(int64_t));
    peer->lateness = (int64_t *)malloc((size_t)peer->count * sizeof(int64_t));
    if (peer->delays == NULL || peer->lateness == NULL)
        peer_fail("no memory");
    /* Written to now, so that no call pays for fresh memory. */
    memset(peer->lateness, 1, (size_t)peer->count * sizeof(int64_t));
    if (peer_is(peer, "one-shots")) {
        for (int64_t i = 0; i < peer->count; ++i)
            if (scanf("%" SCNd64, &peer->delays[i]) != 1)
                peer_fail("stdin has fewer delays than COUNT");
    }
    peer->cpu = peer_reading(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void
peer_note(struct peer *peer, int64_t lateness)
{
    if (peer->filled < peer->count)
        peer->lateness[peer->filled++] = lateness;
}

/* Counts a call at `now` that was due at `deadline`. */
static inline void
peer_called(struct peer *peer, int64_t deadline, int64_t now)
{
    peer_note(peer, now - deadline);
    ++peer->calls;
    peer->early += now < deadline;
}

/* Counts a tick that was due at `deadline` and is passed over at `now`. */
static inline void
peer_skipped(struct peer *peer, int64_t deadline, int64_t now)
{
    peer_note(peer, now - deadline);
    ++peer->missed;
}

static inline void
peer_end(struct peer *peer)
{
    int64_t cpu = peer_reading(CLOCK_PROCESS_CPUTIME_ID) - peer->cpu;

    printf("calls %" PRId64 "\nearly %" PRId64 "\nmissed %" PRId64 "\n", peer->calls, peer->early,
        peer->missed);
    printf("drift_nanos %" PRId64 "\ncpu_nanos %" PRId64 "\n", peer->drift, cpu);
    for (int64_t i = 0; i < peer->filled; ++i)
        printf("%" PRId64 "\n", peer->lateness[i]);
    if (fflush(stdout) != 0)
        peer_fail("stdout is closed");
}

#endif
