/*
 * libevent as its own bench uses it: persistent events, looked at without waiting.
 *
 *     libevent none|own|common|add|del-add KIND PAIRS ACTIVE WRITES RUNS
 *
 * `own` is a timeout of each event's own, which is in libevent's heap; `common` is the same for all,
 * which is in a queue of it. Neither is refreshed here: libevent itself adds a persistent event's timeout
 * anew, counted from now, each time before it calls it (`event_persist_closure`). With `add` the handler
 * gives the event another timeout each time, with `del-add` it takes the event out before that, which
 * is what libev's variant of the bench does.
 */
#include "peer.h"

#include <event2/event.h>

enum { NONE, OWN, COMMON, ADD, DEL_ADD };

static struct event_base *base;
static struct event **events;
static const struct timeval *common;
static int timeouts;

/* A timeout that is drawn. */
static struct timeval
drawn(void)
{
    struct timeval after = { PEER_TIMEOUT_SECONDS, peer_draw_nanos() / 1000 };

    return after;
}

static void
on_readable(evutil_socket_t fd, short what, void *index)
{
    (void)fd;
    if (what & EV_TIMEOUT)
        peer_fail("a timeout fired");
    if (timeouts >= ADD) {
        struct event *event = events[(intptr_t)index];
        struct timeval after = drawn();

        if (timeouts == DEL_ADD && event_del(event) != 0)
            peer_fail("event_del");
        if (event_add(event, &after) != 0)
            peer_fail("event_add");
    }
    peer_pass_on((int)(intptr_t)index);
}

static void
peer_open(void)
{
    static const char *const modes[] = { "none", "own", "common", "add", "del-add" };
    struct timeval after = { PEER_TIMEOUT_SECONDS, 0 };

    while (timeouts < DEL_ADD && strcmp(peer.mode, modes[timeouts]) != 0)
        ++timeouts;
    base = event_base_new();
    events = calloc(peer.pairs, sizeof *events);
    if (base == NULL || events == NULL)
        peer_fail("event_base_new");
    common = event_base_init_common_timeout(base, &after);
    if (common == NULL)
        peer_fail("event_base_init_common_timeout");
}

static void
peer_watch(int index)
{
    struct timeval own = { PEER_TIMEOUT_SECONDS, peer_part_nanos(index) / 1000 };
    struct timeval first = drawn();
    const struct timeval *const after[] = { NULL, &own, common, &first, &first };

    events[index] = event_new(base, peer.ends[index][0], EV_READ | EV_PERSIST, on_readable,
                              (void *)(intptr_t)index);
    if (events[index] == NULL || event_add(events[index], after[timeouts]) != 0)
        peer_fail("event_add");
}

static void
peer_forget(int index)
{
    event_free(events[index]);
}

static void
peer_turn(void)
{
    if (event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) < 0)
        peer_fail("event_base_loop");
}

int
main(int argc, char **argv)
{
    return peer_run(argc, argv);
}
