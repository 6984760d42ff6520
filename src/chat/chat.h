/* The door into the core, used by the gate's lanes. Blocking, synchronous, free of sockets. One struct chat per lane or pool thread. */
#pragma once
#include "chat/command.h"

struct store; /* the core's port to the database, store.h; implemented in src/store */

/* The room everyone is in. The first migration makes it. */
#define CHAT_LOBBY ((struct room_id){ 1 })
#define CHAT_BATCH_MAX 1024 /* commands in one chat_write */

enum registration { registration_open, registration_invite, registration_closed };

/* Shared by all lanes, immutable after start. */
struct chat_rules {
    enum registration registration;
    int bcrypt_cost;
    bool rate_limits;
    struct span public_url; /* how this house is reached, without a slash at the end: links in letters begin with it */
    struct span setup_token_hash; /* hex SHA-256 of the one-time link of the first administrator; empty: none */
    int64_t refresh_ttl_s;
    int64_t file_max_bytes, quota_bytes; /* of one file; of one account */
    int64_t file_waits_s;                /* an upload, or a file without a message, lives so long */
    struct span mail_from; /* the sender of our mail; empty: there is no mail server */
};

/* One lane's view of the core. Borrows rules and store for its life. */
struct chat {
    const struct chat_rules *rules;
    struct store *store;
    struct event *events, **events_tail; /* what the commands of this commit caused, in order */
};

void chat_init(struct chat *chat, const struct chat_rules *rules, struct store *store);

/* Work that must not hold a lane, for commands whose prepare is hash. Runs in the password pool with a reading store.
   Sets the command's fault; when it is not none the command is finished and goes to no lane. */
void chat_prepare(struct chat *chat, struct command *c);

/* Runs commands of the writing lane as one transaction: each in its own savepoint, one commit. Sets each command's fault. When the commit
   fails all of them get unavailable (surely not written) or uncertain. Gives the events of the commit (chain, refs 1 each), NULL when none. */
struct event *chat_write(struct chat *chat, struct command **commands, size_t n);

/* Runs one reading command in one snapshot. */
void chat_read(struct chat *chat, struct command *c);
