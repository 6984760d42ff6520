/* The load generator: connects clients, keeps a given number of sends in flight, counts what arrives, and reports one JSON line with the
   server's CPU time, deliveries, acknowledgements and latency percentiles.

   Each line of the --clients file is one client: "PATH<tab>ROOM<tab>HEADER: value". ROOM is 0 where the path says it all. */
#include "client.h"
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum mode { mode_lobby, mode_gateway, mode_typing, mode_idle };

struct options {
    const char *address, *clients, *label;
    int port, pid, senders, window, text_bytes, quiet;
    double warmup_s, seconds, idle_s;
    enum mode mode;
    int all_received; /* the next send leaves only when every client has the last one */
    int connect_window;
    int floor; /* the server is a floor: every text frame is a delivery */
};

#define SAMPLES_MAX (1 << 22)

static struct options opt = { .address = "127.0.0.1", .label = "", .senders = 1, .window = 1, .text_bytes = 128, .warmup_s = 1, .seconds = 5,
                              .connect_window = 256 };
static struct swarm swarm;
static uint64_t n_delivered, n_acked, n_sent, n_errors;
static int n_greeted;
static int n_waiting_receivers;
static uint32_t *samples;
static size_t n_samples;
static int64_t next_key;
static char pad[4096];

static void sample(int64_t us)
{
    if (n_samples < SAMPLES_MAX) samples[n_samples++] = us < 0 ? 0 : (uint32_t)us;
}

/* The text starts with the sender's number and the time, so that a receiver can tell whose it is and how old. */
static size_t message_text(char *out, const struct client *c)
{
    int n = sprintf(out, "s%d t%lld ", c->index, (long long)now_us());
    if (n < opt.text_bytes) memcpy(out + n, pad, (size_t)(opt.text_bytes - n));
    return n < opt.text_bytes ? (size_t)opt.text_bytes : (size_t)n;
}

static void send_one(struct client *c)
{
    char text[4096], frame[8192];
    size_t n = message_text(text, c);
    text[n] = 0;
    n_sent++;
    c->n_in_flight++;
    c->sent_us = now_us();
    if (opt.mode == mode_lobby) {
        n_waiting_receivers = swarm.n;
        client_send(&swarm, c, text, n);
    } else if (opt.mode == mode_gateway) {
        n = (size_t)sprintf(frame, "{\"op\":\"send\",\"id\":%lld,\"room\":%lld,\"key\":\"k%d-%lld\",\"text\":\"%s\",\"reply_to\":null}",
                            (long long)now_us(), (long long)c->room, (int)getpid(), (long long)++next_key, text);
        client_send(&swarm, c, frame, n);
    } else {
        n = (size_t)sprintf(frame, "{\"op\":\"typing\",\"room\":%lld,\"on\":true}", (long long)c->room);
        client_send(&swarm, c, frame, n);
    }
}

static void fill_window(struct client *c)
{
    while (c->n_in_flight < opt.window && !c->closed) send_one(c);
}

/* Own message back: "s<index> t<us> " somewhere in the first bytes. */
static bool is_mine(const struct client *c, const char *text, size_t n, int64_t *sent_us_out)
{
    char mark[32];
    int len = sprintf(mark, "s%d t", c->index);
    const char *found = memmem(text, n, mark, (size_t)len);
    if (!found) return false;
    *sent_us_out = atoll(found + len);
    return true;
}

static void lobby_text(struct client *c, const char *text, size_t n)
{
    if (!opt.floor && !memmem(text, n < 120 ? n : 120, "\xf0\x9f\x92\xac", 4) && !memmem(text, n, "\"type\":\"message\"", 16)) return;
    n_delivered++;
    int64_t sent_us;
    bool mine = c->index < opt.senders && is_mine(c, text, n, &sent_us);
    if (mine) sample(now_us() - sent_us), c->n_in_flight--;
    if (opt.all_received) {
        if (--n_waiting_receivers == 0) fill_window(&swarm.clients[0]);
    } else if (mine) {
        fill_window(c);
    }
}

static void gateway_text(struct client *c, const char *text, size_t n)
{
    if (n > 6 && memcmp(text, "{\"op\":", 6) == 0) {
        if (memcmp(text + 6, "\"hello\"", 7) == 0) {
            const char *resume = "{\"op\":\"resume\",\"id\":1,\"rooms\":{}}";
            client_send(&swarm, c, resume, strlen(resume));
        } else if (memcmp(text + 6, "\"ready\"", 7) == 0) {
            n_greeted++;
        } else if (memcmp(text + 6, "\"ok\"", 4) == 0) {
            const char *id = memmem(text, n, "\"id\":", 5);
            if (id && opt.mode == mode_gateway) {
                sample(now_us() - atoll(id + 5));
                n_acked++, c->n_in_flight--;
                fill_window(c);
            }
        } else if (memcmp(text + 6, "\"error\"", 7) == 0) {
            if (n_errors++ < 3) fprintf(stderr, "%.*s\n", (int)n, text);
        }
        return;
    }
    if (opt.mode == mode_gateway) {
        if (memmem(text, n < 64 ? n : 64, "message_posted", 14)) n_delivered++;
        return;
    }
    if (!memmem(text, n < 40 ? n : 40, "\"typing\"", 8)) return;
    n_delivered++;
    if (opt.mode == mode_typing && c->n_in_flight > 0) {
        char mark[40];
        int len = sprintf(mark, "\"username\":\"bench%d\"", c->index);
        if (memmem(text, n, mark, (size_t)len)) {
            sample(now_us() - c->sent_us);
            c->n_in_flight--;
            fill_window(c);
        }
    }
}

static void on_text(struct swarm *s, struct client *c, const char *text, size_t n)
{
    (void)s;
    if (opt.mode == mode_lobby)
        lobby_text(c, text, n);
    else
        gateway_text(c, text, n);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double p)
{
    return n_samples ? samples[(size_t)((double)(n_samples - 1) * p)] / 1000.0 : 0;
}

static void run_for(double seconds)
{
    int64_t until = now_us() + (int64_t)(seconds * 1e6);
    while (now_us() < until) swarm_turn(&swarm, 10);
}

struct line { char *path, *headers; int64_t room; };

static int read_lines(struct line **out)
{
    FILE *f = fopen(opt.clients, "r");
    if (!f) perror(opt.clients), exit(1);
    struct line *lines = NULL;
    int n = 0;
    char *text = NULL;
    size_t cap = 0;
    while (getline(&text, &cap, f) > 0) {
        text[strcspn(text, "\n")] = 0;
        char *path = strtok(text, "\t"), *room = strtok(NULL, "\t"), *header = strtok(NULL, "\t");
        lines = realloc(lines, sizeof *lines * (size_t)(n + 1));
        char *headers = NULL;
        if (asprintf(&headers, header ? "%s\r\n" : "%.0s", header ? header : "") < 0) exit(1);
        lines[n++] = (struct line){ strdup(path), headers, room ? atoll(room) : 0 };
    }
    free(text);
    fclose(f);
    *out = lines;
    return n;
}

/* Connects with at most connect_window handshakes under way, and for gateways waits until each is ready. */
static double connect_all(struct line *lines, int n)
{
    int64_t begin = now_us();
    bool gateway = opt.mode == mode_gateway || opt.mode == mode_typing || (opt.mode == mode_idle && strstr(lines[0].path, "gateway"));
    int started = 0;
    int64_t deadline = begin + 300 * 1000000ll;
    for (;;) {
        int done = (gateway ? n_greeted : swarm.n_open) + swarm.n_closed;
        if (done >= n) break;
        for (; started < n && started - done < opt.connect_window; started++) {
            swarm.clients[started].room = lines[started].room;
            swarm_connect(&swarm, started, lines[started].path, lines[started].headers);
        }
        swarm_turn(&swarm, 100);
        if (now_us() > deadline) fprintf(stderr, "only %d of %d connected\n", done, n), exit(1);
    }
    return (double)(now_us() - begin) / 1e6;
}

static void report(double connect_s, double seconds, int64_t cpu_us, int64_t connect_cpu_us, int64_t rss_before, int64_t rss_after, int64_t idle_cpu_us)
{
    qsort(samples, n_samples, sizeof *samples, compare);
    printf("{\"case\":\"%s\",\"clients\":%d,\"lost\":%d,\"connect_s\":%.3f,\"connect_cpu_us\":%lld,\"seconds\":%.3f,\"cpu_us\":%lld,\"sent\":%llu,"
           "\"acked\":%llu,\"delivered\":%llu,\"errors\":%llu,\"deliveries_per_cpu_s\":%.0f,\"acks_per_s\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"bytes_in\":%llu,\"rss_before\":%lld,\"rss_after\":%lld,\"idle_cpu_us\":%lld}\n",
           opt.label, swarm.n, swarm.n_closed, connect_s, (long long)connect_cpu_us, seconds, (long long)cpu_us, (unsigned long long)n_sent,
           (unsigned long long)n_acked, (unsigned long long)n_delivered, (unsigned long long)n_errors,
           cpu_us ? (double)n_delivered * 1e6 / (double)cpu_us : 0, (double)n_acked / seconds, percentile(0.5), percentile(0.99),
           (unsigned long long)swarm.n_bytes, (long long)rss_before, (long long)rss_after, (long long)idle_cpu_us);
}

static int run(void)
{
    struct line *lines;
    int n = read_lines(&lines);
    memset(pad, 'x', sizeof pad);
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    swarm_init(&swarm, n, opt.address, opt.port);
    swarm.on_text = on_text;
    int64_t rss_before = process_rss_bytes(opt.pid), cpu_before = process_cpu_us(opt.pid);
    double connect_s = connect_all(lines, n);
    int64_t connect_cpu_us = process_cpu_us(opt.pid) - cpu_before;
    run_for(0.5);
    if (opt.mode == mode_idle) {
        run_for(opt.warmup_s);
        int64_t cpu = process_cpu_us(opt.pid);
        run_for(opt.seconds);
        report(connect_s, opt.seconds, 0, connect_cpu_us, rss_before, process_rss_bytes(opt.pid), process_cpu_us(opt.pid) - cpu);
        return 0;
    }
    for (int i = 0; i < opt.senders; i++) fill_window(&swarm.clients[i]);
    run_for(opt.warmup_s);
    n_delivered = n_acked = n_sent = 0, n_samples = 0, swarm.n_bytes = 0;
    int64_t begin = now_us(), cpu = process_cpu_us(opt.pid);
    run_for(opt.seconds);
    cpu = process_cpu_us(opt.pid) - cpu;
    report(connect_s, (double)(now_us() - begin) / 1e6, cpu, connect_cpu_us, rss_before, process_rss_bytes(opt.pid), 0);
    return n_errors || swarm.n_closed ? 2 : 0;
}

static const struct argp_option argp_options[] = {
    { "address", 'a', "ADDR", 0, "server address", 0 },
    { "port", 'p', "PORT", 0, "server port", 0 },
    { "pid", 'P', "PID", 0, "server process, for CPU and memory", 0 },
    { "clients", 'c', "FILE", 0, "one client a line", 0 },
    { "mode", 'm', "MODE", 0, "lobby, gateway, typing or idle", 0 },
    { "senders", 's', "N", 0, "clients that send", 0 },
    { "window", 'w', "N", 0, "sends in flight of each", 0 },
    { "text-bytes", 'b', "N", 0, "message size", 0 },
    { "warmup", 'u', "S", 0, "seconds not counted", 0 },
    { "seconds", 't', "S", 0, "seconds counted", 0 },
    { "all-received", 'A', 0, 0, "one message in flight: next when all have the last", 0 },
    { "floor", 'f', 0, 0, "the server is a floor: every text frame is a delivery", 0 },
    { "label", 'l', "NAME", 0, "name of the case", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    static const char *const modes[] = { "lobby", "gateway", "typing", "idle" };
    switch (key) {
    case 'a': opt.address = arg; break;
    case 'p': opt.port = atoi(arg); break;
    case 'P': opt.pid = atoi(arg); break;
    case 'c': opt.clients = arg; break;
    case 'm':
        for (int i = 0; i < 4; i++)
            if (strcmp(arg, modes[i]) == 0) opt.mode = (enum mode)i;
        break;
    case 's': opt.senders = atoi(arg); break;
    case 'w': opt.window = atoi(arg); break;
    case 'b': opt.text_bytes = atoi(arg); break;
    case 'u': opt.warmup_s = atof(arg); break;
    case 't': opt.seconds = atof(arg); break;
    case 'A': opt.all_received = 1; break;
    case 'f': opt.floor = 1; break;
    case 'l': opt.label = arg; break;
    case ARGP_KEY_END:
        if (!opt.port || !opt.pid || !opt.clients) argp_usage(state);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int main(int argc, char **argv)
{
    argp_parse(&(struct argp){ .options = argp_options, .parser = parse, .doc = "Load for one server; one JSON line." }, argc, argv, 0, 0, 0);
    return run();
}
