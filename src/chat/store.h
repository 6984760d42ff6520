/* The core's port to the database: everything the core wants kept, said in the core's own nouns. Implemented in src/store; no SQL is known here.

   One struct store belongs to one thread at a time. Every function runs inside the transaction that is open, or alone when none is. Faults that
   any of them may return: unavailable (the database is away, locked or full), internal (a statement failed: a bug). Further ones are stated.
   Spans handed in are borrowed for the call; what comes back lies in the given arena. Getters say not_found when there is no such row. */
#pragma once
#include "base/fault.h"
#include "chat/admin.h"
#include "chat/event.h"
#include "chat/hook.h"
#include "chat/notify.h"
#include "chat/parcel.h"
#include "chat/search_terms.h"
#include "chat/session.h"

struct store;

/* ---- Transactions. A writer's begin excludes other writers (SQLite) or goes on to lock rooms (PostgreSQL). */
must_use enum fault store_begin(struct store *store);  /* reconnects once when the connection had died */
must_use enum fault store_commit(struct store *store); /* unavailable: surely not written; uncertain: nobody knows */
void store_abort(struct store *store);
must_use enum fault store_savepoint(struct store *store);
must_use enum fault store_savepoint_release(struct store *store);
must_use enum fault store_savepoint_abort(struct store *store);

/* ---- Accounts */
struct account_record {
    struct span username, folded, password_hash;
    struct span email, email_folded, locale, name; /* may be empty */
    struct account_id owner;                       /* of a bot; none: a person */
    bool site_admin;
    int64_t created_us;
};
must_use enum fault store_account_insert(struct store *store, const struct account_record *record, struct account_id *out); /* conflict: name or address */
/* Open accounts of people and bots: a customer of the desk is known to the desk alone. */
must_use enum fault store_account_by_id(struct store *store, struct account_id id, struct arena *arena, struct account *out);
/* Open accounts only. hash_out may be NULL. */
must_use enum fault store_account_by_folded(struct store *store, struct span folded, struct arena *arena, struct account *out, struct span *hash_out);
/* The account, if it is open and (when a session is named) that session of it is alive at now_us. */
must_use enum fault store_account_asking(struct store *store, struct account_id id, struct session_id session, int64_t now_us, struct arena *arena,
                                         struct account *out);
must_use enum fault store_account_find(struct store *store, struct span folded_prefix, size_t max, struct arena *arena, struct person **people_out,
                                       size_t *n_out);
must_use enum fault store_account_is_named(struct store *store, struct span folded, bool *is_out); /* also closed ones */
must_use enum fault store_account_any(struct store *store, bool *any_out);
/* Open accounts, by user name or else by address; either may be empty. hash_out may be NULL. */
must_use enum fault store_account_by_login(struct store *store, struct span folded, struct span email_folded, struct arena *arena, struct account *out,
                                           struct span *hash_out);
must_use enum fault store_account_hash(struct store *store, struct account_id id, struct arena *arena, struct span *hash_out); /* open accounts */
/* Name, about, locale and privacy, as the struct says. */
must_use enum fault store_account_set_profile(struct store *store, const struct account *account);
must_use enum fault store_account_set_password(struct store *store, struct account_id id, struct span hash);
/* conflict: somebody else has the address. */
must_use enum fault store_account_set_email(struct store *store, struct account_id id, struct span email, struct span folded, int64_t verified_us);
/* Takes the address from whoever has it without having proven it. */
must_use enum fault store_account_release_email(struct store *store, struct span folded);
must_use enum fault store_account_set_closed(struct store *store, struct account_id id, int64_t deactivated_us); /* 0: open again; not the erased */
/* Nothing personal stays but the id; username also becomes the folded name. */
must_use enum fault store_account_erase(struct store *store, struct account_id id, struct span username, int64_t now_us);
must_use enum fault store_account_set_admin(struct store *store, struct account_id id, bool site_admin);
must_use enum fault store_account_set_quota(struct store *store, struct account_id id, int64_t quota_bytes); /* -1: none of its own */
must_use enum fault store_account_n_admins(struct store *store, int64_t *n_out); /* open ones */
must_use enum fault store_account_bots(struct store *store, struct account_id owner, struct arena *arena, struct person **bots_out, size_t *n_out);
must_use enum fault store_account_is_bot_of(struct store *store, struct account_id bot, struct account_id owner, bool *is_out); /* not of erased ones */
/* Rooms that somebody is in and may leave, with the role there: not direct ones, not channels (they follow their guild). */
must_use enum fault store_account_rooms(struct store *store, struct account_id id, struct arena *arena, struct room_id **rooms_out,
                                        enum member_role **roles_out, size_t *n_out);

/* ---- Links: what their token proves. Kept as its hash. */
enum link_kind { link_verify = 1, link_reset = 2 };
/* email: the address it was sent to; empty: handed over. */
must_use enum fault store_link_insert(struct store *store, struct span token_hash, struct account_id account, enum link_kind kind, struct span email,
                                      int64_t now_us, int64_t expires_us);
/* Uses it up. gone: unknown, used or expired. */
must_use enum fault store_link_take(struct store *store, struct span token_hash, enum link_kind kind, int64_t now_us, struct arena *arena,
                                    struct account_id *account_out, struct span *email_out);
must_use enum fault store_link_delete(struct store *store, struct account_id account, enum link_kind kind);
must_use enum fault store_link_count(struct store *store, struct account_id account, int64_t since_us, int64_t *n_out);

/* ---- Administration */
must_use enum fault store_user_list(struct store *store, struct span folded_query, struct account_id after, size_t max, int64_t now_us,
                                    struct arena *arena, struct user_view **users_out, size_t *n_out); /* by id */
must_use enum fault store_user_view(struct store *store, struct account_id id, int64_t now_us, struct arena *arena, struct user_view *out);
must_use enum fault store_admin_rooms(struct store *store, struct span query, struct room_id after, size_t max, struct arena *arena,
                                      struct admin_room_view **rooms_out, size_t *n_out); /* by id */
must_use enum fault store_admin_figures(struct store *store, int64_t now_us, struct admin_figures_out *out);
/* conflict: this person has reported that message already. */
must_use enum fault store_report_insert(struct store *store, struct account_id by, const struct message *message, struct span reason, int64_t now_us,
                                        int64_t *id_out);
must_use enum fault store_report_settle(struct store *store, int64_t id, enum report_state state, struct span note, struct account_id by, int64_t now_us);
must_use enum fault store_report_view(struct store *store, int64_t id, struct arena *arena, struct report_view *out);
must_use enum fault store_report_list(struct store *store, enum report_state state, int64_t below, size_t max, struct arena *arena,
                                      struct report_view **reports_out, size_t *n_out);
must_use enum fault store_audit_insert(struct store *store, const struct audit_view *entry);
must_use enum fault store_audit_list(struct store *store, int64_t below, size_t max, struct arena *arena, struct audit_view **entries_out, size_t *n_out);

/* ---- Invites: kept as the hash of their code. */
must_use enum fault store_invite_insert(struct store *store, struct span code_hash, int64_t n_uses, int64_t expires_us, struct account_id by,
                                        int64_t now_us);
must_use enum fault store_invite_use(struct store *store, struct span code_hash, int64_t now_us); /* gone: unknown, used up or expired */

/* ---- Sessions. The three hashes and the salt are explained in session.c. */
struct session_record {
    struct session_id id;
    struct account_id account;
    struct span agent, address;
    struct span family_hash, refresh_hash, previous_hash, salt;
    int64_t created_us, used_us, expires_us, rotated_us;
};
must_use enum fault store_session_insert(struct store *store, const struct session_record *record, struct session_id *out);
must_use enum fault store_session_by_id(struct store *store, struct session_id id, struct arena *arena, struct session_record *out);
must_use enum fault store_session_rotate(struct store *store, const struct session_record *record); /* hashes, salt and times */
must_use enum fault store_session_delete(struct store *store, struct session_id id, struct account_id account); /* not_found */
/* All of the account but `except` (may be none); tells which. */
must_use enum fault store_session_delete_all(struct store *store, struct account_id account, struct session_id except, struct arena *arena,
                                             struct session_id **ended_out, size_t *n_out);
must_use enum fault store_session_delete_expired(struct store *store, struct account_id account, int64_t now_us);
must_use enum fault store_session_list(struct store *store, struct account_id account, int64_t now_us, size_t max, struct arena *arena,
                                       struct session_view **views_out, size_t *n_out); /* newest first */

/* ---- Rooms */

/* A room and one account's place in it: all that the policy and the verbs want to know. */
struct place {
    struct room_id room;
    enum room_kind kind;
    bool public;
    int64_t head;      /* the newest sequence number */
    int64_t last_post; /* sequence number of the newest message; 0: none */
    int64_t n_members;
    enum member_role role;
    int64_t read;        /* read mark */
    int64_t read_change; /* sequence number under which the mark was announced; 0: it was not */
    int64_t seen;        /* the highest the mark ever was: what others may know */
    int64_t read_by_all; /* all members have read what others said up to here */
    int64_t n_pins;
    struct room_id guild; /* of a channel */
    bool read_only;
    bool maker;   /* the account made the room, and has no seat in it yet */
    bool trusted; /* the asker is (actor.trusted) */
    bool blocked; /* a direct room whose two do not speak: one has blocked the other */
    int64_t slow_s;
    int64_t muted_us; /* may not speak until then */
};
/* Locks the rooms against other writers until the transaction ends. Takes them in the order of their ids, so lock every room of a transaction
   in one call. Unknown ids and doubles are fine. with_guilds: also their guilds and all channels of those. */
must_use enum fault store_room_lock(struct store *store, const struct room_id *rooms, size_t n, bool with_guilds);
must_use enum fault store_room_place(struct store *store, struct room_id room, struct account_id account, struct place *out);
/* maker: who has no seat there but may take and give them; none: nobody. */
must_use enum fault store_room_insert_group(struct store *store, struct span name, bool public, struct account_id maker, int64_t now_us,
                                            struct room_id *out);
must_use enum fault store_room_forget_maker(struct store *store, struct room_id room);
/* The one direct room of two accounts (or of one with itself), made when there is none. existed_out tells which. */
must_use enum fault store_room_insert_direct(struct store *store, struct account_id a, struct account_id b, int64_t now_us, struct room_id *out,
                                             bool *existed_out);
must_use enum fault store_room_face(struct store *store, struct room_id room, struct arena *arena, struct room_face *out);
/* Name, topic, icon, public, read_only and slow_s become those of the face. folded: of a guild's name, else empty. */
must_use enum fault store_room_set(struct store *store, const struct room_face *face, struct span folded);
/* Takes members, invitations and bans of the room and of its channels away at once, and its name; what was said goes step by step (store_room_sweep). */
must_use enum fault store_room_remove(struct store *store, struct room_id room);
/* Erases at most n_rows messages, and as many changes, of one removed room. more: there is more to do at once; waits: when the search
   index has caught up. */
must_use enum fault store_room_sweep(struct store *store, int64_t n_rows, int64_t now_us, bool *more_out, bool *waits_out);
/* As the account sees them. */
must_use enum fault store_room_view(struct store *store, struct room_id room, struct account_id account, struct arena *arena, struct room_view *out);
must_use enum fault store_room_list(struct store *store, struct account_id account, size_t max, struct arena *arena, struct room_view **views_out,
                                    size_t *n_out); /* rooms of the account, newest activity first */
must_use enum fault store_room_list_public(struct store *store, struct account_id account, size_t max, struct arena *arena,
                                           struct room_view **views_out, size_t *n_out); /* largest first */

/* ---- Guilds */
must_use enum fault store_guild_insert(struct store *store, struct span name, struct span folded, bool public, int64_t now_us, struct room_id *out);
must_use enum fault store_guild_list_public(struct store *store, struct account_id account, struct span folded_part, size_t max, struct arena *arena,
                                            struct room_view **views_out, size_t *n_out); /* largest first */
must_use enum fault store_guild_count(struct store *store, struct account_id account, int64_t *n_out); /* those the account is in */
/* The last of its guild's channels, with all its members. face: guild, name, topic, read_only, slow_s. */
must_use enum fault store_channel_insert(struct store *store, const struct room_face *face, int64_t now_us, struct room_id *out);
must_use enum fault store_channel_list(struct store *store, struct room_id guild, struct account_id account, struct arena *arena,
                                       struct room_view **views_out, size_t *n_out); /* in their order */
must_use enum fault store_channel_marks(struct store *store, struct room_id guild, struct arena *arena, struct channel_mark **marks_out, size_t *n_out);
must_use enum fault store_channel_count(struct store *store, struct room_id guild, int64_t *n_out);
must_use enum fault store_channel_set_position(struct store *store, struct room_id channel, int64_t position);
must_use enum fault store_channels_set_public(struct store *store, struct room_id guild, bool public);
/* Forgets what was told of the channel in its guild. Those numbers stay used. */
must_use enum fault store_change_forget_channel(struct store *store, struct room_id guild, struct room_id channel);

/* ---- Invitations into rooms */
must_use enum fault store_room_invite_insert(struct store *store, struct room_id room, const struct room_invite *invite);
must_use enum fault store_room_invite_count(struct store *store, struct room_id room, int64_t now_us, int64_t *n_out); /* forgets the spent ones */
must_use enum fault store_room_invite_list(struct store *store, struct room_id room, int64_t now_us, struct arena *arena,
                                           struct room_invite **invites_out, size_t *n_out); /* newest first */
must_use enum fault store_room_invite_delete(struct store *store, struct room_id room, struct span code);
/* gone: unknown, used up or expired; so say both. */
must_use enum fault store_room_invite_find(struct store *store, struct span code, int64_t now_us, struct arena *arena, struct room_invite *invite_out,
                                           struct room_face *room_out);
must_use enum fault store_room_invite_use(struct store *store, struct room_id room, struct span code, int64_t now_us);

/* ---- Bans */
must_use enum fault store_ban_put(struct store *store, struct room_id room, const struct ban *ban);
must_use enum fault store_ban_remove(struct store *store, struct room_id room, struct account_id account);
must_use enum fault store_ban_find(struct store *store, struct room_id room, struct account_id account, bool *banned_out);
must_use enum fault store_ban_list(struct store *store, struct room_id room, struct account_id after, size_t max, struct arena *arena,
                                   struct ban **bans_out, size_t *n_out); /* by account */

/* ---- Members. Whoever is inserted has read everything so far. What is done to a member of a guild is done in all its channels. */
must_use enum fault store_member_insert(struct store *store, struct room_id room, struct account_id account, enum member_role role, int64_t now_us);
must_use enum fault store_member_delete(struct store *store, struct room_id room, struct account_id account);
must_use enum fault store_member_role(struct store *store, struct room_id room, struct account_id account, enum member_role *role_out); /* role_none */
must_use enum fault store_member_set_role(struct store *store, struct room_id room, struct account_id account, enum member_role role);
must_use enum fault store_member_muted(struct store *store, struct room_id room, struct account_id account, int64_t *until_us_out); /* 0: no member, or not */
must_use enum fault store_member_set_muted(struct store *store, struct room_id room, struct account_id account, int64_t until_us);
/* When members of rooms in slow mode spoke last. */
must_use enum fault store_member_posted(struct store *store, const struct room_id *rooms, const struct account_id *accounts, const int64_t *at_us,
                                        size_t n);
must_use enum fault store_member_set_read(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t read_change,
                                           int64_t seen);
/* Who inherits the room: the oldest admin, else the oldest member. not_found: it is empty. */
must_use enum fault store_member_heir(struct store *store, struct room_id room, struct arena *arena, struct person *out);
/* As the asker sees them. */
must_use enum fault store_member_list(struct store *store, struct room_id room, struct account_id asker, struct account_id after, size_t max,
                                      struct arena *arena, struct member_view **members_out, size_t *n_out);

/* ---- Messages */

/* A wish to post, and what the database knows about it. */
struct post_facts {
    struct room_id room; /* in, with the next five */
    struct account_id account;
    struct session_id session; /* none: not asked about */
    struct span key;
    struct message_id reply_to;
    struct arena *arena; /* for the spans of the answer */

    struct place place;       /* out; place.room is none: no such room */
    struct person author;     /* none: no such account, or closed */
    bool session_alive;
    struct message_id earlier; /* message of the same author, room and key; none: there is none */
    struct message_id next;    /* the id for the message, should it be stored in this transaction */
    struct person reply_author;
    struct span reply_text; /* the quote */
    bool reply_has_file;
    int64_t reply_seq;
    bool reply_found, reply_deleted;
    int64_t posted_us; /* when the account spoke here last, in a room of slow mode */
};
must_use enum fault store_message_post_facts(struct store *store, struct post_facts *facts, size_t n, int64_t now_us);
/* The message of that author, room and key that was posted after after_us. not_found. */
must_use enum fault store_message_keyed(struct store *store, struct room_id room, struct account_id author, struct span key, int64_t after_us,
                                        struct message_id *out);
/* Stores new messages. conflict: a number or key is taken. */
must_use enum fault store_message_insert(struct store *store, const struct message *const *messages, size_t n);
/* Moves rooms on to the number of their newest message. */
must_use enum fault store_room_posted(struct store *store, const struct room_id *rooms, const int64_t *heads, size_t n);

/* With reactions and reply. original_out (may be NULL) is what store_message_edit was given first, 0: never changed. */
must_use enum fault store_message_room(struct store *store, struct message_id id, struct room_id *out); /* not_found */
must_use enum fault store_message_by_id(struct store *store, struct room_id room, struct message_id id, struct arena *arena, struct message *out,
                                        int64_t *original_out);
/* original: a print of the text as first posted, kept from the first change on, so that a repeated send still finds its like. */
must_use enum fault store_message_edit(struct store *store, struct message_id id, struct span text, struct span mentions, int64_t original,
                                       int64_t now_us);
/* Text, reactions and pin are erased; the row stays in its place. */
must_use enum fault store_message_delete(struct store *store, struct message_id id, int64_t original, int64_t now_us);
/* The text alone is erased. */
must_use enum fault store_message_delete_text(struct store *store, struct message_id id, int64_t original, int64_t now_us);
/* It has changed in something that is kept elsewhere: a file of it went. */
must_use enum fault store_message_touch(struct store *store, struct message_id id, int64_t original, int64_t now_us);
/* A page of a room's messages, oldest first. more: there are others beyond it. */
struct message_page {
    struct message *messages;
    size_t n;
    bool more;
};
/* The newest `max` below `before`. */
must_use enum fault store_message_before(struct store *store, struct room_id room, int64_t before, size_t max, struct arena *arena,
                                         struct message_page *out);
/* The oldest `max` above `after`; ends early after about max_bytes of text. */
/* The page-th `limit` messages counted from the newest, oldest first, without deleted ones; total_out: how many there are. */
must_use enum fault store_message_nth_page(struct store *store, struct room_id room, int64_t page, int64_t limit, struct arena *arena,
                                           struct message_page *out, int64_t *total_out);
must_use enum fault store_message_after(struct store *store, struct room_id room, int64_t after, size_t max, size_t max_bytes, struct arena *arena,
                                        struct message_page *out);
/* Messages of others above the mark, not deleted; counts up to ROOM_UNREAD_MAX and looks at the newest 2,000 only. */
must_use enum fault store_message_unread(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t *n_out);

/* ---- Reactions */
must_use enum fault store_reaction_put(struct store *store, struct message_id message, struct account_id account, struct span emoji, int64_t now_us,
                                       bool *changed_out);
must_use enum fault store_reaction_remove(struct store *store, struct message_id message, struct account_id account, struct span emoji,
                                          bool *changed_out);

/* ---- Files. Whoever releases the last reference to bytes sends their name to the trash, in the same transaction. */

/* Counts one reference more. kept_out false: the same bytes were there already, under another name. */
must_use enum fault store_blob_take(struct store *store, const struct blob *blob, int64_t *blob_out, bool *kept_out);
must_use enum fault store_file_insert(struct store *store, struct account_id owner, int64_t blob, struct span name, int64_t n_bytes, int64_t now_us,
                                      struct file_id *out);
struct file_record {
    struct file_view view;
    struct span place;
    struct account_id owner;
    struct room_id room; /* none: it waits for a message */
    struct message_id message;
    int64_t blob;
};
must_use enum fault store_file_by_id(struct store *store, struct file_id id, struct arena *arena, struct file_record *out);
must_use enum fault store_file_delete(struct store *store, const struct file_record *record);
/* How much the account has, and may have (-1: the setting counts). */
must_use enum fault store_file_usage(struct store *store, struct account_id account, int64_t *used_out, int64_t *quota_out);
/* Those of the files that are the owner's and wait, in the order of ids; views must have room for n. n_out < n: not all are. Locks them. */
must_use enum fault store_file_waiting(struct store *store, struct account_id owner, const struct file_id *ids, size_t n, struct arena *arena,
                                       struct file_view *views, size_t *n_out);
must_use enum fault store_file_attach(struct store *store, const struct file_id *ids, size_t n, struct room_id room, struct message_id message);
must_use enum fault store_message_set_files(struct store *store, struct message_id message, size_t n_files);
/* Releases the files of a message (file none: all of them). The message keeps its count; store_message_set_files moves it. */
must_use enum fault store_file_release(struct store *store, struct message_id message, struct file_id file, int64_t *n_out);
/* Releases at most max files of a room that goes. */
must_use enum fault store_file_release_room(struct store *store, struct room_id room, size_t max, int64_t *n_out);
/* Files that have waited since before `before`: released, at most max. */
must_use enum fault store_file_release_waiting(struct store *store, int64_t before_us, size_t max, int64_t *n_out);

must_use enum fault store_upload_insert(struct store *store, struct account_id owner, const struct upload_view *upload, int64_t now_us);
must_use enum fault store_upload_get(struct store *store, struct account_id owner, struct span token, struct arena *arena, struct upload_view *out);
must_use enum fault store_upload_doubt(struct store *store, struct account_id owner, struct span token, int64_t from); /* not_found */
must_use enum fault store_upload_done(struct store *store, struct account_id owner, struct span token, struct file_id file); /* not_found; conflict */
must_use enum fault store_upload_delete(struct store *store, struct account_id owner, struct span token); /* not_found */
must_use enum fault store_upload_sum(struct store *store, struct account_id owner, int64_t *n_out, int64_t *n_bytes_out); /* not yet done */
must_use enum fault store_upload_expire(struct store *store, int64_t now_us, size_t max, struct arena *arena, struct span **tokens_out, size_t *n_out);

must_use enum fault store_trash_list(struct store *store, size_t max, struct arena *arena, struct span **names_out, size_t *n_out);
must_use enum fault store_trash_forget(struct store *store, const struct span *names, size_t n);
must_use enum fault store_blob_known(struct store *store, struct span place, bool *known_out);
must_use enum fault store_upload_known(struct store *store, struct span token, bool *known_out);

/* A square picture out of a waiting file, which it uses up. The token knows it from now on. */
must_use enum fault store_avatar_from_file(struct store *store, const struct file_record *record, struct span token);
must_use enum fault store_avatar_place(struct store *store, struct span token, struct arena *arena, struct span *place_out);
must_use enum fault store_account_set_avatar(struct store *store, struct account_id account, struct span token); /* empty: none */
must_use enum fault store_avatar_release(struct store *store, struct span token); /* an unknown token is fine */

/* ---- Search: the index runs behind the messages, in portions, each whole or not at all. */
struct search_change {
    struct message_id id;
    struct search_entry now; /* id none: nothing is to be filed */
    struct search_entry was; /* id none: it was not filed */
};
struct search_portion {
    struct search_change *changes;
    size_t n, n_logged; /* n_logged: those that come first and are changes of older messages */
    bool more;
    bool is_elsewhere;  /* another node is at it: nothing to do */
    int64_t logged;     /* the last change taken from the log */
    int64_t posts, log; /* how far it reaches; for store_search_done */
    size_t n_forgettable; /* changes up to `log` that a writer may now have forgotten */
};
/* What the index lacks next, about max changes. A version that is not the index's empties the index first. */
must_use enum fault store_search_next(struct store *store, int64_t version, size_t max, int64_t now_us, struct arena *arena, struct search_portion *out);
struct search_filing { struct message_id id; struct span terms; };
must_use enum fault store_search_unfile(struct store *store, const struct search_filing *filings, size_t n); /* exactly the terms it was filed under */
must_use enum fault store_search_file(struct store *store, const struct search_filing *filings, size_t n);
must_use enum fault store_search_done(struct store *store, int64_t version, const struct search_portion *portion);
must_use enum fault store_search_forget(struct store *store, int64_t log);
/* Messages below `below` whose entries are filed under a term of every group, newest first. */
must_use enum fault store_search_find(struct store *store, const struct search_groups *groups, struct message_id below, size_t max, struct arena *arena,
                                      struct message_id **ids_out, size_t *n_out);
/* Those of the messages that stand and whose room has the account as a member (account none: whoever asks may read them all), in order.
   files_out: the names of their files, a line each. */
must_use enum fault store_search_hits(struct store *store, const struct message_id *ids, size_t n, struct account_id account, struct arena *arena,
                                      struct search_hit **hits_out, struct span **files_out, size_t *n_out);
must_use enum fault store_search_rooms(struct store *store, struct account_id account, struct room_id guild, size_t max, struct arena *arena,
                                       struct room_id **rooms_out, size_t *n_out); /* rooms the account is a member of, of that guild when one is named */
must_use enum fault store_search_people(struct store *store, struct span folded, size_t max, struct arena *arena, struct person **people_out,
                                        size_t *n_out); /* by a part of the name, its beginning first */
/* Who put this emoji, by account id, above `after`. */
must_use enum fault store_reaction_who(struct store *store, struct message_id message, struct span emoji, struct account_id after, size_t max,
                                       struct arena *arena, struct reactor_view **people_out, size_t *n_out);

/* ---- Mentions: kept on the message (struct message) and once more a row each, for counting. Account none means everyone. */

/* Open accounts that are members, by folded name; accounts_out[i] stays as it was where nobody is called so. At most 1,024 names. */
must_use enum fault store_mention_named(struct store *store, struct room_id room, const struct span *folded, size_t n, struct account_id *accounts_out);
must_use enum fault store_mention_put(struct store *store, const struct message *m, const struct account_id *accounts, size_t n);
must_use enum fault store_mention_remove(struct store *store, const struct message *m, const struct account_id *accounts, size_t n);
must_use enum fault store_message_set_mentions(struct store *store, const struct message *m); /* as m->mentions says */
must_use enum fault store_mention_count(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t *n_out);

/* ---- Earlier texts */
must_use enum fault store_version_keep(struct store *store, const struct message *m);   /* the text it has now, before an edit */
must_use enum fault store_version_forget(struct store *store, const struct message *m); /* all of them */
must_use enum fault store_version_list(struct store *store, struct message_id id, struct arena *arena, struct message_version **versions_out,
                                       size_t *n_out); /* oldest first, without the text of today */

/* ---- Pins. The caller knows that the message is not, or is, pinned. */
must_use enum fault store_pin_put(struct store *store, struct room_id room, struct message_id id, int64_t now_us);
must_use enum fault store_pin_remove(struct store *store, struct room_id room, struct message_id id);
must_use enum fault store_pin_list(struct store *store, struct room_id room, size_t max, struct arena *arena, struct message_page *out); /* newest pin first */

/* ---- Read marks */

/* How far all members have read, by the marks as they are now; was_out is what the room has on record. */
must_use enum fault store_receipt_by_all(struct store *store, struct room_id room, int64_t last_post, int64_t *was_out, int64_t *now_out);
must_use enum fault store_receipt_set_by_all(struct store *store, struct room_id room, int64_t read);
/* The room, or of a guild its channels, where the account may be the one for whom all wait to be read by all. */
struct held_up { struct room_id room; int64_t last_post, seen; };
must_use enum fault store_receipt_held_up(struct store *store, struct room_id room, struct account_id account, struct arena *arena,
                                          struct held_up **rooms_out, size_t *n_out);
/* Members who have read up to seq, by account id, above `after`; without those who hide it. */
must_use enum fault store_receipt_readers(struct store *store, struct room_id room, int64_t seq, struct account_id after, size_t max,
                                          struct arena *arena, struct reader_view **readers_out, size_t *n_out);

/* ---- Single messages read, above the reader's mark: those at or below it are read anyway */
must_use enum fault store_reader_put(struct store *store, struct room_id room, struct account_id account, int64_t seq, bool *added_out);
must_use enum fault store_reader_count(struct store *store, struct room_id room, struct account_id account, int64_t *n_out);
must_use enum fault store_reader_forget(struct store *store, struct room_id room, struct account_id account, int64_t read); /* at or below */
/* How far the account has read without a gap when its mark stands at `read`; looks at a bounded number of messages. */
must_use enum fault store_reader_reach(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t *out);
/* Of the newest READ_TOLD_MAX messages above `from` up to `to`: those whose author is a member, and that everybody but author and account has read,
   and the account has not. departs: the account will be gone, so that somebody else must be there to have read it. */
#define READ_TOLD_MAX 50
struct read_message { struct message_id id; struct account_id author; };
must_use enum fault store_reader_lasts(struct store *store, struct room_id room, struct account_id account, int64_t from, int64_t to, bool departs,
                                       struct arena *arena, struct read_message **messages_out, size_t *n_out);
/* Numbers of the messages from `from` up to `to` that somebody but the author could read and everybody has, in order; at most 1,000. */
must_use enum fault store_reader_read(struct store *store, struct room_id room, int64_t from, int64_t to, struct arena *arena, int64_t **seqs_out,
                                      size_t *n_out);

/* ---- Presence */
must_use enum fault store_presence_look(struct store *store, struct account_id asker, const struct account_id *accounts, size_t n,
                                        struct presence_view *people_out, size_t *n_out);
must_use enum fault store_presence_left(struct store *store, const struct account_id *accounts, const int64_t *at_us, size_t n);

/* ---- Drafts */
must_use enum fault store_draft_put(struct store *store, struct account_id account, struct room_id room, const struct draft *draft);
must_use enum fault store_draft_remove(struct store *store, struct account_id account, struct room_id room, bool *changed_out);

/* ---- Blocks */
must_use enum fault store_block_put(struct store *store, struct account_id by, struct account_id whom, int64_t now_us, bool *changed_out);
must_use enum fault store_block_remove(struct store *store, struct account_id by, struct account_id whom, bool *changed_out);
must_use enum fault store_block_stands(struct store *store, struct account_id by, struct account_id whom, bool *out);
must_use enum fault store_block_count(struct store *store, struct account_id by, int64_t *n_out);
must_use enum fault store_block_list(struct store *store, struct account_id by, size_t max, struct arena *arena, struct block_view **blocks_out,
                                     size_t *n_out); /* by account id */
must_use enum fault store_room_direct_of(struct store *store, struct account_id a, struct account_id b, struct room_id *out); /* none: there is none */
must_use enum fault store_room_set_blocked(struct store *store, struct room_id room, bool blocked);

/* ---- Support desk (desk.h). Whoever moves a chat holds its room. */
must_use enum fault store_desk_customer_find(struct store *store, struct span username, struct arena *arena, struct account *out);
must_use enum fault store_desk_customer_by_id(struct store *store, struct account_id id, struct arena *arena, struct account *out);
/* id none: there is one of that name already. */
must_use enum fault store_desk_customer_insert(struct store *store, struct span username, struct span name, int64_t now_us, struct account_id *out);
must_use enum fault store_desk_customer_set_online(struct store *store, struct account_id customer, bool online);
must_use enum fault store_desk_customer_name(struct store *store, struct account_id customer, struct span name); /* only before their first chat */
must_use enum fault store_desk_is_customer(struct store *store, struct account_id account, bool *is_out);
must_use enum fault store_desk_open_of(struct store *store, struct account_id customer, struct room_id *out); /* none: there is none */
/* Makes the room and the chat. existed_out: somebody else has just opened one for them; it is that one. */
must_use enum fault store_desk_insert(struct store *store, const struct person *customer, int64_t now_us, struct room_id *out, bool *existed_out);
/* With position and wait, as of now_us. */
must_use enum fault store_desk_view(struct store *store, struct room_id room, int64_t now_us, struct arena *arena, struct desk_view *out);
struct desk_place { enum desk_state state; struct account_id agent, customer; };
must_use enum fault store_desk_place(struct store *store, struct room_id room, struct desk_place *out);
/* seer none: sees everything; otherwise what waits, and what is theirs. max one more than shown. */
must_use enum fault store_desk_list(struct store *store, const struct desk_list_in *in, struct account_id seer, size_t max, int64_t now_us,
                                    struct arena *arena, struct desk_view **views_out, size_t *n_out);
must_use enum fault store_desk_n_waiting(struct store *store, int64_t *n_out);
/* Finds the oldest that waits and holds its room. none: nobody waits whom nobody else holds. */
must_use enum fault store_desk_oldest(struct store *store, struct room_id *out);
struct desk_move { struct room_id room; enum desk_state from, to; struct account_id from_agent, to_agent; };
/* Only from exactly there. conflict: it is not there any more. */
must_use enum fault store_desk_move(struct store *store, const struct desk_move *move, int64_t now_us);
must_use enum fault store_desk_load(struct store *store, struct account_id agent, int64_t *n_out); /* chats held */
/* Somebody wrote. first_out: it is the agents' first answer. */
must_use enum fault store_desk_spoke(struct store *store, struct room_id room, bool agent, int64_t now_us, bool *first_out);
must_use enum fault store_desk_acted(struct store *store, struct room_id room, int64_t now_us); /* the agent did something in it */
must_use enum fault store_desk_set_read(struct store *store, struct room_id room, struct account_id by, int64_t read, int64_t now_us);
must_use enum fault store_desk_set_tags(struct store *store, struct room_id room, struct span tags, int64_t now_us);
must_use enum fault store_desk_set_rating(struct store *store, struct room_id room, int64_t rating, int64_t now_us, bool *set_out);
must_use enum fault store_desk_note_insert(struct store *store, struct room_id room, struct desk_note *note); /* fills in the id */
must_use enum fault store_desk_note_list(struct store *store, struct room_id room, size_t max, struct arena *arena, struct desk_note **notes_out,
                                         size_t *n_out);
must_use enum fault store_desk_canned_list(struct store *store, size_t max, struct arena *arena, struct desk_canned **out, size_t *n_out);
must_use enum fault store_desk_canned_put(struct store *store, struct desk_canned *canned); /* not_found; conflict: the shortcut */
must_use enum fault store_desk_canned_delete(struct store *store, int64_t id);              /* not_found */
must_use enum fault store_desk_canned_count(struct store *store, int64_t *n_out);
/* role and capacity; not_found: no such account. n_chats is not filled in. */
must_use enum fault store_desk_agent(struct store *store, struct account_id account, struct arena *arena, struct desk_agent_view *out);
must_use enum fault store_desk_agent_list(struct store *store, size_t max, struct arena *arena, struct desk_agent_view **agents_out, size_t *n_out);
must_use enum fault store_desk_agent_put(struct store *store, struct account_id account, enum desk_role role, int64_t capacity);
/* Locks agents against other takers until the transaction ends: after the rooms, all of a transaction in one call. */
must_use enum fault store_desk_agent_lock(struct store *store, const struct account_id *agents, size_t n);
must_use enum fault store_desk_holders(struct store *store, size_t max, struct arena *arena, struct desk_holding **holdings_out, size_t *n_out);
must_use enum fault store_desk_seen(struct store *store, struct account_id agent, int64_t *at_us_out);
/* What an agent did: adds. */
struct desk_work { struct room_id room; struct account_id agent; int64_t taken, closed, messages, answers, answers_s, ratings, stars; };
must_use enum fault store_desk_work_add(struct store *store, const struct desk_work *work, int64_t now_us);
must_use enum fault store_desk_work_sums(struct store *store, int64_t from_day, int64_t to_day, struct account_id agent, struct arena *arena,
                                         struct desk_figure **figures_out, size_t *n_out); /* agent none: all */
must_use enum fault store_message_set_link(struct store *store, const struct message *m, struct arena *arena);

/* ---- Changes: every lasting event that is not a post */

/* Takes the room's next number for the event and keeps it for the replay. */
must_use enum fault store_change_append(struct store *store, const struct event *e, int64_t *seq_out);
/* Forgets a change that a newer one has made pointless. Its number stays used. */
must_use enum fault store_change_forget(struct store *store, struct room_id room, int64_t seq);
struct change_page {
    struct event *events; /* message events carry the message as it is now */
    size_t n;
    bool more;
};
/* The oldest `max` above `after`, in order; ends early after about max_bytes of text. */
must_use enum fault store_change_after(struct store *store, struct room_id room, int64_t after, size_t max, size_t max_bytes, struct arena *arena,
                                       struct change_page *out);

struct queue_count_out;
must_use enum fault store_queue_count(struct store *store, struct queue_count_out *out);

/* ---- Parcels: what waits to be sent (parcel.h) */
must_use enum fault store_parcel_insert(struct store *store, const struct parcel *p); /* id and attempts are not looked at */
struct parcel_due_out;
must_use enum fault store_parcel_due(struct store *store, int64_t now_us, struct parcel_due_out *out);
/* Takes the oldest that are due; nobody else gets them before lease_us. */
must_use enum fault store_parcel_claim(struct store *store, int64_t now_us, int64_t lease_us, size_t max, struct arena *arena,
                                       struct parcel **parcels_out, size_t *n_out);
must_use enum fault store_parcel_release(struct store *store, int64_t now_us); /* every lease is over */
must_use enum fault store_parcel_postpone(struct store *store, int64_t id, int64_t due_us, int64_t status);
must_use enum fault store_parcel_delete(struct store *store, int64_t id);
/* A push that was delivered: its row goes, unless a newer message has taken its place; that one is due at now_us. */
must_use enum fault store_parcel_push_done(struct store *store, int64_t id, int64_t seq, int64_t now_us);
must_use enum fault store_parcel_delete_of(struct store *store, enum parcel_kind kind, int64_t target);
/* Of each subscription one push a room waits: the newest. No subscription twice. */
must_use enum fault store_parcel_push(struct store *store, struct room_id room, const struct notice_push *pushes, size_t n, int64_t now_us);

/* ---- Notices (notify.h) */
must_use enum fault store_notify_put(struct store *store, struct account_id account, const struct notify_view *view); /* notify_inherits: forgets */
must_use enum fault store_notify_list(struct store *store, struct account_id account, int64_t now_us, struct arena *arena,
                                      struct notify_view **views_out, size_t *n_out);
struct push_record {
    struct account_id account;
    struct session_id session; /* none: it does not end with one */
    struct span endpoint, p256dh, auth, agent;
};
/* The same end point again: it becomes this account's. Beyond PUSH_SUBSCRIPTIONS_MAX the oldest go. Marks the rooms of the account. */
must_use enum fault store_push_put(struct store *store, const struct push_record *record, int64_t now_us, int64_t *id_out, bool *existed_out);
must_use enum fault store_push_list(struct store *store, struct account_id account, struct arena *arena, struct push_view **views_out, size_t *n_out);
must_use enum fault store_push_delete(struct store *store, int64_t id, struct account_id account); /* not_found; none: whose ever it is */
must_use enum fault store_notice_mark(struct store *store, struct room_id room, int64_t *seq_out); /* -1: there is none */
must_use enum fault store_notice_mark_room(struct store *store, struct room_id room); /* at its head, unless it is marked */
/* from -1: there was none; to -1: there will be none. moved_out false: it was not at `from` any more. */
must_use enum fault store_notice_move(struct store *store, struct room_id room, int64_t from, int64_t to, bool *moved_out);
must_use enum fault store_notice_behind(struct store *store, size_t max, struct arena *arena, struct room_id **rooms_out, size_t *n_out);
must_use enum fault store_notice_room(struct store *store, struct room_id room, int64_t *head_out, int64_t *n_members_out);
must_use enum fault store_notice_targets(struct store *store, struct room_id room, int64_t n_members, int64_t now_us, struct arena *arena,
                                         struct notice_target **targets_out, size_t *n_out);
must_use enum fault store_push_content(struct store *store, const struct parcel *p, struct arena *arena, struct parcel_content *out);

/* ---- Hooks (hook.h) */
must_use enum fault store_hook_insert(struct store *store, const struct hook_view *hook, struct span token_hash, int64_t *id_out);
must_use enum fault store_hook_list(struct store *store, struct room_id room, struct arena *arena, struct hook_view **hooks_out, size_t *n_out);
must_use enum fault store_hook_delete(struct store *store, struct room_id room, int64_t id); /* not_found */
must_use enum fault store_hook_by_id(struct store *store, int64_t id, struct arena *arena, struct hook_view *out, struct span *token_hash_out);
must_use enum fault store_hook_used(struct store *store, int64_t id, int64_t now_us);
must_use enum fault store_message_set_hook_name(struct store *store, struct message_id id, struct span name);
must_use enum fault store_outgoing_insert(struct store *store, const struct outgoing_view *hook, struct span secret, int64_t *id_out);
must_use enum fault store_outgoing_list(struct store *store, struct room_id room, struct arena *arena, struct outgoing_view **hooks_out, size_t *n_out);
must_use enum fault store_outgoing_delete(struct store *store, struct room_id room, int64_t id); /* not_found; what waits for it goes too */
/* Those that listen and have not too much waiting. */
must_use enum fault store_outgoing_of_room(struct store *store, struct room_id room, struct arena *arena, struct notice_hook **hooks_out, size_t *n_out);
must_use enum fault store_outgoing_content(struct store *store, const struct parcel *p, struct arena *arena, struct parcel_content *out);
must_use enum fault store_outgoing_note(struct store *store, int64_t id, bool well, int64_t status, int64_t now_us);
