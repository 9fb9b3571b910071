/*
 * libevent with EVENT_BASE_FLAG_PRECISE_TIMER, which makes its epoll sleep by a timerfd and its clock
 * CLOCK_MONOTONIC instead of the coarse one; it counts in whole microseconds. See peer.h.
 *
 *     cc -O2 -o libevent libevent.c -levent
 *
 * `ticks` is a one-shot whose handler adds it again for the next tick of the grid, the best that can
 * be done. `persist` is the repeating timer that libevent has, EV_PERSIST: it counts on from its own
 * last deadline, but from now after a tick that was a whole period late, so that it leaves the grid.
 */
#include <event2/event.h>

#include "peer.h"

static struct peer peer;
static struct event_base *base;
static struct event *timer;
/* The grid's start, the tick that is waited for, and when the present timer is due. */
static int64_t start, tick, deadline;
/* When libevent said it was first due, on a scale of its own. */
static int64_t first_due;

/* Adds the timer for `at`. A wait is rounded up, to be early less often. */
static void
add(int64_t at)
{
    int64_t micros = (at - peer_now() + 999) / 1000;
    struct timeval wait;

    if (micros < 0)
        micros = 0;
    wait.tv_sec = micros / 1000000;
    wait.tv_usec = micros % 1000000;
    deadline = at;
    /* Else it would count from when its turn began. */
    event_base_update_cache_time(base);
    if (event_add(timer, &wait) != 0)
        peer_fail("event_add failed");
}

static void
on_shot(evutil_socket_t fd, short what, void *unused)
{
    (void)fd, (void)what, (void)unused;
    peer_called(&peer, deadline, peer_now());
    if (peer.calls < peer.count)
        add(peer_now() + peer.delays[peer.calls]);
}

static void
on_tick(evutil_socket_t fd, short what, void *unused)
{
    int64_t now = peer_now();

    (void)fd, (void)what, (void)unused;
    while (now >= deadline + peer.period) {
        peer_skipped(&peer, deadline, now);
        deadline += peer.period;
        ++tick;
    }
    peer_called(&peer, deadline, now);
    if (++tick <= peer.count)
        add(start + tick * peer.period);
}

/* When the timer is due next, in nanoseconds from libevent's own origin. */
static int64_t
next_due(void)
{
    struct timeval due;

    if (!event_pending(timer, EV_TIMEOUT, &due))
        peer_fail("the repeating timer is not pending");
    return (int64_t)due.tv_sec * 1000000000 + due.tv_usec * INT64_C(1000);
}

static void
on_persist(evutil_socket_t fd, short what, void *unused)
{
    int64_t now = peer_now();

    (void)fd, (void)what, (void)unused;
    peer_called(&peer, deadline, now);
    /* Where libevent has put the next one, which need not be on the grid. */
    deadline = start + peer.period + next_due() - first_due;
    if (now >= start + peer.count * peer.period || peer.calls == peer.count) {
        int64_t last = deadline - peer.period;

        peer.missed = (now - start) / peer.period - peer.calls;
        if (peer.missed < 0)
            peer.missed = 0;
        peer.drift = last - (start + peer.calls * peer.period);
        event_base_loopbreak(base);
    }
}

int
main(int argc, char **argv)
{
    struct event_config *config = event_config_new();
    int is_persistent;

    peer_begin(&peer, argc, argv);
    if (config == NULL || event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) != 0)
        peer_fail("libevent has no precise timer");
    base = event_base_new_with_config(config);
    if (base == NULL)
        peer_fail("no event base");
    is_persistent = peer_is(&peer, "persist");
    timer = event_new(base, -1, is_persistent ? EV_PERSIST : 0,
        is_persistent ? on_persist : peer_is(&peer, "ticks") ? on_tick : on_shot, NULL);
    if (timer == NULL)
        peer_fail("no event");
    start = peer_now();
    if (is_persistent) {
        /* Its grid starts when it is added. */
        struct timeval period = {peer.period / 1000000000, peer.period % 1000000000 / 1000};

        event_base_update_cache_time(base);
        if (event_add(timer, &period) != 0)
            peer_fail("event_add failed");
        deadline = start + peer.period;
        first_due = next_due();
    } else if (peer_is(&peer, "ticks")) {
        start += PEER_LEAD_NANOS;
        tick = 1;
        add(start + peer.period);
    } else {
        add(start + peer.delays[0]);
    }
    if (event_base_dispatch(base) < 0)
        peer_fail("event_base_dispatch failed");
    peer_end(&peer);
    event_free(timer);
    event_base_free(base);
    event_config_free(config);
    return 0;
}
