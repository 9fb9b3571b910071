/*
 * asio's steady_timer, which sleeps by a timerfd, in the loop of one thread. See peer.h.
 *
 *     c++ -O2 -std=c++14 -o asio asio.cpp -pthread
 *
 * `ticks` is asio's own idiom for a repeating timer: the handler expires it anew at expiry() + period.
 * That keeps the grid; after a late tick the next ones come at once, and none is missed.
 */
#if defined(__has_include) && __has_include(<asio.hpp>)
#define ASIO_STANDALONE
#include <asio.hpp>
namespace net = asio;
#else
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
namespace net = boost::asio;
#endif

#include <chrono>

#include "peer.h"

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

static struct peer peer;
/* When the first tick is due. */
static int64_t first;

static int64_t
nanos(Clock::time_point time)
{
    return std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

static void
wait(net::steady_timer &timer)
{
    timer.async_wait([&timer](const auto &error) {
        const int64_t now = peer_now();

        if (error)
            peer_fail("the wait failed");
        peer_called(&peer, nanos(timer.expiry()), now);
        if (peer.calls == peer.count) {
            if (peer_is(&peer, "ticks"))
                peer.drift = nanos(timer.expiry()) - (first + (peer.calls - 1) * peer.period);
            return;
        }
        if (peer_is(&peer, "ticks"))
            timer.expires_at(timer.expiry() + nanoseconds(peer.period));
        else
            timer.expires_at(Clock::now() + nanoseconds(peer.delays[peer.calls]));
        wait(timer);
    });
}

int
main(int argc, char **argv)
{
    /* One thread: it may do without some locks. */
    net::io_context loop(1);
    net::steady_timer timer(loop);

    peer_begin(&peer, argc, argv);
    if (peer_is(&peer, "ticks"))
        timer.expires_at(Clock::now() + nanoseconds(PEER_LEAD_NANOS + peer.period));
    else if (peer_is(&peer, "one-shots"))
        timer.expires_at(Clock::now() + nanoseconds(peer.delays[0]));
    else
        peer_fail("asio has no such mode");
    first = nanos(timer.expiry());
    wait(timer);
    loop.run();
    peer_end(&peer);
    return 0;
}
