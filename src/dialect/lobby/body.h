/* The JSON body of /auth/register and /auth/login, checked as the old server did. Pure. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

struct lobby_credentials {
    struct span username, password, invite; /* in the arena; invite may be empty: ours, the old server had none */
};

/* fault_invalid: errors_out has become the whole 422 body (L-07). It never repeats what was sent: it might be a password. */
must_use enum fault lobby_body_decode(struct span content_type, struct span body, struct arena *arena, struct lobby_credentials *out,
                                      struct buf *errors_out);
