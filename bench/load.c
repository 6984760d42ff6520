/* The load generator: connects clients, keeps a given number of sends in flight, counts what arrives, and reports one JSON line with the
   server's CPU time, deliveries, acknowledgements and latency percentiles.

       lobby, gateway, typing   send and receive; what is measured begins after the warm-up
       idle                     connect in steps, weigh the server after each, then say nothing but heartbeats
       resume                   each client has missed --behind changes of its room; timed from resume to resumed

   With --post the messages come over HTTP, from --posters connections of their own, and the clients only listen: gateways, or Socket.IO clients (--event is
   the name of what is counted).

   Each line of the --clients file is one client: "PATH<tab>ROOM<tab>HEADER: value". ROOM is 0 where the path says it all. For Socket.IO the third is the JSON
   of its auth, and a fourth is a frame that it sends when it is connected. */
#include "client.h"
#include "poster.h"
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STEPS_MAX 8

enum mode { mode_lobby, mode_gateway, mode_typing, mode_idle, mode_resume };

struct options {
    const char *address, *clients, *label;
    int port, pid, senders, window, text_bytes;
    double warmup_s, seconds;
    int64_t head, behind; /* of the room to resume */
    enum mode mode;
    int steps[STEPS_MAX], n_steps; /* idle: numbers of clients to stop at */
    int heartbeat;                 /* idle: every client says ping once while it is measured */
    int tls;
    int all_received; /* the next send leaves only when every client has the last one */
    int connect_window;
    int awake; /* never sleeps: to wake a reader is the sender's work, and falls to whoever is a little slower than the reader */
    int floor; /* the server is a floor: every text frame is a delivery */
    const char *event; /* Socket.IO: what counts as a delivery */
};

#define SAMPLES_MAX (1 << 22)

static struct options opt = { .address = "127.0.0.1", .label = "", .senders = 1, .window = 1, .text_bytes = 128, .warmup_s = 1, .seconds = 5,
                              .connect_window = 256 };
static struct swarm swarm;
static struct posters posters;
static struct { bool answered, heard; int64_t sent_us; } posting[POSTERS_MAX];
static bool is_socketio; /* the clients are */
static uint64_t n_delivered, n_acked, n_sent, n_errors, sent_bytes, frame_bytes;
static bool sends; /* histories are over: what comes back from now on calls for the next send */
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
static size_t message_text(char *out, int sender)
{
    int n = sprintf(out, "s%d t%lld ", sender, (long long)now_us());
    if (n < opt.text_bytes) memcpy(out + n, pad, (size_t)(opt.text_bytes - n));
    return n < opt.text_bytes ? (size_t)opt.text_bytes : (size_t)n;
}

static void send_one(struct client *c)
{
    char text[4096], frame[8192];
    size_t n = message_text(text, c->index);
    text[n] = 0;
    n_sent++;
    c->n_in_flight++;
    c->sent_us = now_us();
    if (opt.mode == mode_lobby) {
        n_waiting_receivers = swarm.n;
        memcpy(frame, text, n);
    } else if (opt.mode == mode_gateway) {
        n = (size_t)sprintf(frame, "{\"op\":\"send\",\"id\":%lld,\"room\":%lld,\"key\":\"k%d-%lld\",\"text\":\"%s\",\"reply_to\":null}",
                            (long long)now_us(), (long long)c->room, (int)getpid(), (long long)++next_key, text);
    } else {
        n = (size_t)sprintf(frame, "{\"op\":\"typing\",\"room\":%lld,\"on\":true}", (long long)c->room);
    }
    sent_bytes += n;
    client_send(&swarm, c, frame, n);
}

/* Posted messages: the next leaves when the last was answered and has come, to all or to the first client. */

static void post_one(int poster)
{
    char text[4097];
    text[message_text(text, poster)] = 0;
    posting[poster].answered = posting[poster].heard = false;
    posting[poster].sent_us = now_us();
    if (opt.all_received) n_waiting_receivers = swarm.n;
    n_sent++;
    posters_send(&posters, poster, text);
}

static void post_next(int poster)
{
    if (posting[poster].answered && posting[poster].heard) post_one(poster);
}

static void on_answer(struct posters *p, int poster)
{
    (void)p;
    posting[poster].answered = true;
    n_acked++;
    post_next(poster);
}

static void heard(int poster)
{
    if (poster < 0 || poster >= posters.n || posting[poster].heard) return;
    posting[poster].heard = true;
    sample(now_us() - posting[poster].sent_us);
    post_next(poster);
}

/* "s<poster> t<us> " somewhere; -1: nowhere. */
static int poster_of(const char *text, size_t n)
{
    for (size_t i = 0; i + 4 < n; i++) {
        if (text[i] != 's' || text[i + 1] < '0' || text[i + 1] > '9') continue;
        int poster = 0;
        size_t at = i + 1;
        for (; at < n && text[at] >= '0' && text[at] <= '9' && poster < POSTERS_MAX; at++) poster = poster * 10 + text[at] - '0';
        if (at + 1 < n && text[at] == ' ' && text[at + 1] == 't') return poster;
    }
    return -1;
}

static void count_posted(const struct client *c, const char *text, size_t n)
{
    if (!sends) return;
    if (opt.all_received) {
        if (--n_waiting_receivers == 0) heard(0);
    } else if (c->index == 0) {
        heard(poster_of(text, n));
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

/* On the wire, as the server frames it. */
static void count_frame(size_t n)
{
    frame_bytes += n + (n < 126 ? 2 : n < 65536 ? 4 : 10);
}

/* Everything a message costs counts as its bytes: the JSON lobby says who stopped typing before each. */
static void lobby_text(struct client *c, const char *text, size_t n)
{
    count_frame(n);
    if (!opt.floor && !memmem(text, n < 120 ? n : 120, "\xf0\x9f\x92\xac", 4) && !memmem(text, n, "\"type\":\"message\"", 16)) return;
    n_delivered++;
    int64_t sent_us;
    if (!sends) return; /* own lines of an earlier run come with the history */
    bool mine = c->index < opt.senders && is_mine(c, text, n, &sent_us);
    if (mine) sample(now_us() - sent_us), c->n_in_flight--;
    if (opt.all_received) {
        if (--n_waiting_receivers == 0) fill_window(&swarm.clients[0]);
    } else if (mine) {
        fill_window(c);
    }
}

static void say_resume(struct client *c)
{
    char frame[128];
    int n = opt.mode == mode_resume ? sprintf(frame, "{\"op\":\"resume\",\"id\":1,\"rooms\":{\"%lld\":%lld}}", (long long)c->room,
                                              (long long)(opt.head - opt.behind))
                                    : sprintf(frame, "{\"op\":\"resume\",\"id\":1,\"rooms\":{}}");
    c->sent_us = now_us();
    client_send(&swarm, c, frame, (size_t)n);
}

static void gateway_answer(struct client *c, const char *text, size_t n)
{
    if (memcmp(text + 6, "\"hello\"", 7) == 0) {
        say_resume(c);
    } else if (memcmp(text + 6, "\"ready\"", 7) == 0) {
        n_greeted += opt.mode != mode_resume;
    } else if (memcmp(text + 6, "\"resumed\"", 9) == 0) {
        sample(now_us() - c->sent_us);
        n_greeted++;
    } else if (memcmp(text + 6, "\"ok\"", 4) == 0) {
        const char *id = memmem(text, n, "\"id\":", 5);
        if (!id || opt.mode != mode_gateway) return;
        sample(now_us() - atoll(id + 5));
        n_acked++, c->n_in_flight--;
        fill_window(c);
    } else if (memcmp(text + 6, "\"error\"", 7) == 0) {
        if (n_errors++ < 3) fprintf(stderr, "%.*s\n", (int)n, text);
    } else if (memcmp(text + 6, "\"reload\"", 8) == 0) {
        fprintf(stderr, "told to reload: %.*s\n", (int)n, text);
        exit(1);
    }
}

static void gateway_event(struct client *c, const char *text, size_t n)
{
    bool typing = opt.mode == mode_typing;
    if (!memmem(text, n < 64 ? n : 64, typing ? "\"typing\"" : "message_posted", typing ? 8 : 14)) return;
    n_delivered++;
    count_frame(n);
    if (posters.n) count_posted(c, text, n);
    if (!typing || c->n_in_flight == 0) return;
    char mark[40];
    int len = sprintf(mark, "\"username\":\"bench%d\"", c->index);
    if (!memmem(text, n, mark, (size_t)len)) return;
    sample(now_us() - c->sent_us);
    c->n_in_flight--;
    fill_window(c);
}

static struct line { char *path, *headers, *auth, *hello; int64_t room; } *lines;

/* Engine.IO 4, Socket.IO 5: open, connect, what is to be said first; then events and heartbeats. */
static void socketio_text(struct client *c, const char *text, size_t n)
{
    char frame[4096];
    const struct line *line = &lines[c->index];
    if (text[0] == '2') {
        client_send(&swarm, c, "3", 1);
    } else if (text[0] == '0') {
        client_send(&swarm, c, frame, (size_t)snprintf(frame, sizeof frame, "40%s", line->auth ? line->auth : ""));
    } else if (n > 2 && memcmp(text, "40", 2) == 0) {
        if (line->hello) client_send(&swarm, c, line->hello, strlen(line->hello));
        n_greeted++;
    } else if (n > 2 && memcmp(text, "44", 2) == 0) {
        if (n_errors++ < 3) fprintf(stderr, "%.*s\n", (int)n, text);
    } else if (opt.event && n > 4 && memcmp(text, "42[\"", 4) == 0 && strncmp(text + 4, opt.event, strlen(opt.event)) == 0) {
        n_delivered++;
        count_frame(n);
        count_posted(c, text, n);
    }
}

static void on_text(struct swarm *s, struct client *c, const char *text, size_t n)
{
    (void)s;
    if (is_socketio)
        socketio_text(c, text, n);
    else if (opt.mode == mode_lobby)
        lobby_text(c, text, n);
    else if (n > 6 && memcmp(text, "{\"op\":", 6) == 0)
        gateway_answer(c, text, n);
    else
        gateway_event(c, text, n);
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
    while (now_us() < until) {
        swarm_turn(&swarm, opt.awake ? 0 : 10);
        posters_turn(&posters);
    }
}

/* Until nothing has come for a while: histories are over, and what comes from now on was caused by us. */
static void run_until_quiet(void)
{
    int64_t deadline = now_us() + 60 * 1000000ll;
    uint64_t before;
    do {
        before = swarm.n_bytes;
        run_for(0.3);
        if (now_us() > deadline) fprintf(stderr, "the server does not fall silent\n"), exit(1);
    } while (swarm.n_bytes != before);
}

static int read_lines(void)
{
    FILE *f = fopen(opt.clients, "r");
    if (!f) perror(opt.clients), exit(1);
    int n = 0;
    char *text = NULL;
    size_t cap = 0;
    while (getline(&text, &cap, f) > 0) {
        text[strcspn(text, "\n")] = 0;
        char *path = strtok(text, "\t"), *room = strtok(NULL, "\t"), *header = strtok(NULL, "\t"), *hello = strtok(NULL, "\t");
        is_socketio = strstr(path, "/socket.io/") != NULL;
        lines = realloc(lines, sizeof *lines * (size_t)(n + 1));
        char *headers = NULL;
        if (asprintf(&headers, header && !is_socketio ? "%s\r\n" : "%.0s", header ? header : "") < 0) exit(1);
        lines[n++] = (struct line){ strdup(path), headers, header ? strdup(header) : NULL, hello ? strdup(hello) : NULL, room ? atoll(room) : 0 };
    }
    free(text);
    fclose(f);
    return n;
}

/* Connects the clients up to n, with at most connect_window handshakes under way; a gateway's handshake ends with ready, or with resumed, that of Socket.IO
   with the answer to its CONNECT. */
static void connect_up_to(int n)
{
    static int started;
    bool greets = strstr(lines[0].path, "gateway") || is_socketio;
    int64_t deadline = now_us() + 300 * 1000000ll;
    for (;;) {
        int done = (greets ? n_greeted : swarm.n_open) + swarm.n_closed;
        if (done >= n) break;
        for (; started < n && started - done < opt.connect_window; started++) {
            swarm.clients[started].room = lines[started].room;
            swarm_connect(&swarm, started, lines[started].path, lines[started].headers);
        }
        swarm_turn(&swarm, 100);
        if (now_us() > deadline) fprintf(stderr, "only %d of %d connected\n", done, n), exit(1);
    }
}

/* What is measured between two moments. */
struct span_of_time { int64_t us, cpu_us, own_cpu_us, machine_cpu_us; };

static struct span_of_time moment(void)
{
    return (struct span_of_time){ now_us(), process_cpu_us(opt.pid), process_cpu_us(getpid()), machine_cpu_us() };
}

static struct span_of_time since(struct span_of_time then)
{
    struct span_of_time now = moment();
    return (struct span_of_time){ now.us - then.us, now.cpu_us - then.cpu_us, now.own_cpu_us - then.own_cpu_us, now.machine_cpu_us - then.machine_cpu_us };
}

/* The part of one processor that neither the server nor we used: how far the figures can be trusted. */
static double disturbed(struct span_of_time took)
{
    int64_t others = took.machine_cpu_us - took.cpu_us - took.own_cpu_us;
    return others > 0 && took.us ? (double)others / (double)took.us : 0;
}

static void report_head(struct span_of_time took)
{
    printf("{\"case\":\"%s\",\"clients\":%d,\"lost\":%d,\"errors\":%llu,\"disturbed\":%.3f,\"seconds\":%.3f,\"cpu_us\":%lld", opt.label, swarm.n,
           swarm.n_closed, (unsigned long long)n_errors, disturbed(took), (double)took.us / 1e6, (long long)took.cpu_us);
}

static void report(struct span_of_time took)
{
    qsort(samples, n_samples, sizeof *samples, compare);
    report_head(took);
    printf(",\"sent\":%llu,\"sent_bytes_each\":%.0f,\"acked\":%llu,\"delivered\":%llu,\"frame_bytes_each\":%.2f,\"deliveries_per_cpu_s\":%.0f,"
           "\"acks_per_s\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"bytes_in\":%llu}\n",
           (unsigned long long)n_sent, n_sent ? (double)sent_bytes / (double)n_sent : 0, (unsigned long long)n_acked, (unsigned long long)n_delivered,
           n_delivered ? (double)frame_bytes / (double)n_delivered : 0, took.cpu_us ? (double)n_delivered * 1e6 / (double)took.cpu_us : 0,
           (double)n_acked * 1e6 / (double)took.us, percentile(0.5), percentile(0.99), (unsigned long long)swarm.n_bytes);
}

static void run_busy(int n)
{
    connect_up_to(n);
    run_until_quiet();
    sends = true;
    for (int i = 0; i < posters.n; i++) post_one(i);
    for (int i = 0; !posters.n && i < opt.senders; i++) fill_window(&swarm.clients[i]);
    run_for(opt.warmup_s);
    n_delivered = n_acked = n_sent = sent_bytes = frame_bytes = 0, n_samples = 0, swarm.n_bytes = posters.n_sent_bytes = 0;
    struct span_of_time begin = moment();
    run_for(opt.seconds);
    sent_bytes += posters.n_sent_bytes;
    n_errors += posters.n_refused;
    report(since(begin));
}

static void run_resume(int n)
{
    struct span_of_time begin = moment();
    connect_up_to(n);
    report(since(begin));
}

/* One heartbeat of every client, evenly over the time. */
static void beat_for(double seconds)
{
    static const char ping[] = "{\"op\":\"ping\"}";
    int64_t begin = now_us(), whole = (int64_t)(seconds * 1e6);
    for (int next = 0; now_us() < begin + whole;) {
        for (; next < swarm.n && begin + whole * next / swarm.n <= now_us(); next++) client_send(&swarm, &swarm.clients[next], ping, sizeof ping - 1);
        swarm_turn(&swarm, 10);
    }
}

static void run_idle(int n)
{
    struct { int64_t us, cpu_us, rss; } steps[STEPS_MAX];
    int64_t rss = process_rss_bytes(opt.pid);
    opt.steps[opt.n_steps++] = n;
    for (int i = 0; i < opt.n_steps; i++) {
        struct span_of_time begin = moment();
        connect_up_to(opt.steps[i]);
        steps[i].us = since(begin).us;
        run_for(opt.warmup_s);
        steps[i].cpu_us = since(begin).cpu_us;
        steps[i].rss = process_rss_bytes(opt.pid);
    }
    struct span_of_time begin = moment();
    (opt.heartbeat ? beat_for : run_for)(opt.seconds);
    report_head(since(begin));
    printf(",\"rss_before\":%lld,\"rss_after\":%lld,\"steps\":[", (long long)rss, (long long)process_rss_bytes(opt.pid));
    for (int i = 0; i < opt.n_steps; i++)
        printf("%s{\"clients\":%d,\"connect_us\":%lld,\"cpu_us\":%lld,\"rss\":%lld}", i ? "," : "", opt.steps[i], (long long)steps[i].us,
               (long long)steps[i].cpu_us, (long long)steps[i].rss);
    printf("]}\n");
}

static SSL_CTX *tls_context(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls) fprintf(stderr, "no TLS\n"), exit(1);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    return tls; /* any certificate will do: it is a bench */
}

static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static int run(void)
{
    raise_file_limit();
    int n = read_lines();
    memset(pad, 'x', sizeof pad);
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    swarm_init(&swarm, n, opt.address, opt.port);
    swarm.on_text = on_text;
    if (opt.tls) swarm.tls = tls_context();
    if (posters.n) posters_open(&posters, opt.address, opt.port);
    if (opt.mode == mode_idle)
        run_idle(n);
    else if (opt.mode == mode_resume)
        run_resume(n);
    else
        run_busy(n);
    return n_errors || swarm.n_closed ? 2 : 0;
}

static const struct argp_option argp_options[] = {
    { "address", 'a', "ADDR", 0, "server address", 0 },
    { "port", 'p', "PORT", 0, "server port", 0 },
    { "pid", 'P', "PID", 0, "server process, for CPU and memory", 0 },
    { "clients", 'c', "FILE", 0, "one client a line", 0 },
    { "mode", 'm', "MODE", 0, "lobby, gateway, typing, idle or resume. Socket.IO clients are told by their path", 0 },
    { "senders", 's', "N", 0, "clients that send", 0 },
    { "window", 'w', "N", 0, "sends in flight of each", 0 },
    { "text-bytes", 'b', "N", 0, "message size", 0 },
    { "warmup", 'u', "S", 0, "seconds not counted", 0 },
    { "seconds", 't', "S", 0, "seconds counted", 0 },
    { "all-received", 'A', 0, 0, "one message in flight: next when all have the last", 0 },
    { "awake", 'k', 0, 0, "never sleep while it is measured", 0 },
    { "floor", 'f', 0, 0, "the server is a floor: every text frame is a delivery", 0 },
    { "connect-window", 'C', "N", 0, "handshakes under way at once", 0 },
    { "step", 'S', "N", 0, "idle: weigh the server at this number of clients too; may be repeated", 0 },
    { "heartbeat", 'H', 0, 0, "idle: every client says ping once while it is measured", 0 },
    { "head", 'h', "SEQ", 0, "resume: the newest change of the room", 0 },
    { "behind", 'B', "N", 0, "resume: changes that were missed", 0 },
    { "tls", 'T', 0, 0, "speak TLS, believe any certificate", 0 },
    { "post", 'o', "PATH", 0, "messages are posted there, by HTTP", 0 },
    { "post-header", 'O', "LINE", 0, "a header of these requests", 0 },
    { "post-body", 'd', "JSON", 0, "their body, with %s where the text belongs", 0 },
    { "posters", 'n', "N", 0, "connections that post, each one at a time (1)", 0 },
    { "event", 'e', "NAME", 0, "Socket.IO: the event that counts as a delivery", 0 },
    { "label", 'l', "NAME", 0, "name of the case", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    static const char *const modes[] = { "lobby", "gateway", "typing", "idle", "resume" };
    switch (key) {
    case 'a': opt.address = arg; break;
    case 'p': opt.port = atoi(arg); break;
    case 'P': opt.pid = atoi(arg); break;
    case 'c': opt.clients = arg; break;
    case 'm':
        for (int i = 0; i < 5; i++)
            if (strcmp(arg, modes[i]) == 0) opt.mode = (enum mode)i;
        break;
    case 's': opt.senders = atoi(arg); break;
    case 'w': opt.window = atoi(arg); break;
    case 'b': opt.text_bytes = atoi(arg); break;
    case 'u': opt.warmup_s = atof(arg); break;
    case 't': opt.seconds = atof(arg); break;
    case 'A': opt.all_received = 1; break;
    case 'k': opt.awake = 1; break;
    case 'f': opt.floor = 1; break;
    case 'C': opt.connect_window = atoi(arg); break;
    case 'S':
        if (opt.n_steps == STEPS_MAX - 1) argp_error(state, "at most %d steps", STEPS_MAX - 1);
        opt.steps[opt.n_steps++] = atoi(arg);
        break;
    case 'H': opt.heartbeat = 1; break;
    case 'h': opt.head = atoll(arg); break;
    case 'B': opt.behind = atoll(arg); break;
    case 'T': opt.tls = 1; break;
    case 'o': posters.path = arg; break;
    case 'O': posters.header = arg; break;
    case 'd': posters.body = arg; break;
    case 'n': posters.n = atoi(arg); break;
    case 'e': opt.event = arg; break;
    case 'l': opt.label = arg; break;
    case ARGP_KEY_END:
        if (!opt.port || !opt.pid || !opt.clients) argp_usage(state);
        if (posters.path && !posters.body) argp_error(state, "--post wants --post-body");
        if (posters.path && !posters.n) posters.n = 1;
        if (posters.n > POSTERS_MAX || (posters.n && !posters.path)) argp_error(state, "--posters: at most %d, with --post", POSTERS_MAX);
        posters.on_answer = on_answer;
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
