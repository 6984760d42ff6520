/* Files that go out: placed bytes as an answer, by sendfile, whole or in part. Who may have them was asked before. Runs on the request's loop. */
#pragma once
#include "door/door.h"

struct file_out {
    struct span place;    /* of the bytes */
    const char *suffix;   /* NULL: the file itself; "thumb", "square" */
    const char *type;     /* Content-Type; lives as long as the request */
    struct span tag;      /* names these bytes for ever, in the ETag; empty: none, and no parts either */
    bool may_make_square; /* with the suffix square: make it when it is not there */
    void (*refused)(struct request *r, enum fault fault); /* not_found, unavailable, busy: answers */
};
/* Answers now or later. Headers that the handler has set stay; these are set when it has not: Content-Security-Policy (a sandbox that allows nothing),
   Cross-Origin-Resource-Policy: same-origin. */
void file_out(struct request *r, const struct file_out *what);

/* The type to send for a file of this type: pictures, sound and films as they are, all else as application/octet-stream, because it could be given to a page
   as its own script, style or frame. Static, or in the request's arena. */
const char *file_safe_type(struct request *r, struct span type);
/* "attachment; …" (RFC 6266 with RFC 8187): an ASCII shadow of the name, and the name itself. */
struct span file_disposition(struct arena *arena, struct span name);
/* The name percent-encoded: all but letters, digits and "-._~". */
struct span file_name_encoded(struct arena *arena, struct span name);
