/* The WebSocket codec (RFC 6455; permessage-deflate of RFC 7692 without context takeover): masked client frames out of a borrowed window of
   bytes, server frames into a buffer. Whole messages in one frame are unmasked in place and lent out of the window; only what spans reads or
   frames is kept, on the heap, and freed with the next parse. An idle connection costs sizeof(struct ws_parser), 16 bytes. One thread. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

enum ws_opcode { ws_op_continuation = 0, ws_op_text = 1, ws_op_binary = 2, ws_op_close = 8, ws_op_ping = 9, ws_op_pong = 10 };

/* Close codes of RFC 6455 section 7.4.1 that this side sends. */
enum { WS_NORMAL = 1000, WS_GOING_AWAY = 1001, WS_PROTOCOL_ERROR = 1002, WS_UNSUPPORTED = 1003, WS_NO_CODE = 1005, WS_ABNORMAL = 1006,
       WS_BAD_DATA = 1007, WS_POLICY = 1008, WS_TOO_LARGE = 1009, WS_INTERNAL = 1011 };

struct ws_parser {
    struct ws_pending *pending; /* NULL between messages */
    uint32_t max_message_bytes; /* after inflation */
    uint16_t failed_code;       /* set once, for ever */
    bool deflate;               /* RSV1 was negotiated */
    bool closed;                /* the peer's close frame came: all that follows is skipped */
};

enum ws_unit_kind { ws_unit_none, ws_unit_text, ws_unit_binary, ws_unit_ping, ws_unit_pong, ws_unit_close, ws_unit_failed };

struct ws_unit {
    enum ws_unit_kind kind;
    struct span payload; /* text is valid UTF-8; ping, pong: at most 125 bytes; close: the reason, valid UTF-8. Lent until the next ws_parse */
    uint16_t code;       /* close: the peer's code or WS_NO_CODE; failed: the code to close with (1002, 1007, 1009, 1011) */
};

/* max_message_bytes below 2^31. Allocates nothing. */
void ws_parser_init(struct ws_parser *p, size_t max_message_bytes, bool deflate);
void ws_parser_fini(struct ws_parser *p);
/* True when a frame or a message has begun and not ended. */
bool ws_parser_is_midway(const struct ws_parser *p);

/* Takes at most one unit from the front of the window; writes over the window (unmasking). Call again with what is left until
   it answers ws_unit_none: then all n bytes were used, and what had been lent is freed. ws_unit_failed is final. */
void ws_parse(struct ws_parser *p, char *bytes, size_t n, size_t *n_used_out, struct ws_unit *out);

/* Server frames: never masked, never fragmented. */
#define WS_HEAD_MAX_BYTES 10
size_t ws_encode_head(char out[WS_HEAD_MAX_BYTES], enum ws_opcode op, bool deflated, size_t n_payload); /* returns its length */
void ws_encode(struct buf *out, enum ws_opcode op, struct span payload);
/* One message deflated (deflate.h) when that is shorter, else plain. */
void ws_encode_deflated(struct buf *out, enum ws_opcode op, struct span payload);
/* code 0: an empty close. The reason is cut to 123 bytes at a code point. */
void ws_encode_close(struct buf *out, uint16_t code, struct span reason);
/* Reads back what was written above: cuts the next whole frame off *rest. False: nothing (whole) is left. Never a deflated one's meaning. */
bool ws_read_own(struct span *rest, enum ws_opcode *op_out, struct span *payload_out);
bool ws_code_is_valid(unsigned code); /* may stand in a close frame from a peer */

/* Handshake. The answer to a Sec-WebSocket-Key: 28 characters and NUL; false when the key is not the base64 of 16 bytes. */
bool ws_accept_key(struct span key, char out[29]);
/* Chooses the first permessage-deflate offer of Sec-WebSocket-Extensions that can be kept, and writes the answer's value, NUL-terminated.
   False (and an empty answer): go on without. A header that breaks the grammar counts as no offer. */
#define WS_EXTENSIONS_MAX_BYTES 128
bool ws_choose_deflate(struct span offers, char answer_out[WS_EXTENSIONS_MAX_BYTES]);

/* XORs n bytes with the mask, starting at mask byte phase (0-3). */
void ws_unmask(char *bytes, size_t n, const unsigned char mask[4], unsigned phase);
