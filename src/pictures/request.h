/* What the server and the helper process say to each other: one packet each way over a socket pair (SOCK_SEQPACKET), descriptors beside the question. Both are
   built from one tree, so the structs travel as they are; the server believes no length and no text in an answer before it has checked it. */
#pragma once
#include <stdint.h>

#define PICTURE_SOCKET_FD 3       /* of the helper */
#define PICTURE_MAX_BYTES (128u << 20) /* larger files are no pictures */
#define PICTURE_MAX_SIDE 32768
#define PICTURE_MAX_POINTS 100000000   /* width times height */
#define PICTURE_THUMBNAIL_SIDE 480
#define PICTURE_SQUARE_SIDE 256
#define PICTURE_CPU_S 10          /* of one question */
#define PICTURE_MEMORY_BYTES (1ll << 30)

enum picture_question {
    picture_look = 1,   /* in, clean, thumbnail: what is it; a picture is written anew without metadata, and small */
    picture_square = 2, /* in, out: a square cut out of its middle */
};
struct picture_request {
    uint32_t question;
};
struct picture_answer {
    char type[100];     /* MIME type by its bytes; NUL-terminated; empty: unknown */
    char blurhash[48];  /* NUL-terminated; empty: none */
    int64_t width, height; /* as it is shown, after its orientation; 0: no picture */
    uint8_t is_clean, has_thumbnail, made_square;
};
