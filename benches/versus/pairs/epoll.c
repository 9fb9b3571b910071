/*
 * A bare loop around epoll, which is what any other loop has below it.
 *
 *     epoll none|edge|common KIND PAIRS ACTIVE WRITES RUNS
 *
 * `none` is level-triggered, `edge` edge-triggered, neither with timeouts: epoll has none. `common` is
 * level-triggered with the least that a timeout can be, by hand: all ends in one list in the order of
 * their deadlines, to whose back an end moves with each byte, with one reading of the clock a look.
 */
#include "peer.h"

#include <sys/epoll.h>

#define EVENTS_MOST 1024

struct node {
    int64_t deadline;
    int previous, next;
};

static int epoll;
static uint32_t interest;
static int is_timed;
/* The list is a ring, closed by the node after the last pair's. */
static struct node *nodes;
static int64_t now;

static inline void
unlink_node(int index)
{
    struct node *node = &nodes[index];

    nodes[node->previous].next = node->next;
    nodes[node->next].previous = node->previous;
}

static inline void
append_node(int index)
{
    struct node *node = &nodes[index], *ring = &nodes[peer.pairs];

    node->deadline = now + INT64_C(1000000000) * PEER_TIMEOUT_SECONDS;
    node->previous = ring->previous;
    node->next = peer.pairs;
    nodes[ring->previous].next = index;
    ring->previous = index;
}

static void
peer_open(void)
{
    interest = strcmp(peer.mode, "edge") == 0 ? EPOLLIN | EPOLLET : EPOLLIN;
    is_timed = strcmp(peer.mode, "common") == 0;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    nodes = calloc(peer.pairs + 1, sizeof *nodes);
    if (epoll < 0 || nodes == NULL)
        peer_fail("epoll_create1");
    nodes[peer.pairs].previous = nodes[peer.pairs].next = peer.pairs;
}

static void
peer_watch(int index)
{
    struct epoll_event event = { .events = interest, .data.u32 = index };

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer.ends[index][0], &event) != 0)
        peer_fail("EPOLL_CTL_ADD");
    if (is_timed) {
        now = peer_nanos();
        append_node(index);
    }
}

static void
peer_forget(int index)
{
    if (epoll_ctl(epoll, EPOLL_CTL_DEL, peer.ends[index][0], NULL) != 0)
        peer_fail("EPOLL_CTL_DEL");
    if (is_timed)
        unlink_node(index);
}

static void
peer_turn(void)
{
    static struct epoll_event events[EVENTS_MOST];
    int count = epoll_wait(epoll, events, EVENTS_MOST, 0);

    if (count < 0 && errno != EINTR)
        peer_fail("epoll_wait");
    if (is_timed)
        now = peer_nanos();
    for (int i = 0; i < count; ++i) {
        int index = events[i].data.u32;

        if (is_timed) {
            unlink_node(index);
            append_node(index);
        }
        /* Of edges, too: in this workload no second byte comes before the first is read. */
        peer_pass_on(index);
    }
    if (is_timed && nodes[nodes[peer.pairs].next].deadline <= now &&
        nodes[peer.pairs].next != peer.pairs)
        peer_fail("a timeout fired");
}

int
main(int argc, char **argv)
{
    return peer_run(argc, argv);
}
