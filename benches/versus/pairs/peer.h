/*
 * What the contenders in C share: the pairs, what a handler does, and what is asked and answered.
 *
 *     PROGRAM MODE KIND PAIRS ACTIVE WRITES RUNS
 *
 * KIND is `sockets` or `pipes`; the modes are the program's own. Answered is one line for each run,
 * `register_nanos bytes_nanos bytes turns`: what it took to register all ends, what it took from the
 * first look at the kernel until every byte was read, how many were, and how many looks that took.
 * Bytes that fail or do not come, and timeouts that fire, end the program.
 *
 * A contender defines `peer_open`, `peer_watch`, `peer_forget` and `peer_turn` and calls `peer_run`.
 */
#ifndef PEER_H
#define PEER_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of a timeout that is the same for all; each end's own has a part of a second on top. */
#define PEER_TIMEOUT_SECONDS 10

/* A byte takes two looks at most, and a run few of them: more means that one was lost. */
#define PEER_TURNS_MOST 10000000

struct peer {
    const char *mode;
    int pairs, active, writes;
    /* Where a pair is read from, and where it is written to. */
    int (*ends)[2];
    int sent, read, left;
};

static struct peer peer;

static void peer_open(void);
static void peer_watch(int index);
static void peer_forget(int index);
static void peer_turn(void);

static void
peer_fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

static int64_t
peer_nanos(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The part of a second that an end's own timeout has: spread evenly, the same in every program. */
static inline int64_t
peer_part_nanos(int index)
{
    return (int64_t)(((uint64_t)((uint32_t)index * 2654435761u) * 1000000000u) >> 32);
}

/* The next part of a second of a timeout that is drawn anew each time: Marsaglia's xorshift. */
static inline int64_t
peer_draw_nanos(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int64_t)(((state >> 32) * 1000000000u) >> 32);
}

static inline void
peer_send(int index)
{
    if (write(peer.ends[index][1], "e", 1) != 1)
        peer_fail("write");
    ++peer.sent;
}

/* Reads one byte, and passes it on to the next pair while there are writes left. */
static inline void
peer_pass_on(int index)
{
    char byte;

    if (read(peer.ends[index][0], &byte, 1) != 1)
        peer_fail("read");
    ++peer.read;
    if (peer.left > 0) {
        --peer.left;
        peer_send(index + 1 == peer.pairs ? 0 : index + 1);
    }
}

static void
peer_round(void)
{
    int64_t start, registered, first, end;
    int turns = 0;

    start = peer_nanos();
    for (int i = 0; i < peer.pairs; ++i)
        peer_watch(i);
    registered = peer_nanos();
    peer_turn();
    peer.sent = peer.read = 0;
    peer.left = peer.writes;
    for (int i = 0; i < peer.active; ++i)
        peer_send(i * (peer.pairs / peer.active));
    first = peer_nanos();
    do {
        peer_turn();
        if (++turns == PEER_TURNS_MOST)
            peer_fail("a byte did not come");
    } while (peer.read != peer.sent);
    end = peer_nanos();
    if (peer.sent != peer.active + peer.writes)
        peer_fail("a byte was not passed on");
    printf("%lld %lld %d %d\n", (long long)(registered - start), (long long)(end - first),
           peer.read, turns);
    for (int i = 0; i < peer.pairs; ++i)
        peer_forget(i);
}

static void
peer_pair(int ends[2], int is_pipe)
{
    int made = is_pipe ? pipe2(ends, O_NONBLOCK | O_CLOEXEC)
                       : socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);

    if (made != 0)
        peer_fail(is_pipe ? "pipe" : "socketpair");
}

static int
peer_run(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: %s MODE KIND PAIRS ACTIVE WRITES RUNS\n", argv[0]);
        return 2;
    }
    peer.mode = argv[1];
    peer.pairs = atoi(argv[3]);
    peer.active = atoi(argv[4]);
    peer.writes = atoi(argv[5]);
    if (peer.active < 1 || peer.pairs < peer.active)
        peer_fail("there must be an active pair, and no more of them than pairs");
    peer.ends = calloc(peer.pairs, sizeof *peer.ends);
    if (peer.ends == NULL)
        peer_fail("calloc");
    for (int i = 0; i < peer.pairs; ++i)
        peer_pair(peer.ends[i], strcmp(argv[2], "pipes") == 0);
    peer_open();
    for (int run = atoi(argv[6]); run > 0; --run)
        peer_round();
    return 0;
}

#endif
