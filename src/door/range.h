/* Range requests (RFC 9110 section 14): which bytes of a body are asked for. Pure. */
#pragma once
#include "base/span.h"

enum range_verdict { range_whole, range_part, range_unsatisfiable };

/* header: the value of Range (empty: none). One range, or several that are one when put together, are a part; anything malformed, in another unit or in
   several parts asks for the whole, as the RFC allows. size: of the body. */
enum range_verdict range_read(struct span header, int64_t size, int64_t *at_out, int64_t *n_out);
/* Is the tag in a list of an If-None-Match or If-Range header? Weak ones never match when strong is asked; "*" matches. */
bool etag_listed(struct span list, struct span etag, bool strong);
