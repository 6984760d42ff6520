/* application/x-www-form-urlencoded, query strings and percent decoding (WHATWG URL, RFC 3986). Decoding is strict: a '%' without two hex digits,
   or a result that is not UTF-8 or holds NUL, is invalid. Any thread; results live in the caller's arena. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

#define FORM_FIELDS_MAX 1000

/* Decodes one piece; without a '%' (or '+') the result borrows s itself. Never longer than s. */
must_use enum fault form_decode(struct span s, bool plus_is_space, struct arena *arena, struct span *out);

/* Cuts the next "name=value" off *rest and decodes both. not_found at the end; empty pairs are skipped. */
must_use enum fault form_next(struct span *rest, struct arena *arena, struct span *name_out, struct span *value_out);

/* The first field of that name. *value_out has p == NULL when there is none (the fault is none then); an empty value has p != NULL.
   invalid when any field up to there is malformed, too_large above FORM_FIELDS_MAX. */
must_use enum fault form_find(struct span form, struct span name, struct arena *arena, struct span *value_out);

/* Percent-encodes all but RFC 3986 unreserved characters. */
void form_encode(struct buf *out, struct span s);
