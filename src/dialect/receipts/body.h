/* The bodies of /register, /token and /chats, checked as the old server did (C-09). Pure. fault_invalid: errors_out has become the whole 422 body. It never
   repeats what was sent: it might be a password. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

struct receipts_newcomer { struct span name, email, password, invite; }; /* in the arena; invite may be empty: ours */
must_use enum fault receipts_newcomer_decode(struct span content_type, struct span body, struct arena *arena, struct receipts_newcomer *out,
                                             struct buf *errors_out);

struct receipts_login { struct span username, password; };
must_use enum fault receipts_login_decode(struct span content_type, struct span body, struct arena *arena, struct receipts_login *out,
                                          struct buf *errors_out);

must_use enum fault receipts_chat_decode(struct span content_type, struct span body, struct arena *arena, struct span *name_out, struct buf *errors_out);
