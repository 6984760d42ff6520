/* The head of one part: its lines and the parameters of Content-Disposition. Internal to multipart.c. */
#pragma once
#include "wire/multipart.h"

struct multipart_head {
    struct span name, filename, content_type; /* as in struct multipart_unit */
};
/* head: whole lines, each ended by CRLF, without the empty one. Results lie in the arena or in head. invalid: no form-data with a name. */
must_use enum fault multipart_head_read(struct span head, struct arena *arena, struct multipart_head *out);

/* Cuts the next "; key=value" off *rest; quoted values lose their quotes but not their escapes. 1: got one, 0: end, -1: malformed. */
int multipart_parameter(struct span *rest, struct span *key_out, struct span *value_out, bool *quoted_out);
