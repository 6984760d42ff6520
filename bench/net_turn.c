/* What the network room costs by itself, without a core behind it: memory of an idle WebSocket, and server CPU of one turn in which every
   connection gets some shared frames. One server process (a loop, a listener), one client process.

       net_turn CONNECTIONS FRAMES BYTES ROUNDS     prints one JSON line; FRAMES 0: idle memory only */
#include "net/http.h"
#include "net/websocket.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct plan { int n_connections, n_frames, n_bytes, n_rounds; };

static struct net *net;
static struct conn_ref *refs;
static int n_refs;
static struct plan plan;

/* The server: any text makes a turn in which all get the frames. */

static void on_open(struct conn *c) { refs[n_refs++] = conn_ref(c); }
static void on_close(struct conn *c, int code) { }

static void push_frame(struct span text)
{
    struct buf b;
    buf_init(&b, 1 << 24);
    ws_append_text(&b, text);
    struct frame *f = frame_create(buf_span(&b), false);
    for (int i = 0; i < n_refs; i++) {
        struct conn *c = net_find(net, refs[i]);
        if (c) conn_push(c, f);
    }
    frame_unref(f);
    buf_fini(&b);
}

static void on_text(struct conn *c, struct span text)
{
    char *bytes = malloc((size_t)plan.n_bytes);
    memset(bytes, 'x', (size_t)plan.n_bytes);
    for (int i = 0; i < plan.n_frames; i++) push_frame(span_make(bytes, (size_t)plan.n_bytes));
    free(bytes);
}

static const struct ws_handler handler = { .on_open = on_open, .on_text = on_text, .on_close = on_close };

static void accept_socket(struct request *r)
{
    if (request_is_websocket(r)) http_accept_websocket(r, &handler, NULL, SPAN(""));
}

static void serve(volatile int *port_out)
{
    static const struct route routes[] = { { "GET", "/", accept_socket, 0, route_websocket } };
    struct loop *loop = loop_create(0);
    struct router *router = router_create();
    router_add(router, routes, 1);
    refs = calloc((size_t)plan.n_connections + 1, sizeof *refs);
    struct net_config config = { .loop = loop, .router = router, .address = "127.0.0.1", .max_connections = (size_t)plan.n_connections + 1 };
    if (!refs || net_create(&config, &net) != fault_none) _exit(1);
    *port_out = net_port(net);
    loop_run(loop);
}

/* The client */

static long resident_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
    if (f) fclose(f);
    return kib;
}

static double cpu_us(pid_t pid)
{
    char path[64];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%llu", &ns) != 1) exit(1);
    fclose(f);
    return (double)ns / 1000;
}

static int join(int port)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char answer[1024];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && send(fd, request, sizeof request - 1, 0) > 0 &&
                recv(fd, answer, sizeof answer, 0) > 12 && memcmp(answer + 9, "101", 3) == 0;
    if (good) return fd;
    perror("join");
    exit(1);
}

static void read_exactly(int fd, size_t n)
{
    static char sink[1 << 18];
    while (n) {
        ssize_t got = recv(fd, sink, n < sizeof sink ? n : sizeof sink, 0);
        if (got <= 0) exit(1);
        n -= (size_t)got;
    }
}

/* Mean over the rounds, and the round that the rest of the machine disturbed least. */
static double run_rounds(pid_t pid, const int *fds, double *least_out)
{
    static const unsigned char go[] = { 0x81, 0x80, 0, 0, 0, 0 };
    size_t per_frame = (size_t)plan.n_bytes + (plan.n_bytes < 126 ? 2 : plan.n_bytes < 65536 ? 4 : 10);
    double before = cpu_us(pid), last = before;
    *least_out = 1e9;
    for (int r = 0; r < plan.n_rounds; r++) {
        if (send(fds[0], go, sizeof go, 0) != sizeof go) exit(1);
        for (int i = 0; i < plan.n_connections; i++) read_exactly(fds[i], per_frame * (size_t)plan.n_frames);
        double now = cpu_us(pid), each = (now - last) / plan.n_connections;
        if (each < *least_out) *least_out = each;
        last = now;
    }
    return (cpu_us(pid) - before) / plan.n_rounds / plan.n_connections;
}

int main(int argc, char **argv)
{
    if (argc != 5) return fprintf(stderr, "usage: net_turn CONNECTIONS FRAMES BYTES ROUNDS\n"), 64;
    plan = (struct plan){ atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), atoi(argv[4]) };
    volatile int *port = mmap(NULL, sizeof *port, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int *fds = calloc((size_t)plan.n_connections + 1, sizeof *fds);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    pid_t pid = fork();
    if (pid == 0) serve(port);
    while (!*port) usleep(1000);
    close(join(*port)); /* wakes what the libraries load at first use */
    usleep(100000);
    long before = resident_kib(pid);
    double cpu_before = cpu_us(pid);
    for (int i = 0; i < plan.n_connections; i++) fds[i] = join(*port);
    double cpu_each = (cpu_us(pid) - cpu_before) / plan.n_connections;
    double bytes_each = (double)(resident_kib(pid) - before) * 1024 / plan.n_connections;
    double least = 0, turn = plan.n_frames ? run_rounds(pid, fds, &least) : 0;
    printf("{\"case\":\"net_turn\",\"connections\":%d,\"frames\":%d,\"bytes\":%d,\"resident_bytes_each\":%.0f,\"connect_cpu_us\":%.1f,\"turn_cpu_us\":%.2f,"
           "\"turn_cpu_us_least\":%.2f}\n",
           plan.n_connections, plan.n_frames, plan.n_bytes, bytes_each, cpu_each, turn, least);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
