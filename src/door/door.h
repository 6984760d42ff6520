/* What all doors (dialects) share on one loop, and the ways to know who is asking. */
#pragma once
#include "gate/gate.h"
#include "hub/hub.h"
#include "net/http.h"
#include "wire/token.h"

struct files;
/* A setting as administrators see it. */
struct door_setting {
    const char *name, *value, *source; /* value NULL: not set, or a secret; source: default, environment, file, command_line */
    bool secret;                       /* its value is not told */
};

struct door_settings {           /* immutable, shared by all loops */
    struct token_key *key;       /* signs and verifies access tokens */
    int64_t access_ttl_s;        /* native: 900 */
    int64_t legacy_ttl_s;        /* ACCESS_TOKEN_EXPIRE_MINUTES, default by dialect when 0 */
    const struct span *origins; size_t n_origins; /* CORS_ORIGIN(S); "*" allowed as one entry */
    bool trusts_lobby, trusts_receipts, trusts_desk; /* SUHBAT_LEGACY_TRUST names them */
    struct span desk_secret;     /* the shop signs its customers with it; empty: nobody does. Never to a log */
    enum registration registration;
    bool rate_limits;
    struct room_id lobby;        /* the room everyone is in */
    int64_t lobby_history_max;   /* generation A history; 0: all */
    int64_t socket_ping_ms, socket_pong_ms; /* of Socket.IO: ping interval, and how long a pong may take */
    const char *server_id;       /* new at every start */
    struct web_files *web;
    bool secure_cookies;
    const char *push_key;        /* base64url: applicationServerKey of Web Push */
    int64_t file_max_bytes, quota_bytes; /* of one upload; of one account as a rule */
    const struct door_setting *shown; size_t n_shown;
    const char *data_dir;        /* whose disk is measured */
};

struct door {                    /* one per loop; request_door() and conn_door() give it */
    const struct door_settings *settings;
    struct loop *loop;
    struct net *net;
    struct hub *hub;
    struct gate_client *gate;
    struct files *files;         /* the bytes of uploads; NULL: none are taken */
    struct gate *gate_all;       /* figures */
    struct limits *limits;       /* per-process token buckets, limits.h */
    struct doors *all;           /* every loop's figures, figures.h */
};
