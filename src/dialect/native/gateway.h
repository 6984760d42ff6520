/* The gateway WebSocket from within: one socket, one op. docs/protocol.md says what is spoken. Private to this dialect. */
#pragma once
#include "dialect/native/encode.h"
#include "door/door.h"
#include "door/limits.h"
#include "door/problem.h"

#define GATEWAY_FRAME_MAX_BYTES (64u << 10)
#define GATEWAY_RESUME_WITHIN_MS 15000
#define GATEWAY_SILENCE_MS 75000
#define GATEWAY_HEARTBEAT_S 30
#define GATEWAY_REPLAY_MAX 10000       /* changes of one room; above: reload */
#define GATEWAY_PENDING_MAX 1024       /* ops of one socket under way; above: busy */
#define GATEWAY_LAST_MAX_BYTES (384u << 10) /* "ready" shows the newest messages of rooms up to about this size, then null */

enum gateway_close { gateway_close_malformed = 4400, gateway_close_session = 4401, gateway_close_silent = 4408, gateway_close_sockets = 4429 };

struct gateway { /* ws_user; freed in on_close */
    struct conn *conn;
    struct listener *listener;
    struct timer patience; /* armed until resume */
    uint16_t n_pending;
    uint32_t n_watches;    /* lists asked for so far */
    uint8_t language;      /* enum language */
    bool resumed;          /* or about to be: resume is under way */
};

struct op_row;
struct op { /* one op with a command under way; in the command's arena */
    struct net *net;
    struct conn_ref conn;
    int64_t id; /* 0: nobody waits for the answer */
    const struct op_row *row;
    struct known_room *known; /* resume: what the client has, by room id */
    size_t n_known;
    uint32_t number;          /* watch: which list of the socket */
};
struct known_room {
    int64_t room, seq;
};

struct op_row {
    const char *name;
    int limit; /* enum limit, or GATEWAY_UNLIMITED */
    enum command_kind command;
    /* Fills c->in (and may change the command's kind to its sibling) and, for resume, op. */
    void (*decode)(struct json_fields *f, struct command *c, struct op *op);
    void (*encode)(struct gateway *g, const struct op *op, const struct command *c);
    /* Instead of a command: answers itself. */
    void (*here)(struct gateway *g, int64_t id, struct json_fields *f);
};
#define GATEWAY_UNLIMITED (-1)

#define OP(name, command_name, limit, decode, encode)                                \
    void decode(struct json_fields *f, struct command *c, struct op *op);         \
    void encode(struct gateway *g, const struct op *op, const struct command *c);
#define OP_HERE(name, limit, function) void function(struct gateway *g, int64_t id, struct json_fields *f);
#include "dialect/native/ops.def"
#undef OP
#undef OP_HERE

/* NULL: no such op. */
const struct op_row *op_find(struct span name);

/* gateway.c */
extern const struct presenter native_presenter;
struct door *gateway_door(const struct gateway *g);
void gateway_text(struct conn *c, struct span text); /* on_text: ops.c */
void gateway_error(struct gateway *g, int64_t id, const struct problem *p);
bool gateway_ends_well(struct gateway *g, int64_t id, const struct json_fields *f); /* else it has answered invalid */

/* Building one answer in a buffer of the thread's own, and sending it. Small ones allocate nothing. */
struct answer {
    struct buf buf;
    struct json_writer w;
    bool on_heap;
};
void answer_begin(struct answer *a);      /* up to ANSWER_FIXED_BYTES */
void answer_begin_large(struct answer *a);
/* True when what was written did not fit and must be written again into the now larger buffer. */
bool answer_again(struct answer *a);
void answer_send(struct answer *a, struct conn *c);
void answer_end(struct answer *a);
#define ANSWER_FIXED_BYTES (128u << 10)
