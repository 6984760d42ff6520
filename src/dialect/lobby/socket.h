/* The lobby's WebSocket from within. Private to this dialect. */
#pragma once
#include "door/door.h"
#include "net/http.h"
#include "net/websocket.h"

#define COOKIE_LOBBY "suhbat_lobby"
#define LOBBY_PLAIN_MESSAGE_MAX_BYTES (64u << 10) /* a text over 16 KiB is told to be too long; over this the socket ends with 1009 */
#define LOBBY_JSON_MESSAGE_MAX_BYTES (6u << 20)   /* so that a picture of 5 MiB is answered and not cut off (L-33) */
#define LOBBY_HISTORY_SHOWN 50                    /* L-23 */
#define LOBBY_HISTORY_ASKED 100                   /* some of them may have been deleted */
#define LOBBY_HISTORY_MAX_BYTES (768u << 10)      /* the newest that fit */
#define LOBBY_PENDING_MAX 1024                    /* sends of one socket under way; above: busy */
#define LOBBY_STICKER_KEY "lobby-sticker-"

struct lobby_socket { /* ws_user; freed in on_close */
    struct conn *conn;
    struct listener *listener;
    bool counted;       /* in the account's number of sockets */
    bool sends_picture; /* one at a time */
    uint16_t n_pending;
    uint8_t n_name;
    char name[];        /* user name, for the notices */
};

/* What differs between the generations once a socket is open. */
struct lobby_generation {
    const struct presenter *presenter;
    const struct ws_handler *handler;
    void (*complain)(struct lobby_socket *s, const char *words);
};
extern const struct lobby_generation lobby_plain, lobby_json;

void lobby_knock(struct request *r); /* the route */

/* speak.c: from a socket to the core */
struct span;
void lobby_plain_text(struct conn *c, struct span text);
void lobby_json_text(struct conn *c, struct span text);
void lobby_binary(struct conn *c, struct span bytes);
void lobby_complain_plain(struct lobby_socket *s, const char *words);
void lobby_complain_json(struct lobby_socket *s, const char *words);

/* present.c: from the core to sockets */
extern const struct presenter lobby_plain_presenter, lobby_json_presenter;
struct message_history_out;
void lobby_send_history(struct conn *c, const struct message_history_out *history);

/* socket.c */
struct door *lobby_door(const struct lobby_socket *s);
