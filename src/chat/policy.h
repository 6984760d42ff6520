/* Who may do what in a room: one table, in policy.c. Pure. */
#pragma once
#include "chat/store.h"

enum verb {
#define VERB(name, ...) verb_##name,
#include "chat/policy.def"
#undef VERB
    verb_count
};

/* May somebody with this place in the room do it? own: the message (or mark, or reaction) is their own. fault_none: yes. Otherwise not_found with
   detail "room" (they may not even know the room), or forbidden with detail "room" (no such thing in rooms of this kind), "blocked" (not in a direct room of two who do not speak), "membership" (members
   only), "author" (only what is one's own) or "role". */
must_use enum fault policy_check(enum verb verb, const struct place *place, bool site_admin, bool own, const char **detail_out);
const char *verb_name(enum verb verb);
