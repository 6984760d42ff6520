/* One REST request on its way through the dialect: what it says, who asks, what is to be done. In the request's arena. Private to this dialect. */
#pragma once
#include "chat/command.h"
#include "dialect/desk/input.h"
#include "door/door.h"
#include "door/limits.h"

/* Who asks, as proven or believed. */
struct desk_who {
    struct actor actor;
    bool is_customer;
    struct span username;
    struct span id; /* as the old wire shows it: a customer's id, an agent's user name */
};

/* Whom a route expects; the other one is asked for when there is no such proof. */
enum desk_side { desk_side_customer, desk_side_agent };

struct desk_call {
    struct request *r;
    struct door *door;
    struct arena *arena;
    enum desk_side side;
    bool may_be_nobody;    /* who proves nothing may ask all the same */
    bool makes_visitor;    /* D-81: who proves nothing becomes one */
    struct desk_id claimed; /* the id that the caller names; empty: none */
    struct span signed_id, signature; /* D-80; empty: none came */
    struct span name;
    bool is_super;         /* the caller says so */
    bool names_others;     /* an agent may name somebody else here; the core says whether */
    struct desk_who who;
    struct span visitor_token; /* just made; empty: none */
    void (*next)(struct desk_call *call); /* when who is known and the claim is theirs */

    struct room_id room;
    enum desk_step step;
    struct span other, other_name; /* an agent that is named beside the asker, by user name */
    struct account_id agent, from;
    struct span text, link, key;
    enum link_sort link_kind;
    enum desk_filter filter;
    struct span status;
    int64_t page, limit;
    bool on;
    struct command *posted; /* owned until the answer */
};

/* Answered already when NULL: a body that cannot be read. Fills r, door, arena and in. */
struct desk_call *desk_call_begin(struct request *r, struct desk_input *in);
/* For requests without a body, or with one that is not read here. */
struct desk_call *desk_call_begin_without_body(struct request *r);
/* Ends the reading of fields. False: answered, a field was of a wrong type (D-31). */
bool desk_call_fields_end(struct desk_call *call, struct desk_input *in);
/* Takes field name as the call's room. False: answered: missing (with words) or malformed. */
bool desk_call_room(struct desk_call *call, struct span hex, const char *field, const char *words);
bool desk_call_may(struct desk_call *call, enum limit limit); /* false: answered 429 */
void desk_call_submit(struct desk_call *call, struct command *c, void (*done)(void *call, struct command *c));

/* Answers. body: a whole JSON value. */
void desk_answer(struct request *r, int status, struct span body);
void desk_refuse(struct request *r, int status, const char *words); /* {"error":words} */
void desk_answer_fault(struct request *r, enum fault f, const char *detail, int64_t retry_after_s);
void desk_answer_success(struct request *r);                        /* {"success":true} */

/* identity.c: finds who asks, then next. Answers itself when nobody is proven or the claim is not theirs. */
void desk_identify(struct desk_call *call);
/* Finds the account of an agent (or a customer whose id was proven) by the name on the wire, then calls done, with out set; answers when there is none. */
void desk_find_account(struct desk_call *call, struct span name, bool customer, struct account_id *out, void (*done)(struct desk_call *call));

/* http_*.c */
void desk_chats_routes(struct router *router);
void desk_messages_routes(struct router *router);
