/* From the texts of settings.h to the typed struct config: one reader per setting, then what settings mean together.
   Start-up only, one thread. Owns the arena of all texts. Every wrong setting is told, not only the first. */
#include "app/config.h"
#include <sched.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

extern char **environ;

#define N_LOOPS_MAX 64
#define LIST_MAX 64
#define CONFIG_BYTES_MAX (1u << 20)

struct checking {
    const struct settings *settings;
    struct config *config;
    bool failed;
};

static const char *text_of(const struct checking *c, enum setting which)
{
    return c->settings->values[which].text;
}

static void refuse(struct checking *c, enum setting which)
{
    settings_complain(&c->settings->values[which], "not allowed; allowed: %s", setting_infos[which].allowed);
    c->failed = true;
}

static int64_t read_number(struct checking *c, enum setting which, int64_t least, int64_t most)
{
    int64_t v = least;
    if (!span_to_i64(span_of(text_of(c, which)), &v) || v < least || v > most) refuse(c, which);
    return v;
}

static int read_word(struct checking *c, enum setting which, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcasecmp(words[i], text_of(c, which)) == 0) return i;
    refuse(c, which);
    return 0;
}

static bool read_switch(struct checking *c, enum setting which)
{
    /* Pairs, so that what an operator is likely to write is understood. */
    static const char *const words[] = { "off", "on", "no", "yes", "false", "true", "0", "1", NULL };
    return read_word(c, which, words) % 2 == 1;
}

/* A comma list; each item passes `allowed`. */
static struct span *read_list(struct checking *c, enum setting which, bool (*allowed)(struct arena *, struct span), size_t *n_out)
{
    struct arena *arena = c->config->arena;
    struct span *items = arena_array(arena, struct span, LIST_MAX);
    struct span rest = span_of(text_of(c, which));
    size_t n = 0;
    while (rest.n) {
        struct span item = span_trim(span_cut(rest, ',', &rest));
        if (!item.n) continue;
        if (n == LIST_MAX || !allowed(arena, item)) {
            refuse(c, which);
            break;
        }
        items[n++] = arena_copy(arena, item);
    }
    *n_out = n;
    return items;
}

static bool is_trusted_dialect(struct arena *arena, struct span name)
{
    (void)arena;
    return span_eq_nocase(name, SPAN("lobby")) || span_eq_nocase(name, SPAN("receipts")) || span_eq_nocase(name, SPAN("desk"));
}

/* As browsers send it: without a path, without a final slash. */
static bool is_origin(struct arena *arena, struct span origin)
{
    (void)arena;
    return span_eq(origin, SPAN("*")) || config_parse_origin(origin);
}

static int n_cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < N_LOOPS_MAX ? n : N_LOOPS_MAX;
}

static void check_listen(struct checking *c)
{
    struct config *config = c->config;
    const char *listen = text_of(c, setting_listen);
    config->listen_address = "127.0.0.1";
    config->port = (int)read_number(c, setting_port, 0, 65535);
    if (listen && !config_parse_listen(config->arena, listen, &config->listen_address, &config->port)) refuse(c, setting_listen);
    config->is_loopback = config_is_loopback(config->listen_address);
}

static void check_database(struct checking *c)
{
    struct config *config = c->config;
    const char *text = text_of(c, setting_database);
    config->data_dir = text_of(c, setting_data);
    if (!text)
        config->is_sqlite = true, config->database_url = arena_printf(config->arena, "sqlite:%s/suhbat.db", config->data_dir).p;
    else if (!config_parse_database(config->arena, text, &config->database_url, &config->is_sqlite))
        refuse(c, setting_database);
}

static const char *readable_file(struct checking *c, enum setting which)
{
    const char *path = text_of(c, which);
    if (path && access(path, R_OK) != 0) {
        settings_complain(&c->settings->values[which], "cannot be read: %m");
        c->failed = true;
    }
    return path;
}

static void check_files(struct checking *c)
{
    c->config->tls_cert = readable_file(c, setting_tls_cert);
    c->config->tls_key = readable_file(c, setting_tls_key);
    c->config->web_root = readable_file(c, setting_web_root);
    if (!c->config->tls_cert != !c->config->tls_key) refuse(c, c->config->tls_cert ? setting_tls_cert : setting_tls_key);
}

/* A secret that stands in public documents is no secret. */
static struct span read_secret(struct checking *c, enum setting which)
{
    static const char *const public_secrets[] = { "super_secret_key", "super_secret_key_change_this_in_production", "your_secret_key",
                                                  "your-secret-key-here", "changeme", "change_me", "secret" };
    const char *text = text_of(c, which);
    if (!text) return (struct span){ 0 };
    bool bad = strlen(text) < CONFIG_SECRET_MIN_BYTES;
    for (size_t i = 0; i < sizeof public_secrets / sizeof *public_secrets; i++) bad |= strcmp(text, public_secrets[i]) == 0;
    if (bad) refuse(c, which);
    return span_of(text);
}

static void check_accounts(struct checking *c)
{
    static const char *const registrations[] = { "open", "invite", "closed", NULL };
    struct config *config = c->config;
    config->access_ttl_s = read_number(c, setting_access_minutes, 1, 1440) * 60;
    config->refresh_ttl_s = read_number(c, setting_refresh_days, 1, 365) * 86400;
    config->legacy_ttl_s = read_number(c, setting_legacy_minutes, 0, 525600) * 60;
    config->registration = (enum registration)read_word(c, setting_registration, registrations);
    config->rate_limits = read_switch(c, setting_rate_limits);
    config->bcrypt_cost = (int)read_number(c, setting_bcrypt_cost, 4, 15);
}

static bool is_among(const struct span *words, size_t n, struct span word)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq_nocase(words[i], word)) return true;
    return false;
}

static void check_doors(struct checking *c)
{
    struct config *config = c->config;
    size_t n_trusted;
    const struct span *trusted = read_list(c, setting_legacy_trust, is_trusted_dialect, &n_trusted);
    config->trusts_lobby = is_among(trusted, n_trusted, SPAN("lobby"));
    config->trusts_receipts = is_among(trusted, n_trusted, SPAN("receipts"));
    config->trusts_desk = is_among(trusted, n_trusted, SPAN("desk"));
    config->origins = read_list(c, setting_origins, is_origin, &config->n_origins);
    config->trusted_proxies = read_list(c, setting_trusted_proxies, config_parse_network, &config->n_trusted_proxies);
    config->lobby_history_max = read_number(c, setting_lobby_history, 0, 1000000000);
    config->socket_ping_ms = read_number(c, setting_socket_ping_ms, 100, 3600000);
    config->socket_pong_ms = read_number(c, setting_socket_pong_ms, 100, 3600000);
    config->conformance = read_switch(c, setting_conformance);
    if (n_trusted && !config->is_loopback && !read_switch(c, setting_legacy_trust_public)) {
        settings_complain(&c->settings->values[setting_legacy_trust],
                          "would let anyone on the network speak as anyone; set SUHBAT_LEGACY_TRUST_PUBLIC=on as well to insist");
        c->failed = true;
    }
    if (config->conformance && !config->is_loopback) refuse(c, setting_conformance);
}

/* The sender stands in headers that we write: one plain address. */
static bool is_address(const char *text)
{
    const char *at = strchr(text, '@');
    return at && at > text && at[1] && strlen(text) <= 254 && !strpbrk(text, " <>,;\"\r\n\t");
}

static void check_public_url(struct checking *c)
{
    struct config *config = c->config;
    const char *text = text_of(c, setting_public_url);
    bool v6 = strchr(config->listen_address, ':') != NULL;
    config->public_url = text;
    if (text && (!config_parse_origin(span_of(text)) || strlen(text) > 255)) refuse(c, setting_public_url);
    if (!text)
        config->public_url = arena_printf(config->arena, "%s://%s%s%s:%d", config->tls_cert ? "https" : "http", v6 ? "[" : "",
                                          config->listen_address, v6 ? "]" : "", config->port).p;
}

static void check_outbound(struct checking *c)
{
    struct config *config = c->config;
    const char *url = config->smtp_url = text_of(c, setting_smtp_url), *from = config->smtp_from = text_of(c, setting_smtp_from);
    if (url && strncmp(url, "smtp://", 7) != 0 && strncmp(url, "smtps://", 8) != 0) refuse(c, setting_smtp_url);
    if (from && !is_address(from)) refuse(c, setting_smtp_from);
    if (!url != !from) refuse(c, url ? setting_smtp_url : setting_smtp_from);
    check_public_url(c);
    config->smtp_needs_tls = read_switch(c, setting_smtp_tls);
    const char *contact = text_of(c, setting_push_contact);
    if (contact && strncmp(contact, "mailto:", 7) != 0 && strncmp(contact, "https://", 8) != 0) refuse(c, setting_push_contact);
    config->push_contact = contact ? span_of(contact) : from ? arena_printf(config->arena, "mailto:%s", from) : SPAN("");
    config->push_preview = read_switch(c, setting_push_preview);
    config->outbound_allow = read_list(c, setting_outbound_allow, config_parse_network, &config->n_outbound_allow);
}

static void check_log(struct checking *c)
{
    static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
    static const char *const formats[] = { "logfmt", "json", NULL };
    c->config->log_level = (enum log_level)read_word(c, setting_log_level, levels);
    c->config->log_format = (enum log_format)read_word(c, setting_log_format, formats);
}

static void check_files_taken(struct checking *c)
{
    c->config->max_file_bytes = read_number(c, setting_max_file_mb, 1, 4096) << 20;
    c->config->quota_bytes = read_number(c, setting_quota_mb, 0, 1000000000) << 20;
    c->config->desk_away_s = read_number(c, setting_desk_away_s, 1, 86400);
    c->config->file_waits_s = read_number(c, setting_file_hours, 1, 720) * 3600;
}

static enum fault check(const struct settings *settings, struct config *config)
{
    struct checking c = { .settings = settings, .config = config };
    check_listen(&c);
    check_database(&c);
    config->n_loops = (int)read_number(&c, setting_loops, 0, N_LOOPS_MAX);
    if (!config->n_loops) config->n_loops = n_cores();
    check_files(&c);
    config->secret = read_secret(&c, setting_secret);
    config->desk_secret = read_secret(&c, setting_desk_secret);
    check_accounts(&c);
    check_doors(&c);
    check_outbound(&c);
    check_files_taken(&c);
    check_log(&c);
    return c.failed ? fault_invalid : fault_none;
}

/* All sources; the data directory's own file comes last, because the others say where it is. */
static enum fault gather(const struct config_flags *flags, struct settings *s)
{
    enum fault fault = fault_none, one;
    for (int i = 0; i < setting_count; i++)
        if (flags->texts[i])
            settings_put(s, (enum setting)i, (struct setting_value){ .text = flags->texts[i], .source = "command line",
                                                                     .name = arena_printf(s->arena, "--%s", setting_infos[i].flag).p,
                                                                     .strength = strength_flag });
    if ((one = settings_read_environment(s, environ))) fault = one;
    if ((one = settings_read_dotenv(s, ".env"))) fault = one;
    if ((one = settings_read_ini(s, flags->file ? flags->file : "suhbat.ini", strength_file, flags->file != NULL))) fault = one;
    const char *in_data = arena_printf(s->arena, "%s/suhbat.ini", s->values[setting_data].text).p;
    if ((one = settings_read_ini(s, in_data, strength_data_file, false))) fault = one;
    return fault;
}

static bool is_secret(enum setting which)
{
    return which == setting_secret || which == setting_desk_secret || which == setting_smtp_url || which == setting_database; /* URLs may carry passwords */
}

static const char *source_word(const struct setting_value *value)
{
    switch (value->strength) {
    case strength_standard: return "default";
    case strength_flag: return "command_line";
    case strength_environment:
    case strength_old_environment: return "environment";
    case strength_old_file:
    case strength_old_dotenv:
    case strength_data_file:
    case strength_file:
    case strength_dotenv: break;
    }
    return "file";
}

/* What administrators may see of the settings. */
static void show(const struct settings *settings, struct config *config)
{
    struct door_setting *shown = arena_array(config->arena, struct door_setting, setting_count);
    for (int i = 0; i < setting_count; i++) {
        const struct setting_value *value = &settings->values[i];
        bool hidden = is_secret((enum setting)i) && value->strength != strength_standard;
        shown[i] = (struct door_setting){ .name = setting_infos[i].name, .value = hidden ? NULL : value->text, .source = source_word(value),
                                          .secret = hidden };
    }
    config->shown = shown, config->n_shown = setting_count;
}

enum fault config_load(const struct config_flags *flags, struct config *out)
{
    struct settings settings;
    *out = (struct config){ .arena = arena_create(8192, CONFIG_BYTES_MAX) };
    if (!out->arena) return fault_internal;
    settings_init(&settings, out->arena);
    enum fault gathered = gather(flags, &settings);
    enum fault checked = check(&settings, out);
    show(&settings, out);
    return gathered ? gathered : checked;
}

void config_fini(struct config *config)
{
    arena_destroy(config->arena);
    *config = (struct config){ 0 };
}

static void warn_of_trust(const struct config *config, const char *dialect)
{
    LOG(warn, "legacy_trust_believes_unproven_names", log_str("dialect", dialect), log_str("address", config->listen_address));
}

void config_warn(const struct config *config)
{
    if (config->bcrypt_cost < 10) LOG(warn, "password_hashes_are_cheap", log_int("bcrypt_cost", config->bcrypt_cost), log_int("advised", 12));
    if (!config->rate_limits) LOG(warn, "rate_limits_are_off");
    if (config->trusts_lobby) warn_of_trust(config, "lobby");
    if (config->trusts_receipts) warn_of_trust(config, "receipts");
    if (config->trusts_desk) warn_of_trust(config, "desk");
    if (config->conformance) LOG(warn, "conformance_echo_is_offered", log_str("path", "/conformance/echo"));
    for (size_t i = 0; i < config->n_origins; i++)
        if (span_eq(config->origins[i], SPAN("*"))) LOG(warn, "any_origin_may_call");
}
