/* Packets of Socket.IO, protocol 5 (the public socket.io-protocol document, revision 5), as they stand inside Engine.IO messages:
   <type>[<attachments>-][<namespace>,][<id>][<JSON>]. Attachments follow as binary messages, and stand in the JSON as
   {"_placeholder":true,"num":n}. Pure; borrows. */
#pragma once
#include "wire/json.h"

enum socketio_type {
    socketio_type_connect,
    socketio_type_disconnect,
    socketio_type_event,
    socketio_type_acknowledgement,
    socketio_type_connect_error,
    socketio_type_binary_event,
    socketio_type_binary_acknowledgement,
};

#define SOCKETIO_ID_MAX 9007199254740991 /* 2^53 - 1: what a script counts to */

struct socketio_packet {
    enum socketio_type type;
    unsigned n_attachments;
    struct span namespace_name; /* "/" when the packet names none */
    int64_t id;                 /* -1: none */
    struct span data;           /* JSON; p == NULL: none */
};

/* invalid: breaks the form. too_large: more attachments than max_attachments. The JSON is not looked at. */
must_use enum fault socketio_packet_read(struct span text, unsigned max_attachments, struct socketio_packet *out);
/* Whether the JSON is what the type wants: CONNECT an object or none, DISCONNECT none, CONNECT_ERROR text or an object, events an array
   that begins with a number or a name that is not reserved (or none), acknowledgements an array; placeholders name attachments that exist.
   root: of the packet's data, NULL for none. */
must_use bool socketio_packet_is_valid(const struct socketio_packet *p, json_value *root);
/* Cuts the JSON array of an event: its first element as it stands (a name with its quotes, or a number), and the rest without brackets. The
   text must have been parsed as an array that is not empty. */
void socketio_packet_cut(struct span array, struct span *first_out, struct span *rest_out);

/* All that stands before the JSON. id below 0: none. */
void socketio_packet_begin(struct buf *out, enum socketio_type type, size_t n_attachments, struct span namespace_name, int64_t id);
