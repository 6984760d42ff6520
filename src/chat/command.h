/* A command: one wish of one actor, with its memory, on its way from a loop to a lane and back. Everything it points at lives in
   its arena (or is immutable for ever), so it can change threads as one piece. The commands are listed in command.def. */
#pragma once
#include "base/fault.h"
#include "chat/admin.h"
#include "chat/bot.h"
#include "chat/event.h"
#include "chat/hook.h"
#include "chat/notify.h"
#include "chat/parcel.h"
#include "chat/queue.h"
#include "chat/search.h"
#include "chat/profile.h"
#include "chat/session.h"

enum command_kind {
#define COMMAND(name, lane, prepare, authority) command_##name,
#include "chat/command.def"
#undef COMMAND
    command_kind_count
};
enum command_lane { command_lane_read, command_lane_write, command_lane_index };
enum command_prepare { command_prepare_none, command_prepare_hash };
enum command_authority { command_authority_anyone, command_authority_account, command_authority_door, command_authority_site_admin };

/* Who asks, as the door has proven it. The core still checks in its own transaction that account and session live. */
struct actor {
    struct account_id account; /* none: a stranger */
    struct session_id session; /* none with an account: an identity that holds no session (legacy trust, command line) */
    bool trusted;              /* legacy trust: the door lets whoever comes do what the policy marks with "trust" */
};

struct command {
    struct arena *arena; /* owns the command itself too */
    enum command_kind kind;
    struct actor actor;
    struct span from; /* where an administrator asks from, for the audit log; may be empty */
    union {
#define COMMAND(name, lane, prepare, authority) struct name##_in name;
#include "chat/command.def"
#undef COMMAND
    } in;
    union {
#define COMMAND(name, lane, prepare, authority) struct name##_out name;
#include "chat/command.def"
#undef COMMAND
    } out;
    enum fault fault;
    const char *detail;    /* static text: the stable name of the field or noun the fault is about; NULL: none */
    int64_t retry_after_s; /* fault_limited, fault_busy */
};

/* Makes a command in an arena of its own. Gives; aborts when out of memory. */
struct command *command_create(enum command_kind kind, struct actor actor);
void command_destroy(struct command *c);

const char *command_name(enum command_kind kind);
enum command_lane command_lane_of(enum command_kind kind);
enum command_prepare command_prepare_of(enum command_kind kind);
enum command_authority command_authority_of(enum command_kind kind);
/* The room whose sequence or members the command will move; none: it moves none that exists already. */
struct room_id command_room(const struct command *c);
/* May the command move the guild of that room, and all channels of it? They are locked together then. */
bool command_moves_guild(const struct command *c);
/* Further ones, of commands that move many. Lent by the command. */
size_t command_rooms(const struct command *c, const struct room_id **out);
