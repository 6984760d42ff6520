/* The fields of a small form, urlencoded or multipart, whole in memory; and where a page may send its reader next. Pure. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

#define FORM_MAX_BYTES (256u << 10) /* a message of the longest kind, percent-encoded */

/* The field; p == NULL: it is not there, or this is no form. Never a file. Lives in the arena or in body. */
struct span form_field(struct span content_type, struct span body, const char *name, struct arena *arena);

/* a path of this site that is not the log-in page itself. */
bool form_next_is_ours(struct span next);
/* Appends a path as a URI may hold it: what is not allowed there is percent-encoded. more: further characters to encode ("?&" for a query's value). */
void form_append_path(struct buf *out, struct span path, const char *more);
