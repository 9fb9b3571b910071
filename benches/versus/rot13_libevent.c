/*
 * The rot13 service on libevent's bufferevents: what ours is measured beside.
 *
 * The shape is that of the many tutorials that teach libevent: a listening socket as a persistent
 * read event, one bufferevent for each client, lines cut with evbuffer_readln, and a high-water
 * mark for input. Nothing is tuned, and nothing is left out that such a program does.
 *
 *     cc -O2 -o rot13_libevent rot13_libevent.c -levent
 *     ./rot13_libevent 0            # the port; 0 takes a free one
 *
 * The first line on stdout is `listening on ADDR`.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#define MAX_LINE 16384

static char
rotated(char c)
{
    if ((c >= 'a' && c <= 'm') || (c >= 'A' && c <= 'M'))
        return c + 13;
    if ((c >= 'n' && c <= 'z') || (c >= 'N' && c <= 'Z'))
        return c - 13;
    return c;
}

static void
rotate(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; ++i)
        bytes[i] = rotated(bytes[i]);
}

static void
on_readable(struct bufferevent *client, void *unused)
{
    struct evbuffer *input = bufferevent_get_input(client);
    struct evbuffer *output = bufferevent_get_output(client);
    size_t length;
    char *line;

    (void)unused;
    while ((line = evbuffer_readln(input, &length, EVBUFFER_EOL_LF)) != NULL) {
        rotate(line, length);
        evbuffer_add(output, line, length);
        evbuffer_add(output, "\n", 1);
        free(line);
    }

    /* A line too long goes out as far as it came, or the input would stay full for ever. */
    if (evbuffer_get_length(input) >= MAX_LINE) {
        char part[1024];
        int taken;

        while ((taken = evbuffer_remove(input, part, sizeof(part))) > 0) {
            rotate(part, (size_t)taken);
            evbuffer_add(output, part, (size_t)taken);
        }
        evbuffer_add(output, "\n", 1);
    }
}

static void
on_event(struct bufferevent *client, short what, void *unused)
{
    (void)what;
    (void)unused;
    bufferevent_free(client);
}

static void
on_connection(evutil_socket_t listener, short what, void *arg)
{
    struct event_base *base = arg;
    struct bufferevent *client;
    int fd = accept(listener, NULL, NULL);

    (void)what;
    if (fd < 0) {
        perror("accept");
        return;
    }
    evutil_make_socket_nonblocking(fd);
    client = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (client == NULL) {
        close(fd);
        return;
    }
    bufferevent_setcb(client, on_readable, NULL, on_event, NULL);
    bufferevent_setwatermark(client, EV_READ, 0, MAX_LINE);
    bufferevent_enable(client, EV_READ | EV_WRITE);
}

/* A socket that listens on 127.0.0.1; exits on failure. */
static evutil_socket_t
listen_on(unsigned short port)
{
    struct sockaddr_in address;
    socklen_t length = sizeof(address);
    evutil_socket_t listener = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    evutil_make_socket_nonblocking(listener);
    evutil_make_listen_socket_reuseable(listener);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 ||
        listen(listener, 128) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
        perror("listen");
        exit(1);
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int
main(int argc, char **argv)
{
    struct event_base *base;
    struct event *accepting;

    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    if (base == NULL)
        return 1;
    accepting = event_new(base, listen_on((unsigned short)atoi(argv[1])),
        EV_READ | EV_PERSIST, on_connection, base);
    if (accepting == NULL || event_add(accepting, NULL) < 0)
        return 1;
    return event_base_dispatch(base) < 0;
}
