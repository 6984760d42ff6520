/* One HTTP request on its way through: row of routes.def -> proof -> limit -> decode -> gate -> encode. */
#pragma once
#include "dialect/native/encode.h"
#include "door/identity.h"
#include "door/limits.h"
#include "door/problem.h"

struct call;
struct call_row {
    enum command_kind command;
    int limit; /* enum limit, or CALL_UNLIMITED */
    enum fault (*decode)(struct call *a);
    void (*encode)(struct call *a);
};
#define CALL_UNLIMITED (-1)

struct call { /* in the request's arena */
    struct request *r;
    struct door *door;
    const struct call_row *row;
    struct identity identity;
    struct command *command; /* owns; destroyed when it has been answered */
    const char *detail;      /* of a fault found here; lives as long as the request */
    int64_t retry_after_s;
    bool by_cookie;          /* the refresh token came as a cookie */
    bool typing_on;
};

/* Answers now (refused here) or later (through the gate). */
void call_run(struct request *r, const struct call_row *row);

/* Who asks, for routes that go another way: bearer token or cookie, as every native route. */
must_use enum fault call_prove(struct request *r, struct identity *out, const char **detail_out);

/* For decoders. Spans handed to a command are copied into its arena. */
struct body {
    struct json json;
    struct json_fields fields;
};
/* Parses the request's body as an object of known fields; end refuses unknown ones and closes. end must be called when begin was well. */
must_use enum fault body_begin(struct call *a, struct body *b);
must_use enum fault body_end(struct call *a, struct body *b);
struct span call_keep(struct call *a, struct span s);
must_use enum fault call_path_id(struct call *a, const char *name, int64_t *out);
must_use enum fault call_query_int(struct call *a, const char *name, int64_t least, int64_t greatest, int64_t none, int64_t *out);
must_use enum fault call_take(struct call *a, enum limit limit, struct span key);

/* For encoders. */
struct reply {
    struct buf body;
    struct json_writer w;
};
void reply_begin(struct reply *reply);
void reply_end(struct call *a, struct reply *reply, int status);
/* {"name":[…]}, and of a page {"name":[…],"more":false}: the caller puts the values. */
void reply_begin_list(struct reply *reply, const char *name);
void reply_end_list(struct call *a, struct reply *reply);
void reply_end_page(struct call *a, struct reply *reply, bool more);
void reply_room(struct call *a, const struct room_view *room, int status);
void reply_rooms(struct call *a, const struct room_view *rooms, size_t n); /* {"rooms":[…]} */
void refuse_desk_step(struct call *a); /* the problem, with the chat as it is */
void session_cookies_clear(struct request *r);
void encode_nobody(struct call *a); /* to whoever asks who they are and has no proof that holds */
/* The gateway's row; gateway.c. */
void gateway_routes(struct router *router);
/* Files that come in: http_uploads.c, http_tus.c. */
void upload_routes(struct router *router);
void tus_routes(struct router *router);

#define ROUTE(name, method, path, command, limit, decode, encode) \
    enum fault decode(struct call *a);                             \
    void encode(struct call *a);
#include "dialect/native/routes.def"
#undef ROUTE
