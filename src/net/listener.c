/* The listening socket of one loop. Every loop binds the same port with SO_REUSEPORT and the kernel deals the connections out, so
   accepting needs no thread to talk to another. Accepts in batches; when descriptors run out, a spare one is given up for a
   moment to close the newcomer politely, because a connection that stays in the backlog would wake the loop for ever. */
#include "base/log.h"
#include "net/conn.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { accept_batch = 256, backlog = 4096, accept_pause_ms = 250 };

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void refuse(struct net *net, int fd)
{
    net->figures.n_refused++;
    close(fd);
}

/* Without a descriptor left: take the newcomer on the spare one and let it go. Without even that: look away for a moment. */
static void on_no_descriptors(struct net *net)
{
    if (net->spare_fd >= 0) {
        close(net->spare_fd);
        int fd = accept4(net->listener_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) refuse(net, fd);
        net->spare_fd = open_spare();
        if (fd >= 0 && net->spare_fd >= 0) return;
    } else {
        net->spare_fd = open_spare();
    }
    watch_want(&net->listener, 0);
    timer_set(net->loop, &net->accept_pause, accept_pause_ms);
}

static bool accept_one(struct net *net)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t n_peer = sizeof peer;
    int fd = accept4(net->listener_fd, (struct sockaddr *)&peer, &n_peer, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) on_no_descriptors(net);
        return errno == EINTR || errno == ECONNABORTED;
    }
    net->figures.n_accepted++;
    if (net->figures.n_connections >= net->config.max_connections || !conn_open(net, fd, &peer)) refuse(net, fd);
    return true;
}

static void on_ready(struct watch *w, int events)
{
    struct net *net = container_of(w, struct net, listener);
    for (int i = 0; i < accept_batch && net->listening; i++)
        if (!accept_one(net)) break;
}

static void on_pause_over(struct timer *t)
{
    struct net *net = container_of(t, struct net, accept_pause);
    if (net->listening) watch_want(&net->listener, watch_read);
}

static bool resolve(const struct net_config *config, struct sockaddr_storage *out, socklen_t *n_out)
{
    unsigned char a[16];
    if (config->port < 0 || config->port > 65535 || !address_parse(span_of(config->address), a)) return false;
    *out = (struct sockaddr_storage){ 0 };
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    if (memcmp(a, mapped, sizeof mapped) == 0) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)config->port);
        memcpy(&v4->sin_addr, a + 12, 4);
        *n_out = sizeof *v4;
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)config->port);
        memcpy(&v6->sin6_addr, a, 16);
        *n_out = sizeof *v6;
    }
    return true;
}

static int bound_port(int fd)
{
    struct sockaddr_storage own;
    socklen_t n = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &n) != 0) return 0;
    return ntohs(own.ss_family == AF_INET ? ((struct sockaddr_in *)&own)->sin_port : ((struct sockaddr_in6 *)&own)->sin6_port);
}

static bool share_port(int fd)
{
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

/* The first loop binds alone, so that a port which another program listens on is refused, and shares it only then.
   TCP_NODELAY is inherited by what is accepted: one call here in place of one a connection. */
static int listen_on(const struct sockaddr_storage *at, socklen_t n_at, bool joins)
{
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if ((!joins || share_port(fd)) && bind(fd, (const struct sockaddr *)at, n_at) == 0 && (joins || share_port(fd)) && listen(fd, backlog) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

enum fault listener_open(struct net *net)
{
    struct sockaddr_storage at;
    socklen_t n_at;
    if (!resolve(&net->config, &at, &n_at)) return fault_invalid;
    net->listener_fd = listen_on(&at, n_at, net->config.joins);
    if (net->listener_fd < 0) {
        LOG(error, "cannot listen", log_str("address", net->config.address), log_int("port", net->config.port), log_int("errno", errno));
        return errno == EADDRINUSE ? fault_conflict : fault_unavailable;
    }
    net->port = bound_port(net->listener_fd);
    timer_init(&net->accept_pause, on_pause_over);
    if (watch_open(net->loop, &net->listener, net->listener_fd, on_ready) != fault_none) {
        close(net->listener_fd);
        return fault_unavailable;
    }
    net->n_watches++;
    net->spare_fd = open_spare();
    net->listening = true;
    watch_want(&net->listener, watch_read);
    return fault_none;
}

static void on_closed(struct watch *w)
{
    struct net *net = container_of(w, struct net, listener);
    close(net->listener_fd);
    if (net->spare_fd >= 0) close(net->spare_fd);
    net_watch_gone(net);
}

void listener_close(struct net *net)
{
    if (!net->listening) return;
    net->listening = false;
    timer_cancel(&net->accept_pause);
    watch_close(&net->listener, on_closed);
}
