/* Support chats in the database: customers, chats, the queue, what is said about them. Behind the core's port; runs on the thread of its store.

   The room of a chat is what writers lock (store_room_lock, or store_desk_oldest); every row of the chat is written under that lock alone, so no two
   transactions ever wait for each other. Always: a move names where the chat must be, and moves nothing else. */
#include "store/store_private.h"
#include <assert.h>

#define PACE_WINDOW_US (INT64_C(3600) * 1000000) /* how fast customers are served is judged by the last hour */

/* ---- Customers */

enum fault store_desk_customer_find(struct store *store, struct span username, struct arena *arena, struct account *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, desk_customer_by_name, DB_TEXT(username));
    bool found = db_next(&rows);
    if (found) col_account(&rows, arena, out);
    return rows_end_one(&rows, found);
}

enum fault store_desk_customer_by_id(struct store *store, struct account_id id, struct arena *arena, struct account *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, desk_customer_by_id, DB_I64(id.v));
    bool found = db_next(&rows);
    if (found) col_account(&rows, arena, out);
    return rows_end_one(&rows, found);
}

enum fault store_desk_customer_insert(struct store *store, struct span username, struct span name, int64_t now_us, struct account_id *out)
{
    enum fault fault = STORE_NUMBER(store, &out->v, desk_customer_insert_account, DB_TEXT(username), DB_I64(now_us), DB_TEXT(name));
    if (fault == fault_not_found) {
        out->v = 0;
        return fault_none;
    }
    return fault ? fault : DB_EXEC(store->db, desk_customer_insert, DB_I64(out->v), DB_I64(now_us));
}

enum fault store_desk_customer_set_online(struct store *store, struct account_id customer, bool online)
{
    return DB_EXEC(store->db, desk_customer_set_online, DB_I64(customer.v), DB_I64(online));
}

enum fault store_desk_customer_name(struct store *store, struct account_id customer, struct span name)
{
    return DB_EXEC(store->db, desk_customer_name, DB_I64(customer.v), DB_TEXT(name));
}

enum fault store_desk_is_customer(struct store *store, struct account_id account, bool *is_out)
{
    int64_t n = 0;
    enum fault fault = STORE_NUMBER(store, &n, desk_is_customer, DB_I64(account.v));
    *is_out = n > 0;
    return fault;
}

/* ---- Chats */

enum fault store_desk_open_of(struct store *store, struct account_id customer, struct room_id *out)
{
    enum fault fault = STORE_NUMBER(store, &out->v, desk_open_of, DB_I64(customer.v));
    if (fault != fault_not_found) return fault;
    out->v = 0;
    return fault_none;
}

/* Two may open a chat for one customer at the same time: the index lets one of them, and the room of the other is taken back. */
enum fault store_desk_insert(struct store *store, const struct person *customer, int64_t now_us, struct room_id *out, bool *existed_out)
{
    bool made;
    enum fault fault = STORE_NUMBER(store, &out->v, desk_room_insert, DB_TEXT(customer->name), DB_I64(now_us));
    if (!fault) fault = STORE_CHANGES(store, &made, desk_chat_insert, DB_I64(out->v), DB_I64(customer->id.v), DB_I64(now_us));
    *existed_out = !fault && !made;
    if (fault || made) return fault;
    fault = DB_EXEC(store->db, desk_room_forget, DB_I64(out->v));
    if (!fault) fault = store_desk_open_of(store, customer->id, out);
    return !fault && id_none(*out) ? fault_unavailable : fault;
}

/* Columns of DESK_COLUMNS. */
enum { of_customer = 15, of_read_us = of_customer + PERSON_N_COLUMNS, of_agent = of_read_us + 2 };

static void col_view(struct db_rows *rows, struct arena *arena, struct desk_view *out)
{
    *out = (struct desk_view){
        .room = { db_col_i64(rows, 0) }, .state = (enum desk_state)db_col_i64(rows, 1), .waiting_us = db_col_i64(rows, 2), .last_us = db_col_i64(rows, 3),
        .created_us = db_col_i64(rows, 4), .updated_us = db_col_i64(rows, 5), .closed_us = db_col_i64(rows, 6), .customer_read = db_col_i64(rows, 7),
        .agent_read = db_col_i64(rows, 8), .rating = db_col_i64(rows, 9), .tags = db_col_copy(rows, 10, arena), .online = db_col_i64(rows, 11),
        .head = db_col_i64(rows, 12), .last_text = db_col_copy(rows, 13, arena), .unread = db_col_i64(rows, 14),
        .customer_read_us = db_col_i64(rows, of_read_us), .agent_read_us = db_col_i64(rows, of_read_us + 1),
        .customer = col_person(rows, of_customer, arena), .agent = col_person(rows, of_agent, arena),
    };
    out->customer_id = desk_customer_id(out->customer.username);
    if (out->state == desk_locked) out->locked_by = out->agent;
}

/* Seconds between two customers being served, judged by the last twenty of the hour; -1: too few were. */
static enum fault pace(struct store *store, int64_t now_us, int64_t *seconds_out)
{
    struct db_rows rows;
    int64_t n = 0, first_us = 0;
    DB_QUERY(store->db, &rows, desk_pace, DB_I64(now_us - PACE_WINDOW_US));
    if (db_next(&rows)) n = db_col_i64(&rows, 0), first_us = db_col_i64(&rows, 1);
    *seconds_out = n < 2 ? -1 : (now_us - first_us) / n / 1000000;
    return db_end(&rows);
}

static int64_t wait_of(int64_t position, int64_t pace_s)
{
    return pace_s < 0 ? -1 : position * pace_s;
}

static enum fault add_position(struct store *store, int64_t now_us, struct desk_view *view)
{
    int64_t pace_s;
    if (view->state != desk_waiting) return fault_none;
    enum fault fault = STORE_NUMBER(store, &view->position, desk_position, DB_I64(view->room.v));
    if (!fault) fault = pace(store, now_us, &pace_s);
    if (!fault) view->wait_s = wait_of(view->position, pace_s);
    return fault;
}

enum fault store_desk_view(struct store *store, struct room_id room, int64_t now_us, struct arena *arena, struct desk_view *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, desk_view, DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) col_view(&rows, arena, out);
    enum fault fault = rows_end_one(&rows, found);
    return fault ? fault : add_position(store, now_us, out);
}

enum fault store_desk_place(struct store *store, struct room_id room, struct desk_place *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, desk_place, DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) *out = (struct desk_place){ (enum desk_state)db_col_i64(&rows, 0), { db_col_i64(&rows, 1) }, { db_col_i64(&rows, 2) } };
    return rows_end_one(&rows, found);
}

enum fault store_desk_n_waiting(struct store *store, int64_t *n_out)
{
    return store_number(store, stmt_desk_n_waiting, NULL, 0, n_out);
}

static enum db_stmt list_of(enum desk_filter filter)
{
    switch (filter) {
    case desk_filter_mine: return stmt_desk_list_mine;
    case desk_filter_of_customer: return stmt_desk_list_of_customer;
    case desk_filter_waiting:
    case desk_filter_all: break;
    }
    return stmt_desk_list_all;
}

static void query_list(struct store *store, struct db_rows *rows, const struct desk_list_in *in, struct account_id seer, size_t max)
{
    const struct db_param params[] = { DB_I64(in->before.v), DB_I64((int64_t)in->state), DB_I64(in->filter == desk_filter_all ? 0 : in->account.v),
                                       DB_I64((int64_t)max), DB_I64(seer.v) };
    if (in->filter == desk_filter_waiting) DB_QUERY(store->db, rows, desk_list_waiting, DB_I64(in->before.v), DB_I64((int64_t)max));
    else db_query(store->db, rows, list_of(in->filter), params, sizeof params / sizeof *params);
}

/* Those that wait stand one behind the other in their own list; elsewhere each asks for its place. */
static enum fault add_positions(struct store *store, bool is_queue, int64_t now_us, struct desk_view *views, size_t n)
{
    enum fault fault = n ? add_position(store, now_us, &views[0]) : fault_none;
    for (size_t i = 1; i < n && !fault; i++) {
        if (!is_queue) {
            fault = add_position(store, now_us, &views[i]);
            continue;
        }
        views[i].position = views[0].position + (int64_t)i;
        views[i].wait_s = views[0].wait_s < 0 ? -1 : views[0].wait_s * views[i].position / views[0].position;
    }
    return fault;
}

enum fault store_desk_list(struct store *store, const struct desk_list_in *in, struct account_id seer, size_t max, int64_t now_us, struct arena *arena,
                           struct desk_view **views_out, size_t *n_out)
{
    struct db_rows rows;
    struct desk_view *views = NULL;
    size_t n = 0;
    query_list(store, &rows, in, seer, max);
    while (db_next(&rows)) col_view(&rows, arena, ARRAY_PUSH(arena, views, n));
    *views_out = views, *n_out = n;
    enum fault fault = db_end(&rows);
    return fault ? fault : add_positions(store, in->filter == desk_filter_waiting, now_us, views, n);
}

/* ---- The queue */

enum fault store_desk_oldest(struct store *store, struct room_id *out)
{
    enum fault fault = store_number(store, stmt_desk_oldest, NULL, 0, &out->v);
    if (fault != fault_not_found) return fault;
    out->v = 0;
    return fault_none;
}

enum fault store_desk_move(struct store *store, const struct desk_move *m, int64_t now_us)
{
    bool moved;
    enum fault fault = STORE_CHANGES(store, &moved, desk_move, DB_I64(m->room.v), DB_I64((int64_t)m->from), DB_I64(m->from_agent.v),
                                     DB_I64((int64_t)m->to), DB_I64(m->to_agent.v), DB_I64(now_us));
    if (!fault && !moved) return fault_conflict;
    return fault || m->to != desk_closed ? fault : DB_EXEC(store->db, desk_close_room, DB_I64(m->room.v));
}

enum fault store_desk_load(struct store *store, struct account_id agent, int64_t *n_out)
{
    return STORE_NUMBER(store, n_out, desk_load, DB_I64(agent.v));
}

enum fault store_desk_spoke(struct store *store, struct room_id room, bool agent, int64_t now_us, bool *first_out)
{
    int64_t answered_us = 1;
    enum fault fault = agent ? STORE_NUMBER(store, &answered_us, desk_answered, DB_I64(room.v)) : fault_none;
    *first_out = !answered_us;
    return fault ? fault : DB_EXEC(store->db, desk_spoke, DB_I64(room.v), DB_I64(now_us), DB_I64(agent));
}

enum fault store_desk_acted(struct store *store, struct room_id room, int64_t now_us)
{
    return DB_EXEC(store->db, desk_acted, DB_I64(room.v), DB_I64(now_us));
}

enum fault store_desk_set_read(struct store *store, struct room_id room, struct account_id by, int64_t read, int64_t now_us)
{
    return DB_EXEC(store->db, desk_set_read, DB_I64(room.v), DB_I64(by.v), DB_I64(read), DB_I64(now_us));
}

enum fault store_desk_holders(struct store *store, size_t max, struct arena *arena, struct desk_holding **holdings_out, size_t *n_out)
{
    struct db_rows rows;
    struct desk_holding *holdings = NULL;
    *n_out = 0;
    DB_QUERY(store->db, &rows, desk_holders, DB_I64((int64_t)max));
    while (db_next(&rows))
        *ARRAY_PUSH(arena, holdings, *n_out) = (struct desk_holding){ { db_col_i64(&rows, 0) }, { db_col_i64(&rows, 1) }, db_col_i64(&rows, 2) };
    *holdings_out = holdings;
    return db_end(&rows);
}

enum fault store_desk_seen(struct store *store, struct account_id agent, int64_t *at_us_out)
{
    return STORE_NUMBER(store, at_us_out, desk_seen, DB_I64(agent.v));
}
