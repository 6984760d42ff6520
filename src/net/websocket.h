/* WebSocket sessions on a connection (RFC 6455, permessage-deflate RFC 7692 without context takeover). Text is checked UTF-8 before it reaches
   a handler. Pings are answered here; a peer that is silent for too long is pinged, then dropped. */
#pragma once
#include "net/http.h"

#define WS_LOW_MARK_BYTES (32u << 10) /* a queue that has held this much calls on_drain when it is empty again */

/* Calls come from the loop (bytes, time-outs, the flush), never from inside conn_push, ws_send_* or ws_close. on_open alone comes from
   http_accept_websocket, as its last act. */
struct ws_handler {
    void (*on_open)(struct conn *c);                        /* may be NULL */
    void (*on_text)(struct conn *c, struct span text);      /* whole message; borrowed for the call */
    void (*on_binary)(struct conn *c, struct span bytes);   /* NULL: close 1003 */
    void (*on_drain)(struct conn *c);                       /* the queue that had reached WS_LOW_MARK_BYTES is empty again; may be NULL */
    void (*on_close)(struct conn *c, int code);             /* always the last call; free ws_user here */
    size_t max_message_bytes;                               /* over, also after inflation: 1009. 0: 64 KiB */
    int32_t silence_ms;                                     /* ping after half of it, drop (close code silence_code) after it; 0: 90 s */
    int silence_code;                                       /* 0: 1001 */
    void (*on_going_away)(struct conn *c);                  /* server stops: last words before 1001; may be NULL */
    void (*on_frames)(struct conn *c);                      /* of a detached connection alone: detached.h */
    bool never_deflates;                                    /* does not negotiate compression */
};

/* Accepts the upgrade: 101, the request is over, the connection is a WebSocket. protocol may be empty. The request must have passed
   request_is_websocket. For an orphan (request_is_orphan: check it when user owns something) it only ends the request: no call is made. */
void http_accept_websocket(struct request *r, const struct ws_handler *handler, void *user, struct span protocol);
/* True when the request is a well-formed upgrade; otherwise it has been answered (400, 426). */
bool request_is_websocket(struct request *r);

void *ws_user(const struct conn *c);
bool ws_deflates(const struct conn *c);           /* negotiated */
void ws_send_text(struct conn *c, struct span text);   /* to this one alone */
void ws_send_binary(struct conn *c, struct span bytes);
void ws_close(struct conn *c, int code, const char *reason);

/* Builds shared frames: append any number of messages, then make one frame of them all. */
void ws_append_text(struct buf *out, struct span text);
void ws_append_text_deflated(struct buf *out, struct span text); /* per-loop deflater; falls back to plain when that is shorter */
