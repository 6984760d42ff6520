/* Pages of history over HTTP, one request at a time on one connection: for each room five bands of depth, a place in the band chosen by chance,
   the rooms in turn so that whatever disturbs the machine disturbs them alike. The server's CPU time is weighed around each run of requests.
   usage: pages PORT PID ROUNDS ROOM:HEAD...   (access token in BENCH_TOKEN; prints one JSON line) */
#include "floor.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { n_bands = 5, n_rooms_max = 4, page = 50, run_length = 20, answer_max = 1 << 20 };

struct place { int64_t room, head; };
struct band { int64_t *took_us, *cpu_us, n_bytes; size_t n, n_runs; };

static struct place places[n_rooms_max];
static struct band bands[n_rooms_max][n_bands];
static int connection, pid, port;
static const char *token;

/* A plain generator with a fixed start: every run asks for the same pages. */
static uint64_t chance(void)
{
    static uint64_t x = 0x9e3779b97f4a7c15;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
}

static int64_t server_cpu_us(void)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) floor_die("pages", "no CPU clock of the server");
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void dial(void)
{
    int one = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    connection = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(connection, (struct sockaddr *)&to, sizeof to) != 0) floor_die("pages", "cannot connect");
}

/* Reads one answer whole; it has a Content-Length, and it is 200 with a full page. */
static size_t read_answer(void)
{
    static char answer[answer_max + 1];
    size_t n = 0, whole = 0;
    while (!whole || n < whole) {
        ssize_t got = recv(connection, answer + n, answer_max - n, 0);
        if (got <= 0) floor_die("pages", "the server hung up");
        answer[n += (size_t)got] = 0;
        char *end = whole ? NULL : strstr(answer, "\r\n\r\n"), *length = end ? strcasestr(answer, "content-length:") : NULL;
        if (end && !length) floor_die("pages: no length", answer);
        if (end) whole = (size_t)(end + 4 - answer) + strtoul(length + 15, NULL, 10);
    }
    size_t n_messages = 0;
    for (char *p = answer; (p = strstr(p, "\"created_at\"")); p++) n_messages++;
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0 || n_messages != page) floor_die("pages: not a page of 50", answer);
    return n;
}

static int64_t ask(int64_t room, int64_t before, int64_t *bytes_out)
{
    char request[2048];
    int n = snprintf(request, sizeof request, "GET /api/v1/rooms/%" PRId64 "/messages?before=%" PRId64 "&limit=%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                     "Authorization: Bearer %s\r\n\r\n", room, before, page, port, token);
    int64_t since_us = floor_now_us();
    if (send(connection, request, (size_t)n, MSG_NOSIGNAL) != n) floor_die("pages", "cannot send");
    *bytes_out = (int64_t)read_answer();
    return floor_now_us() - since_us;
}

/* Band 0 is the newest page itself, the others a place by chance in a quarter of the room, 4 the oldest quarter. */
static int64_t place_in(const struct place *p, int b)
{
    int64_t quarter = (p->head - 2 * page) / (n_bands - 1);
    return b == 0 ? p->head + 1 : p->head - quarter * (b - 1) - (int64_t)(chance() % (uint64_t)quarter);
}

static void run(const struct place *p, struct band *band, int b)
{
    int64_t cpu_us = server_cpu_us();
    for (int i = 0; i < run_length; i++) {
        int64_t n_bytes;
        band->took_us[band->n++] = ask(p->room, place_in(p, b), &n_bytes);
        band->n_bytes += n_bytes;
    }
    band->cpu_us[band->n_runs++] = server_cpu_us() - cpu_us;
}

static void report(int n_places)
{
    printf("{\"rooms\":[");
    for (int r = 0; r < n_places; r++) {
        printf("%s{\"room\":%" PRId64 ",\"messages\":%" PRId64 ",\"bands\":[", r ? "," : "", places[r].room, places[r].head);
        for (int b = 0; b < n_bands; b++) {
            struct band *band = &bands[r][b];
            qsort(band->took_us, band->n, sizeof *band->took_us, floor_compare);
            qsort(band->cpu_us, band->n_runs, sizeof *band->cpu_us, floor_compare);
            printf("%s{\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 ",\"cpu_us\":%.1f,\"bytes\":%" PRId64 "}", b ? "," : "", band->took_us[band->n / 2],
                   band->took_us[band->n * 99 / 100], (double)band->cpu_us[band->n_runs / 2] / run_length, band->n_bytes / (int64_t)band->n);
        }
        printf("]}");
    }
    printf("]}\n");
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 4 + n_rooms_max || !(token = getenv("BENCH_TOKEN"))) floor_die("usage", "BENCH_TOKEN=… pages PORT PID ROUNDS ROOM:HEAD...");
    port = (int)floor_number(argv[1]), pid = (int)floor_number(argv[2]);
    int64_t n_rounds = floor_number(argv[3]);
    int n_places = argc - 4;
    for (int r = 0; r < n_places; r++) {
        if (sscanf(argv[4 + r], "%" SCNd64 ":%" SCNd64, &places[r].room, &places[r].head) != 2 || places[r].head < 8 * page) floor_die("pages", "ROOM:HEAD");
        for (int b = 0; b < n_bands; b++) {
            bands[r][b].took_us = calloc((size_t)n_rounds * run_length, sizeof(int64_t));
            bands[r][b].cpu_us = calloc((size_t)n_rounds, sizeof(int64_t));
        }
    }
    dial();
    for (int64_t i = 0; i < n_rounds; i++)
        for (int b = 0; b < n_bands; b++)
            for (int r = 0; r < n_places; r++) run(&places[r], &bands[r][b], b);
    report(n_places);
    return 0;
}
