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
/* Puts in what settings tell about an account, before a client sees it. */
void ask_account(const struct ask *ask, struct account *account);
/* Writes an administrative act into the audit log. account and room may be none, detail empty. */
must_use enum fault ask_audit(struct ask *ask, const char *action, struct account_id account, struct room_id room, struct span detail);
/* Ends all sessions of the account but `except` (none: all, and its sockets that hold no session too). */
must_use enum fault ask_end_sessions(struct ask *ask, struct account_id account, struct session_id except, size_t *n_out);
/* Tells who sees the person that name or picture are new. */
must_use enum fault ask_person_changed(struct ask *ask, const struct person *person);
/* Does the asker's password stand? In the prepare step: proves it and keeps the hash that it was proven by. */
must_use enum fault ask_prove_password(struct ask *ask, struct span password, struct span *hash_seen);
/* In the verb: the hash is still the same. */
must_use enum fault ask_password_stands(struct ask *ask, struct span hash_seen);
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
