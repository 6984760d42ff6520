/* What a page may say on /ws/chat/<id>/, decoded (R-50 and on). Pure. */
#pragma once
#include "base/span.h"
#include <stdbool.h>
#include <stdint.h>

enum rooms_frame_kind {
    rooms_frame_ignored,
    rooms_frame_message,
    rooms_frame_typing,
    rooms_frame_delete,
    rooms_frame_breaks, /* ends the connection */
};

struct json;
struct rooms_frame {
    enum rooms_frame_kind kind;
    struct span text;  /* trimmed, never empty; lives in json */
    int64_t reply_to;  /* 0: none */
    int64_t message;   /* delete */
    int part;          /* delete: enum message_part */
    bool typing;
};

/* json must stay until text has been used; call json_done(json) after it when *parsed_out. */
struct rooms_frame rooms_frame_decode(struct span input, struct json *json, bool *parsed_out);
