/* A socket of this dialect from within. Private to it. */
#pragma once
#include "door/door.h"
#include "net/websocket.h"

#define RECEIPTS_MESSAGE_MAX_BYTES (1u << 20) /* a text over 16 KiB is told to be too long; over this the socket ends with 1009 */
#define RECEIPTS_PENDING_MAX 1024             /* sends of one socket under way; above: busy */
#define RECEIPTS_ONCE_S 5                     /* the same text again within so long is the same message (C-24) */

struct receipts_socket { /* ws_user; freed in on_close */
    struct conn *conn;
    struct listener *listener;
    struct room_id chat; /* what is said here goes there */
    bool counted;        /* in the account's number of sockets */
    uint16_t n_pending;
};

void receipts_say_text(struct conn *c, struct span text); /* speak.c */
extern const struct presenter receipts_presenter;         /* present.c */
