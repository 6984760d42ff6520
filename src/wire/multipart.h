/* multipart/form-data (RFC 7578, 2046) split while it streams: parts, their heads, their bytes, fed at any cut. Keeps at most one part's
   head (multipart_limits.max_head_bytes); file bytes are lent out of the caller's window. One thread. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/span.h"

struct multipart;

struct multipart_limits {
    size_t max_parts;      /* 0: 64 */
    size_t max_head_bytes; /* of one part; 0: 4 KiB */
};

/* The boundary of a Content-Type header value. invalid: not multipart/form-data, or no boundary of 1 to 70 allowed characters. */
must_use enum fault multipart_boundary(struct span content_type, struct span *boundary_out);

/* Copies the boundary. Gives; NULL: no memory or bad boundary. */
struct multipart *multipart_create(struct span boundary, struct multipart_limits limits);
void multipart_destroy(struct multipart *m);

enum multipart_kind {
    multipart_more,  /* the window is used up */
    multipart_part,  /* a part begins: name, filename, content_type */
    multipart_data,  /* bytes of it, never empty */
    multipart_end,   /* the part ends */
    multipart_done,  /* the closing delimiter came; all that follows is skipped */
    multipart_bad,   /* fault: invalid, or too_large for a ceiling. Final */
};

struct multipart_unit {
    enum multipart_kind kind;
    struct span data;         /* lent until the next call */
    struct span name;         /* decoded, UTF-8; lent until the part ends */
    struct span filename;     /* p == NULL: an ordinary field. Base name as sent: never use it as a path */
    struct span content_type; /* may be empty */
    enum fault fault;
};

/* Takes the next unit from the front of *window and advances it. */
void multipart_next(struct multipart *m, struct span *window, struct multipart_unit *out);
/* True once multipart_done was answered: a body that ends earlier is cut off. */
bool multipart_is_whole(const struct multipart *m);
