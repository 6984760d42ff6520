/* One command under way inside a transaction: what every verb is handed. A verb is the function that carries out a command; it has the command's
   name, reads its `in`, fills its `out`, and returns a fault. Unless the fault is none (or keep is set) all it wrote is taken back. */
#pragma once
#include "chat/chat.h"
#include "chat/policy.h"

struct ask {
    struct chat *chat;
    struct store *store;
    struct command *c;
    struct arena *arena;    /* the command's */
    struct account account; /* who asks; a stranger has none */
    int64_t now_us;
    bool keep; /* the command is refused, but what the verb wrote stands */
};

/* Refuses with a detail: for `return ask_refuse(ask, fault_invalid, "text")`. */
enum fault ask_refuse(struct ask *ask, enum fault fault, const char *detail);
/* Finds the asker's place in a room and whether the verb is allowed there. */
must_use enum fault ask_place(struct ask *ask, struct room_id room, enum verb verb, struct place *out);
/* Also refuses what a muted member would say: forbidden, "timeout", with the time that is left. */
must_use enum fault ask_may(struct ask *ask, enum verb verb, const struct place *place, bool own);
/* Refuses, with detail "blocked", whatever the asker wants of somebody who has blocked them. */
must_use enum fault ask_welcome(struct ask *ask, struct account_id by);
/* Something has happened. Fills in when and by whom, takes the room's next number when it is lasting, and hands a copy to the commit's chain. */
must_use enum fault ask_happened(struct ask *ask, struct event *e);
/* Hands a finished event to the commit's chain. */
must_use enum fault chat_tell(struct chat *chat, const struct event *e);

/* The verbs. */
#define COMMAND(name, lane, prepare, authority) enum fault name(struct ask *ask);
#include "chat/command.def"
#undef COMMAND

/* The prepare steps: work outside any transaction, with a reading store. */
#define PREPARE_none(name)
#define PREPARE_hash(name) enum fault name##_prepare(struct ask *ask);
#define COMMAND(name, lane, prepare, authority) PREPARE_##prepare(name)
#include "chat/command.def"
#undef COMMAND
#undef PREPARE_none
#undef PREPARE_hash
