/* Figures of the process for operators. Each loop copies its net_figures into its row of atomics by a coarse timer (and when it is asked
   itself), so that a reader on any loop sums rows without a lock and without a letter. Rows belong to `doors`, timers run on their own loops. */
#include "door/figures.h"
#include "base/clock.h"
#include "door/cors.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* FIGURE(field of struct net_figures, metric, type, help) */
#define FIGURE_LIST(FIGURE)                                                                                             \
    FIGURE(n_accepted, "suhbat_connections_accepted_total", "counter", "Connections accepted")                          \
    FIGURE(n_requests, "suhbat_http_requests_total", "counter", "HTTP requests handled")                                \
    FIGURE(n_sends, "suhbat_net_sends_total", "counter", "Writes handed to the kernel")                                 \
    FIGURE(n_bytes_out, "suhbat_net_sent_bytes_total", "counter", "Bytes handed to the kernel")                         \
    FIGURE(n_frames_dropped, "suhbat_frames_dropped_total", "counter", "Passing events dropped for slow readers")       \
    FIGURE(n_slow_closed, "suhbat_slow_readers_closed_total", "counter", "Connections closed because they read too slowly") \
    FIGURE(n_connections, "suhbat_connections", "gauge", "Open connections")                                            \
    FIGURE(n_websockets, "suhbat_websockets", "gauge", "Open WebSocket sessions")

enum figure {
#define FIGURE(field, metric, type, help) figure_##field,
    FIGURE_LIST(FIGURE)
#undef FIGURE
    figure_count
};

struct row {
    _Alignas(64) atomic_uint_least64_t figures[figure_count];
    struct timer timer;
    struct door *door; /* NULL: not joined */
};
struct doors {
    int64_t started_mono_us, started_wall_us;
    atomic_int_least64_t house[house_figure_count];
    int n_loops;
    struct row rows[];
};

struct doors *doors_create(int n_loops)
{
    size_t bytes = (sizeof(struct doors) + sizeof(struct row) * (size_t)n_loops + 63) / 64 * 64;
    struct doors *all = aligned_alloc(64, bytes);
    if (!all) abort();
    memset(all, 0, bytes);
    all->started_mono_us = clock_mono_us(), all->started_wall_us = clock_wall_us(), all->n_loops = n_loops;
    return all;
}

void doors_destroy(struct doors *all)
{
    free(all);
}

static struct row *row_of(const struct door *door)
{
    return &door->all->rows[loop_index(door->loop)];
}

static void row_refresh(struct row *row)
{
    struct net_figures now;
    net_figures(row->door->net, &now);
#define FIGURE(field, metric, type, help) atomic_store_explicit(&row->figures[figure_##field], (uint64_t)now.field, memory_order_relaxed);
    FIGURE_LIST(FIGURE)
#undef FIGURE
}

static void row_tick(struct timer *timer)
{
    struct row *row = container_of(timer, struct row, timer);
    row_refresh(row);
    timer_set(row->door->loop, timer, 1000);
}

void doors_join(struct door *door)
{
    struct row *row = row_of(door);
    row->door = door;
    timer_init(&row->timer, row_tick);
    timer_set(door->loop, &row->timer, 1000);
}

void doors_leave(struct door *door)
{
    struct row *row = row_of(door);
    if (row->door) timer_cancel(&row->timer);
    row->door = NULL;
}

static uint64_t figure_sum(const struct doors *all, enum figure figure)
{
    uint64_t sum = 0;
    for (int i = 0; i < all->n_loops; i++) sum += atomic_load_explicit(&all->rows[i].figures[figure], memory_order_relaxed);
    return sum;
}

void figures_health(struct request *r)
{
    struct door *door = request_door(r);
    row_refresh(row_of(door));
    char now[32];
    clock_iso(clock_wall_us() / 1000 * 1000, "", now);
    struct span body = arena_printf(request_arena(r),
                                    "{\"status\":\"OK\",\"timestamp\":\"%.23sZ\",\"uptime\":%.3f,\"websocket\":\"active\",\"connections\":%llu}", now,
                                    (double)(clock_mono_us() - door->all->started_mono_us) / 1e6,
                                    (unsigned long long)figure_sum(door->all, figure_n_websockets));
    cors_headers(r);
    response_header(r, "Cache-Control", SPAN("no-store"));
    respond(r, 200, "application/json", body);
}

static double resident_bytes(void);

void figures_now(struct door *door, struct figures_now *out)
{
    row_refresh(row_of(door));
    *out = (struct figures_now){
        .uptime_s = (clock_mono_us() - door->all->started_mono_us) / 1000000, .n_connections = (int64_t)figure_sum(door->all, figure_n_connections),
        .n_websockets = (int64_t)figure_sum(door->all, figure_n_websockets), .n_online = (int64_t)hub_n_online(door->hub),
        .memory_bytes = (int64_t)resident_bytes(),
    };
}

static void metric(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, type, name, value);
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    if (fscanf(f, "%*s %ld", &pages) != 1) pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void metrics_process(struct buf *out, const struct doors *all)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    metric(out, "process_resident_memory_bytes", "gauge", "Resident memory", resident_bytes());
    metric(out, "process_cpu_seconds_total", "counter", "User and system time", cpu_s);
    metric(out, "process_start_time_seconds", "gauge", "Start, in seconds since 1970", (double)all->started_wall_us / 1e6);
}

static void metrics_gate(struct buf *out, struct gate *gate)
{
    struct gate_figures g = { 0 };
    gate_figures(gate, &g);
    metric(out, "suhbat_commands_total", "counter", "Commands submitted to the core", (double)g.n_commands);
    metric(out, "suhbat_commits_total", "counter", "Group commits", (double)g.n_commits);
    metric(out, "suhbat_commands_committed_total", "counter", "Commands carried by group commits", (double)g.n_rows_batched);
    metric(out, "suhbat_commands_busy_total", "counter", "Commands refused because a queue was full", (double)g.n_busy);
    metric(out, "suhbat_commands_failed_total", "counter", "Commands that ended with a fault", (double)g.n_faults);
    metric(out, "suhbat_write_lane_waiting", "gauge", "Commands waiting for the writing lane", (double)g.write_waiting);
    metric(out, "suhbat_read_lanes_waiting", "gauge", "Commands waiting for a reading lane", (double)g.read_waiting);
    metric(out, "suhbat_password_pool_waiting", "gauge", "Commands waiting for the password pool", (double)g.hash_waiting);
}

void figures_of_house(struct doors *all, const int64_t values[house_figure_count])
{
    for (int i = 0; i < house_figure_count; i++) atomic_store_explicit(&all->house[i], values[i], memory_order_relaxed);
}

static void metrics_house(struct buf *out, const struct doors *all)
{
    static const struct { const char *metric, *label, *type, *help; } rows[] = {
#define HOUSE(name, metric, label, type, help) { metric, label, type, help },
#include "door/house.def"
#undef HOUSE
    };
    for (int i = 0; i < house_figure_count; i++) {
        const char *name = rows[i].metric, *label = rows[i].label;
        if (!i || strcmp(name, rows[i - 1].metric) != 0) buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, rows[i].help, name, rows[i].type);
        buf_printf(out, "%s%s%s%s %lld\n", name, label ? "{" : "", label ? label : "", label ? "}" : "",
                   (long long)atomic_load_explicit(&all->house[i], memory_order_relaxed));
    }
}

void figures_metrics(struct request *r)
{
    struct door *door = request_door(r);
    row_refresh(row_of(door));
    struct buf out;
    buf_init(&out, 64 * 1024);
    metrics_process(&out, door->all);
#define FIGURE(field, name, type, help) metric(&out, name, type, help, (double)figure_sum(door->all, figure_##field));
    FIGURE_LIST(FIGURE)
#undef FIGURE
    metrics_gate(&out, door->gate_all);
    metrics_house(&out, door->all);
    metric(&out, "suhbat_accounts_online", "gauge", "Accounts with an open socket, as this loop knows", (double)hub_n_online(door->hub));
    buf_printf(&out, "# HELP suhbat_build_info The running version\n# TYPE suhbat_build_info gauge\nsuhbat_build_info{version=\"%s\"} 1\n", SUHBAT_VERSION);
    response_header(r, "Cache-Control", SPAN("no-store"));
    respond(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_span(&out));
    buf_fini(&out);
}
