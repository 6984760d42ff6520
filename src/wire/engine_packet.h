/* Packets of Engine.IO, protocol 4 (the public engine.io-protocol document, revision 4): text "<type><data>" with a type from '0' to '6';
   binary messages are bare in a WebSocket and "b<base64>" among text. A polling body is a row of packets with the byte 0x1e between them.
   Pure; borrows. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

enum engine_packet_type {
    engine_packet_open = '0',
    engine_packet_close = '1',
    engine_packet_ping = '2',
    engine_packet_pong = '3',
    engine_packet_message = '4',
    engine_packet_upgrade = '5',
    engine_packet_noop = '6',
};

struct engine_packet {
    enum engine_packet_type type;
    bool is_binary;   /* a message; data is base64 */
    struct span data; /* what follows the type; inside the text */
};

/* One packet of text. False: empty, or of no known type. The base64 is not looked at. */
must_use bool engine_packet_read(struct span text, struct engine_packet *out);
/* The bytes of a binary packet, appended. False: no base64 with padding, or over the buffer's ceiling. */
must_use bool engine_packet_bytes(const struct engine_packet *p, struct buf *out);

/* Cuts the next packet's text off *rest. False: none is left. An empty payload is one empty packet, as is the place after a last separator;
   begin with rest->p set. */
bool engine_payload_next(struct span *rest, struct span *packet_out);
/* Adds a packet to a payload: text with its type in front, or the bytes of a binary message. */
void engine_payload_add_text(struct buf *payload, struct span packet);
void engine_payload_add_binary(struct buf *payload, struct span bytes);
