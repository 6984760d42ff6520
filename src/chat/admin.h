/* What administrators of the house see and do, the reports that reach them, and the audit log of every such act. */
#pragma once
#include "chat/session.h"
#include "chat/room.h"

#define ADMIN_PAGE_MAX 200
#define ADMIN_MESSAGES_COUNTED_MAX 100000 /* of one room: this number means "so many or more" */
#define ADMIN_PREVIEW_POINTS 50
#define REPORT_REASON_MAX_POINTS 1000

struct user_view {
    struct account account;
    int64_t n_rooms, n_sessions, last_seen_us, deactivated_us, erased_us;
    struct person owner; /* of a bot */
};
struct admin_user_list_in { struct span query; struct account_id after; size_t limit; }; /* query: a part of name or address; empty: all */
struct admin_user_create_in {
    struct account_register_in as;
    bool with_link; /* no password: the answer carries a link by which one is set */
};
struct admin_user_change_in {
    struct account_id id;
    bool has_site_admin, site_admin, has_deactivated, deactivated, has_quota;
    int64_t quota_bytes; /* -1: the setting counts */
};
struct admin_reset_in { struct account_id id; };
struct admin_session_list_in { struct account_id id; };
struct admin_session_end_in { struct account_id id; };

struct admin_room_view {
    struct room_id id, guild;
    enum room_kind kind;
    struct span name;
    bool public;
    int64_t n_members, n_messages, created_us;
    int64_t last_us; /* 0: nothing was posted */
    struct person last_author;
    struct span last_text; /* the first code points; empty: deleted, or only files */
    bool last_deleted, last_has_file;
};
struct admin_room_list_in { struct span query; struct room_id after; size_t limit; };
struct admin_figures_in { char unused; };
struct admin_glance_in { char unused; }; /* proves the administrator; for what the process itself knows */

enum report_state { report_open = 1, report_closed = 2 };
struct report_view {
    int64_t id;
    enum report_state state;
    struct person by, subject, closed_by;
    struct room_id room;
    struct span room_name, text, reason, note;
    int64_t message, seq; /* seq 0: the message is no more */
    int64_t created_us, closed_us;
};
struct report_create_in { struct room_id room; struct message_id message; struct span reason; };
struct report_list_in { enum report_state state; int64_t after; size_t limit; }; /* state 0: all. Newest first; after: below this id */
struct report_settle_in { int64_t id; enum report_state state; struct span note; };

enum audit_source { audit_web = 1, audit_command_line = 2 };
struct audit_view {
    int64_t id, at_us;
    struct person by, account;
    struct span action, detail, address, room_name;
    struct room_id room;
    enum audit_source source;
};
struct audit_list_in { int64_t after; size_t limit; }; /* newest first; after: below this id */

struct admin_user_list_out { struct user_view *users; size_t n; bool more; };
struct admin_user_create_out { struct user_view user; struct span link; }; /* empty: none was wished */
struct admin_user_change_out { struct user_view user; };
struct admin_reset_out { struct span link; int64_t expires_us; };
struct admin_session_list_out { struct session_view *sessions; size_t n; };
struct admin_session_end_out { int64_t n; };
struct admin_room_list_out { struct admin_room_view *rooms; size_t n; bool more; };
struct admin_figures_out { int64_t n_accounts, n_rooms, n_messages, n_sessions, n_reports, database_bytes; };
struct admin_glance_out { char unused; };
struct report_create_out { int64_t id; };
struct report_list_out { struct report_view *reports; size_t n; bool more; };
struct report_settle_out { struct report_view report; };
struct audit_list_out { struct audit_view *entries; size_t n; bool more; };
