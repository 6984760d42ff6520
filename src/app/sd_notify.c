/* sd_notify(3) without its library: the protocol is one datagram. Owns nothing. Losing a message is allowed: systemd has a time-out of its own. */
#include "app/sd_notify.h"
#include "base/span.h"
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void sd_notify(const char *state)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    struct span path = span_of(getenv("NOTIFY_SOCKET"));
    if (!path.n || path.n >= sizeof to.sun_path || (*path.p != '/' && *path.p != '@')) return;
    memcpy(to.sun_path, path.p, path.n);
    if (*path.p == '@') to.sun_path[0] = '\0'; /* the abstract name space */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n));
    (void)sent;
    close(fd);
}

int64_t sd_watchdog_interval_ms(void)
{
    int64_t us = 0, pid = 0;
    struct span for_pid = span_of(getenv("WATCHDOG_PID"));
    if (!span_to_i64(span_of(getenv("WATCHDOG_USEC")), &us) || us <= 0) return 0;
    if (for_pid.n && (!span_to_i64(for_pid, &pid) || pid != getpid())) return 0;
    return us / 2000 > 0 ? us / 2000 : 1;
}
