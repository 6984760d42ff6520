/* suhbat serve: puts the house together, runs it, and takes it down in the opposite order. Main thread; it becomes the first loop. */
#include "app/serve.h"
#include "app/file_store.h"
#include "app/census.h"
#include "app/command.h"
#include "app/sd_notify.h"
#include "app/setup_link.h"
#include "app/station.h"
#include "dialect/desk/desk.h"
#include "dialect/lobby/lobby.h"
#include "dialect/receipts/receipts.h"
#include "dialect/native/encode.h"
#include "dialect/native/native.h"
#include "dialect/rooms/rooms.h"
#include "dispatch/dispatch.h"
#include "base/buf.h"
#include "base/rand.h"
#include "door/pages.h"
#include "files/files.h"
#include "net/conformance.h"
#include "net/proxies.h"
#include "net/web_files.h"
#include "store/store_open.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_READERS 2
#define N_HASHERS 2
#define LOOPS_MAX 64

struct server {
    const struct config *config;
    char server_id[17];
    struct door_settings door_settings;
    struct station_shared shared;
    struct router *router;
    struct net_proxies *proxies, *outbound_allow;
    struct dispatch *dispatch;
    struct census *census;
    struct vapid_key *vapid;
    struct setup_link setup;
    struct station *stations[LOOPS_MAX];
    struct thread *threads[LOOPS_MAX];
    int n_stations;
    struct alarm_clock *watchdog;
    bool stopping, ran;
};

static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* The schema is brought up to date and the lanes are opened. */
static int open_core(struct server *server)
{
    const struct config *config = server->config;
    if (store_migrate(config->database_url) != fault_none || setup_link_make(config, &server->setup) != fault_none) return EX_UNAVAILABLE;
    struct gate_config gate = {
        .database_url = config->database_url, .n_readers = N_READERS, .n_hashers = N_HASHERS, .bus = server->shared.bus,
        .rules = { .registration = config->registration, .bcrypt_cost = config->bcrypt_cost, .rate_limits = config->rate_limits,
                   .setup_token_hash = span_of(server->setup.hash), .refresh_ttl_s = config->refresh_ttl_s,
                   .public_url = span_of(config->public_url), .mail_from = span_of(config->smtp_from) } };
    gate.rules.file_max_bytes = config->max_file_bytes, gate.rules.quota_bytes = config->quota_bytes, gate.rules.file_waits_s = config->file_waits_s;
    return gate_create(&gate, &server->shared.gate) == fault_none ? EX_OK : EX_UNAVAILABLE;
}

static int open_files(struct server *server)
{
    return file_store_open(server->config, &server->shared.files) == fault_none ? EX_OK : EX_UNAVAILABLE;
}

static void add_conformance(struct router *router)
{
    size_t n;
    const struct route *routes = conformance_routes(&n);
    router_add(router, routes, n);
    conformance_engines(router);
}

static enum fault read_networks(const struct span *networks, size_t n, struct net_proxies **out)
{
    struct buf list;
    buf_init(&list, 1u << 16);
    for (size_t i = 0; i < n; i++) {
        buf_append_span(&list, networks[i]);
        buf_append_char(&list, ' ');
    }
    enum fault f = proxies_parse(buf_span(&list), out, NULL);
    buf_fini(&list);
    return f;
}

static int trust_proxies(struct server *server)
{
    const struct config *config = server->config;
    enum fault f = read_networks(config->trusted_proxies, config->n_trusted_proxies, &server->proxies);
    if (!f) f = read_networks(config->outbound_allow, config->n_outbound_allow, &server->outbound_allow);
    server->shared.proxies = server->proxies;
    return f == fault_none ? EX_OK : EX_CONFIG;
}

static int open_doors(struct server *server)
{
    const struct config *config = server->config;
    rand_token(server->server_id, sizeof server->server_id - 1);
    server->door_settings = (struct door_settings){
        .access_ttl_s = config->access_ttl_s, .legacy_ttl_s = config->legacy_ttl_s, .origins = config->origins, .n_origins = config->n_origins,
        .trusts_lobby = config->trusts_lobby, .trusts_receipts = config->trusts_receipts, .trusts_desk = config->trusts_desk,
        .desk_secret = config->desk_secret, .registration = config->registration, .rate_limits = config->rate_limits,
        .lobby = CHAT_LOBBY, .lobby_history_max = config->lobby_history_max, .socket_ping_ms = config->socket_ping_ms, .socket_pong_ms = config->socket_pong_ms,
        .server_id = server->server_id,
        .web = config->web_root ? web_files_directory(config->web_root) : web_files_embedded(), .secure_cookies = config->tls_cert != NULL,
        .file_max_bytes = config->max_file_bytes, .quota_bytes = config->quota_bytes, .shown = config->shown, .n_shown = config->n_shown, .data_dir = config->data_dir };
    if (token_key_create(config->secret, &server->door_settings.key) != fault_none) return EX_CONFIG;
    if (vapid_key_create(config->vapid_pem, &server->vapid) != fault_none) return EX_CONFIG;
    server->door_settings.push_key = vapid_key_public(server->vapid);
    if (config->tls_cert && tls_create(config->tls_cert, config->tls_key, &server->shared.tls) != fault_none) return EX_CONFIG;
    struct router *router = server->router = router_create();
    if (config->conformance) add_conformance(router);
    native_routes(router);
    rooms_routes(router);
    lobby_routes(router);
    receipts_routes(router);
    desk_routes(router, &server->door_settings);
    door_common_routes(router);
    server->shared.config = config;
    server->shared.router = router;
    server->shared.door_settings = &server->door_settings;
    server->shared.limits = limits_create(config->rate_limits);
    server->shared.doors = doors_create(config->n_loops);
    server->shared.nets = nets_create(config->n_loops);
    return trust_proxies(server);
}

static int open_stations(struct server *server)
{
    int port = server->config->port;
    for (int i = 0; i < server->config->n_loops; i++) {
        if (station_create(&server->shared, i, port, &server->stations[i]) != fault_none) return EX_OSERR;
        port = station_port(server->stations[i]);
        server->n_stations++;
    }
    return EX_OK;
}

static bool may_call(void *networks, const unsigned char address[16])
{
    return proxies_contain(networks, address);
}

static void open_dispatch(struct server *server)
{
    const struct config *config = server->config;
    const struct door *door = station_door(server->stations[0]);
    server->dispatch = dispatch_create(&(struct dispatch_config){ .loop = door->loop, .gate = door->gate, .hub = door->hub,
        .vapid = server->vapid, .contact = config->push_contact, .preview = config->push_preview, .encode_event = encode_event,
        .outbound = { .allows = may_call, .arg = server->outbound_allow, .smtp_url = config->smtp_url, .smtp_from = config->smtp_from,
                      .smtp_needs_tls = config->smtp_needs_tls } });
    server->census = census_create(&(struct census_config){ .loop = door->loop, .gate = door->gate, .doors = server->shared.doors,
        .dispatch = server->dispatch, .indexing = station_indexing(server->stations[0]), .files = server->shared.files });
}

static void greet(struct server *server)
{
    const struct config *config = server->config;
    bool v6 = strchr(config->listen_address, ':') != NULL;
    char origin[96];
    snprintf(origin, sizeof origin, "%s://%s%s%s:%d", config->tls_cert ? "https" : "http", v6 ? "[" : "", config->listen_address, v6 ? "]" : "",
             station_port(server->stations[0]));
    printf("suhbat %s is on %s\n", SUHBAT_VERSION, origin);
    if (server->setup.token[0]) printf("There is no account yet. Make the first administrator here, once:\n  %s/setup#%s\n", origin, server->setup.token);
    fflush(stdout);
    LOG(info, "serving", log_str("address", config->listen_address), log_int("port", station_port(server->stations[0])),
        log_int("loops", config->n_loops), log_str("database", config->is_sqlite ? "sqlite" : "postgresql"));
    sd_notify("READY=1");
}

static void on_stop(void *arg, int signal)
{
    struct server *server = arg;
    if (server->stopping) return;
    server->stopping = true;
    LOG(info, "stopping", log_int("signal", signal));
    sd_notify("STOPPING=1");
    dispatch_stop(server->dispatch);
    census_stop(server->census);
    for (int i = 0; i < server->n_stations; i++) station_stop(server->stations[i]);
}

static void on_hangup(void *arg, int signal)
{
    struct server *server = arg;
    (void)signal;
    if (!server->shared.tls) return;
    if (tls_reload(server->shared.tls) == fault_none) LOG(info, "tls.reloaded");
}

static void feed_watchdog(void *arg)
{
    struct server *server = arg;
    sd_notify("WATCHDOG=1");
    alarm_set(server->watchdog, sd_watchdog_interval_ms());
}

static void run_station(void *arg) { station_run(arg); }

static void run(struct server *server)
{
    struct loop *first = station_loop(server->stations[0]);
    loop_on_signal(first, SIGTERM, on_stop, server);
    loop_on_signal(first, SIGINT, on_stop, server);
    loop_on_signal(first, SIGHUP, on_hangup, server);
    if (sd_watchdog_interval_ms() > 0) {
        server->watchdog = alarm_create(first, feed_watchdog, server);
        feed_watchdog(server);
    }
    greet(server); /* before any loop answers: who sees an answer finds the link in the log */
    for (int i = 1; i < server->n_stations; i++) server->threads[i] = thread_start("loop", run_station, server->stations[i]);
    station_run(server->stations[0]);
    alarm_destroy(server->watchdog);
    dispatch_leave_loop(server->dispatch);
    census_stop(server->census);
    server->ran = true;
    for (int i = 1; i < server->n_stations; i++) thread_join(server->threads[i]);
}

/* What the lanes have accepted is committed in any case. The rest is taken down only when every station came to a clean end: a connection that
   would not close in time still points into it, and the end of the process frees it as well. */
static void take_down(struct server *server)
{
    gate_destroy(server->shared.gate);
    for (int i = 0; i < server->n_stations; i++)
        if (server->ran && !station_is_clean(server->stations[i])) return;
    if (server->dispatch) dispatch_end(server->dispatch);
    files_destroy(server->shared.files);
    for (int i = 0; i < server->n_stations; i++) station_destroy(server->stations[i]);
    nets_destroy(server->shared.nets);
    dispatch_destroy(server->dispatch);
    census_destroy(server->census);
    bus_destroy(server->shared.bus);
    if (server->shared.doors) doors_destroy(server->shared.doors);
    if (server->shared.limits) limits_destroy(server->shared.limits);
    if (server->router) router_destroy(server->router);
    if (server->shared.tls) tls_destroy(server->shared.tls);
    proxies_destroy(server->proxies);
    proxies_destroy(server->outbound_allow);
    web_files_destroy(server->door_settings.web);
    token_key_destroy(server->door_settings.key);
    vapid_key_destroy(server->vapid);
}

int serve(const struct config *config)
{
    struct server server = { .config = config };
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    server.shared.bus = bus_create_local();
    int status = open_core(&server);
    if (status == EX_OK) status = open_files(&server);
    if (status == EX_OK) status = open_doors(&server);
    if (status == EX_OK) status = open_stations(&server);
    if (status == EX_OK) {
        open_dispatch(&server);
        run(&server);
        LOG(info, "stopped");
    }
    take_down(&server);
    return status;
}
