/* Posting, as a set: the way of nearly every write of the house. */
#pragma once
#include "chat/chat.h"

#define POST_SET_MAX 256 /* looking for repeats inside a set is quadratic */

/* Carries out n (1 to POST_SET_MAX) message_post commands, in order, inside the open transaction. Sets each command's fault. A fault that is
   returned concerns them all: the transaction must be given up. */
must_use enum fault post_many(struct chat *chat, struct command *const *commands, size_t n);
