/* The inside of Socket.IO; private to this room. A client is what one session is to Socket.IO; it lives as long as the session. */
#pragma once
#include "net/socketio.h"
#include "wire/socketio_packet.h"

/* A packet whose attachments have not all come. Gone with the last one. */
struct socketio_collected {
    struct socketio_packet packet; /* points into text */
    struct buf text, bytes;
    unsigned n_have;
    size_t ends[SOCKETIO_ATTACHMENTS_MAX]; /* of each attachment in bytes */
};

struct socketio_client {
    struct engine_session *session;
    struct socketio *first;                /* its namespaces, connected or asked for */
    struct socketio_collected *collected;  /* NULL: none under way */
    uint32_t next_serial;
};

#define SOCKETIO_ID_BYTES 15

struct socketio {
    struct socketio_client *client;
    struct socketio *next; /* of the client */
    const struct socketio_namespace *namespace;
    void *user;
    uint32_t serial;
    unsigned char id[SOCKETIO_ID_BYTES];
    bool accepted;
};
