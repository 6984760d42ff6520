/* The settings with types, checked: what the rest of the program reads. Immutable after start; one per process. */
#pragma once
#include "app/settings.h"
#include "base/log.h"
#include "chat/chat.h"
#include "door/door.h"

#define CONFIG_SECRET_MIN_BYTES 16

struct config {
    struct arena *arena; /* owns every text below */
    const char *listen_address; /* numeric */
    int port;                   /* 0: any free one */
    bool is_loopback;           /* listen_address is 127.0.0.0/8 or ::1 */
    const char *data_dir;
    const char *database_url;   /* "sqlite:PATH" or "postgresql://…"; may carry a password: never to a log */
    bool is_sqlite;
    int n_loops;
    const char *tls_cert, *tls_key; /* both or none (NULL) */
    const char *web_root;           /* NULL: the built-in files */
    struct span desk_secret;        /* empty: nobody signs customers */
    struct span secret;             /* empty until data_dir_secret has run, unless a setting gave it */
    int64_t access_ttl_s, refresh_ttl_s;
    int64_t legacy_ttl_s;           /* 0: what each old system had */
    enum registration registration;
    bool rate_limits;
    int bcrypt_cost;
    bool trusts_lobby, trusts_receipts, trusts_desk;
    const struct span *origins; /* CORS; one "*" is allowed */
    size_t n_origins;
    const struct span *trusted_proxies; /* "ADDR" or "ADDR/BITS", checked; texts are NUL-terminated */
    size_t n_trusted_proxies;
    int64_t max_file_bytes, quota_bytes; /* of one file; of one account */
    int64_t desk_away_s;                 /* an agent without socket and act for so long is gone */
    int64_t file_waits_s;                /* life of an upload, and of a file that is in no message */
    const char *public_url; /* without a final slash */
    const struct door_setting *shown; /* all settings, as administrators see them */
    size_t n_shown;
    const char *smtp_url, *smtp_from; /* both or none (NULL); the URL may carry a password: never to a log */
    bool smtp_needs_tls;
    bool push_preview;
    struct span push_contact; /* may be empty */
    struct span vapid_pem;    /* empty until data_dir_vapid has run */
    const struct span *outbound_allow; /* as trusted_proxies */
    size_t n_outbound_allow;
    int64_t lobby_history_max; /* messages; 0: all */
    int64_t socket_ping_ms, socket_pong_ms; /* of Socket.IO */
    enum log_level log_level;
    enum log_format log_format;
    bool conformance;
};

/* What the command line gave: one text per setting, NULL when not given. */
struct config_flags {
    const char *texts[setting_count];
    const char *file; /* --config: in place of ./suhbat.ini; must exist */
};

/* Gathers all sources, checks everything, prints what is wrong on standard error. invalid: the program must end with EX_CONFIG.
   out->arena is set in any case; config_fini frees it. */
must_use enum fault config_load(const struct config_flags *flags, struct config *out);
void config_fini(struct config *config);
/* What an operator should be told, as log lines: cheap hashes, legacy trust, limits that are off. After log_setup. */
void config_warn(const struct config *config);

/* Parsers of single values, for tests too. False: not allowed. Results live in the arena. */
bool config_parse_listen(struct arena *arena, const char *text, const char **address_out, int *port_out);
bool config_is_loopback(const char *address);
/* Understands the URLs of the old systems too: sqlite:///x, sqlite+aiosqlite:///x, postgres://, postgresql+asyncpg://. */
bool config_parse_database(struct arena *arena, const char *text, const char **url_out, bool *is_sqlite_out);
bool config_parse_origin(struct span text);
bool config_parse_network(struct arena *arena, struct span text);
