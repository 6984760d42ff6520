/* The support desk: chats of customers that wait for an agent, are taken, locked, passed on and closed. What a chat is in the house: a room of kind
   room_desk with a state beside it. Its customer is a plain member, its agent a moderator for as long as they have it; whoever else may look (agents: what
   waits and what is or was theirs; supervisors: everything) is a visitor. Only the customer and the agent write, and nobody in a closed chat.

   A customer is an account without password and session; its user name tells the id by which the shop knows them: "~=" and the id when it was proven,
   "~", ten random characters and the claimed id for a visitor. Agents are ordinary accounts with a desk role; an administrator of the house is a
   supervisor. The queue and its states are drawn in desk_queue.c. */
#pragma once
#include "chat/room.h"

#define DESK_ID_MAX_BYTES 200          /* of a customer, as the shop knows them */
#define DESK_TAGS_MAX 20
#define DESK_TAG_MAX_POINTS 40
#define DESK_NOTE_MAX_POINTS 4000
#define DESK_CANNED_MAX 500
#define DESK_CANNED_TITLE_MAX_POINTS 100
#define DESK_CANNED_SHORTCUT_MAX_POINTS 32
#define DESK_PAGE_MAX 200
#define DESK_MESSAGES_MAX 500          /* of one page */
#define DESK_CAPACITY_MAX 1000
#define DESK_FIGURES_MAX_DAYS 366
#define DESK_LAST_TEXT_POINTS 100
#define DESK_CUSTOMER_NAME "Mijoz"     /* whoever gives no name */
#define ACCOUNT_CUSTOMER_PREFIX "~"    /* user names that begin so belong to customers */

/* stored: never renumber, all three */
enum desk_state { desk_no_chat = 0, desk_waiting = 1, desk_active = 2, desk_locked = 3, desk_closed = 4, desk_state_count };
enum desk_step {
    desk_step_open = 1, desk_step_assign, desk_step_lock, desk_step_unlock, desk_step_transfer, desk_step_close,
    desk_step_return, /* by the house: the agent was gone too long */
    desk_step_count
};
enum desk_role { desk_role_none = 0, desk_role_agent = 1, desk_role_supervisor = 2 };
const char *desk_state_word(enum desk_state state); /* "waiting" */
const char *desk_step_word(enum desk_step step);    /* "assign" */
const char *desk_role_word(enum desk_role role);    /* "none" */

/* The id that the shop uses, out of a customer's user name; borrowed from it. Empty: not a customer's. */
struct span desk_customer_id(struct span username);

/* A chat as it shows itself. Lives in the command's arena, or in the event. */
struct desk_view {
    struct room_id room;
    struct person customer;
    struct span customer_id;
    enum desk_state state;
    struct person agent;     /* id none: nobody. Of a closed chat: who had it last */
    struct person locked_by; /* id none: not locked */
    struct span last_text;   /* newest message, first 100 code points; empty: none, or without text */
    int64_t last_us;         /* when it was written, or the chat was opened */
    int64_t unread;          /* the customer's messages above the agents' mark */
    int64_t customer_read, agent_read; /* the highest number either side has read */
    int64_t customer_read_us, agent_read_us; /* when that moved; 0: never */
    int64_t position, wait_s; /* waiting: 1 is served next, and an estimate (-1: nobody knows); otherwise 0 */
    int64_t waiting_us;      /* since when the customer waits to be served: the place in the queue; a return keeps it */
    int64_t created_us, updated_us, closed_us; /* closed_us 0: it is not */
    int64_t rating;          /* 1 to 5; 0: none */
    struct span tags;        /* "refund,vip" */
    bool online;             /* the customer, as their page said last */
    int64_t head;
};
/* Bytes of its texts, and moving them (event.c). */
size_t desk_view_bytes(const struct desk_view *v);
void desk_view_move(struct desk_view *v, char **at);

/* Addresses: rooms below zero that are in no table and have passing events only. Subscribe with after 0 and head 0: the database is never asked. */
#define DESK_HALL ((struct room_id){ -1 }) /* all agents */
static inline struct room_id room_of_person(struct account_id account) { return (struct room_id){ -(2 + account.v) }; }
static inline bool room_is_address(struct room_id room) { return room.v < 0; }

/* ---- Commands */

/* The customer of that id, made when there is none. Only a door that has proven the id (or was told to believe it) asks. visitor: a new one always, who only
   claims the id. name: for display; empty: Mijoz; that of an existing one stays. */
struct desk_customer_in { struct span id, name; bool visitor; };
struct desk_customer_out { struct account account; bool existed; };
/* The asking customer's open chat, or a new one at the end of the queue. */
struct desk_open_in { char unused; };
struct desk_open_out { struct desk_view chat; bool is_new; };
struct desk_me_in { char unused; };
struct desk_me_out { enum desk_role role; int64_t capacity; };
struct desk_get_in { struct room_id room; };
struct desk_get_out { struct desk_view chat; };
enum desk_filter {
    desk_filter_waiting = 1, /* in the order of the queue */
    desk_filter_mine,        /* open ones of account (none: the asker's; those of others only for supervisors); newest first, as the next two */
    desk_filter_all,         /* all that the asker may see */
    desk_filter_of_customer, /* of account (none: the asker), closed ones too, as far as the asker may see them */
};
struct desk_list_in {
    enum desk_filter filter;
    enum desk_state state; /* 0: any */
    struct account_id account;
    struct room_id before; /* the last one of the page before; none: the first page */
    size_t limit;          /* 1 to DESK_PAGE_MAX */
};
struct desk_list_out { struct desk_view *views; size_t n; bool more; int64_t n_waiting; };
/* One move of a chat, see desk_queue.c. room none, with assign: the oldest that waits (not_found, "chat": nobody does). agent: who gets it (none: the
   asker; others are named by supervisors, and in a transfer). from: transfer: who must have it (none: whoever). What is already so is no change.
   Refusals: conflict with detail "assigned", "locked", "closed", "waiting" or "capacity"; forbidden with "role", or "assigned" (it is another's).
   Both fill out.chat with the chat as it is. */
struct desk_step_in { struct room_id room; enum desk_step step; struct account_id agent, from; };
struct desk_step_out { struct desk_view chat; bool changed; };
/* The asker (customer or agent of the chat) has read everything. quiet: the door tells those of its own kind in its own words (event.on). */
struct desk_read_in { struct room_id room; bool quiet; };
struct desk_read_out { int64_t read; };
struct desk_online_in { bool online; };         /* the asking customer's page came or went */
struct desk_online_out { struct room_id room; }; /* their open chat; none: there is none, and nobody was told */
struct desk_note { int64_t id; struct person author; struct span text; int64_t at_us; };
struct desk_note_add_in { struct room_id room; struct span text; };
struct desk_note_add_out { struct desk_note note; };
struct desk_note_list_in { struct room_id room; };
struct desk_note_list_out { struct desk_note *notes; size_t n; }; /* oldest first, the newest 500 */
struct desk_tags_set_in { struct room_id room; const struct span *tags; size_t n; };
struct desk_tags_set_out { struct desk_view chat; };
/* By the customer, once, after the chat was closed. conflict: "rating" (has one), "open". */
struct desk_rate_in { struct room_id room; int64_t rating; };
struct desk_rate_out { struct desk_view chat; };
struct desk_canned { int64_t id; struct span title, shortcut, text; int64_t updated_us; }; /* shortcut may be empty */
struct desk_canned_list_in { char unused; };
struct desk_canned_list_out { struct desk_canned *canned; size_t n; }; /* by title */
struct desk_canned_put_in { struct desk_canned canned; }; /* id 0: a new one. conflict: "shortcut" */
struct desk_canned_put_out { struct desk_canned canned; };
struct desk_canned_delete_in { int64_t id; };
struct desk_canned_delete_out { char unused; };
struct desk_agent_view { struct person person; enum desk_role role; int64_t capacity, n_chats; }; /* capacity 0: no ceiling; n_chats: held now */
struct desk_agent_list_in { char unused; };
struct desk_agent_list_out { struct desk_agent_view *agents; size_t n; };
/* By supervisors. desk_role_none: an agent no more; their chats go back to the queue. */
struct desk_agent_put_in { struct account_id account; enum desk_role role; int64_t capacity; };
struct desk_agent_put_out { struct desk_agent_view agent; };
struct desk_figure {
    int64_t day; /* days since 1970, UTC */
    struct person agent;
    int64_t taken, closed, messages;
    int64_t n_answers, answers_s; /* first answers to waiting customers, and the sum of how long those had waited */
    int64_t n_ratings, ratings;
};
struct desk_figures_in { int64_t from_day, to_day; }; /* both included. Agents see their own, supervisors all */
struct desk_figures_out { struct desk_figure *figures; size_t n; };
/* What the old desk's door asks beside. */
struct desk_page_in { struct room_id room; int64_t page, limit; }; /* page 1: the newest; limit: 1 to DESK_MESSAGES_MAX */
struct desk_page_out { struct message *messages; size_t n; int64_t total; struct desk_view chat; }; /* oldest first, without deleted ones */
/* How things stand for a customer (or for a stranger, who has no chat): their newest chat, and who might answer. */
struct desk_mine_in { char unused; };
struct desk_mine_out { struct desk_view chat; struct account_id *agents; size_t n_agents; }; /* chat.room none: never had one */
/* For agents: the account of an agent (by user name), or of a customer whose id was proven. not_found: "agent", "customer". */
struct desk_find_in { struct span id; bool customer; };
struct desk_find_out { struct account account; };
/* Legacy trust alone: the account of that name, or a new one that no password opens, is an agent (or a supervisor) from now on. forbidden, "role": it is
   somebody's who can log in and is no agent. */
struct desk_believe_in { struct span username, name; bool supervisor; };
struct desk_believe_out { struct account account; };
/* These two by the house itself (app/desk_watch.c). */
struct desk_holding { struct room_id room; struct account_id agent; int64_t seen_us; }; /* seen_us: the agent's newest act in any chat they have */
struct desk_holders_in { char unused; };
struct desk_holders_out { struct desk_holding *holdings; size_t n; }; /* by agent */
struct desk_return_in { struct room_id room; struct account_id agent; int64_t unseen_since_us; };
struct desk_return_out { bool changed; };
