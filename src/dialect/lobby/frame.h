/* Generation B's frames (L-30 and on): what a client may say, decoded. Pure. */
#pragma once
#include "base/span.h"
#include <stdbool.h>

#define LOBBY_TEXT_MAX_POINTS 1000                  /* L-32; the old server cut there, we refuse */
#define LOBBY_IMAGE_MAX_CHARS (5u * 1024u * 1024u)  /* L-33 */

enum lobby_frame_kind {
    lobby_frame_ignored,
    lobby_frame_message,
    lobby_frame_typing,
    lobby_frame_ping,
    lobby_frame_image,           /* a picture, and perhaps words beside it */
    lobby_frame_image_too_large, /* L-33 */
    lobby_frame_too_long,        /* L-32 */
    lobby_frame_breaks,          /* L-36: ends the connection */
};

struct json;
struct lobby_frame {
    enum lobby_frame_kind kind;
    struct span text, image; /* borrowed from the input or from json */
    bool is_sticker, typing;
};

/* json must stay until text has been used; call json_done(json) after it when *parsed_out. */
struct lobby_frame lobby_frame_decode(struct span input, struct json *json, bool *parsed_out);

/* L-35: exactly one code point above U+1F000. */
bool lobby_is_sticker(struct span text);
