/* UTF-8: validity (also in pieces), counting, and the fold that makes look-alike names equal (NFKC, case fold, default ignorables
   stripped; over utf8proc). */
#pragma once
#include "base/arena.h"
#include "base/span.h"

bool utf8_valid(struct span s);
size_t utf8_count(struct span s); /* code points; s must be valid */

/* Streaming validity for fragmented input: start with 0, feed pieces, UTF8_BAD is final; a text is whole when the state is 0 again. */
#define UTF8_BAD 0xFFFFFFFFu
uint32_t utf8_feed(uint32_t state, const void *p, size_t n);

/* The folded form, in the arena. p == NULL when s is not valid UTF-8. */
struct span utf8_fold(struct arena *a, struct span s);
/* True when s has control characters, bidi overrides, private use or unassigned code points: not fit for a name. */
bool utf8_has_unprintable(struct span s);
