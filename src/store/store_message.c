/* Messages in the database: the wish to post and its facts, storing, reading back by number, changing. Behind the core's port; runs on the thread of
   its store.

   Always: pages are found by (room, number), so a page costs the same at any depth. */
#include "store/store_private.h"

/* ---- Posting */

/* Wishes of the same session in the same room are asked about once: the first of them leads, the others take its answer. */
struct led {
    struct post_facts *facts;
    size_t n, n_leaders;
    size_t *leader; /* place of a leader among all */
    size_t *of;     /* whose answer a wish takes */
};

static bool is_alike(const struct post_facts *a, const struct post_facts *b)
{
    return id_eq(a->account, b->account) && id_eq(a->room, b->room) && id_eq(a->session, b->session);
}

static void find_leaders(struct led *led)
{
    for (size_t i = 0; i < led->n; i++) {
        size_t l = 0;
        while (l < led->n_leaders && !is_alike(&led->facts[led->leader[l]], &led->facts[i])) l++;
        if (l == led->n_leaders) led->leader[led->n_leaders++] = i;
        led->of[i] = l;
    }
}

/* Columns of POST_FACTS. */
enum { of_author = 6, of_session = of_author + PERSON_N_COLUMNS, of_curbs };

static void take_facts(struct post_facts *f, struct db_rows *row)
{
    f->place = (struct place){
        .room = { db_col_i64(row, 1) }, .kind = (enum room_kind)db_col_i64(row, 2), .public = db_col_i64(row, 3),
        .head = db_col_i64(row, 4), .role = (enum member_role)db_col_i64(row, 5),
    };
    f->author = col_person(row, of_author, f->arena);
    f->session_alive = id_none(f->session) || !db_col_is_null(row, of_session);
    f->place.read_only = db_col_i64(row, of_curbs), f->place.slow_s = db_col_i64(row, of_curbs + 1);
    f->place.blocked = db_col_i64(row, of_curbs + 2), f->place.muted_us = db_col_i64(row, of_curbs + 3);
    f->posted_us = db_col_i64(row, of_curbs + 4);
}

static void col_facts(void *user, struct db_rows *row)
{
    struct led *led = user;
    size_t l = (size_t)db_col_i64(row, 0);
    for (size_t i = led->leader[l]; i < led->n; i++)
        if (led->of[i] == l) take_facts(&led->facts[i], row);
}

static void col_ids(void *user, struct db_rows *row)
{
    struct post_facts *f = (struct post_facts *)user + db_col_i64(row, 0);
    f->earlier.v = db_col_i64(row, 1);
    f->next.v = db_col_i64(row, 2);
}

static void number_from_the_first(struct post_facts *facts, size_t n)
{
    for (size_t i = 1; i < n; i++) facts[i].next.v = facts[0].next.v + (int64_t)i;
}

static void col_reply(void *user, struct db_rows *row)
{
    struct post_facts *f = ((struct post_facts **)user)[db_col_i64(row, 0)];
    f->reply_found = true;
    f->reply_author = col_person(row, 1, f->arena);
    f->reply_text = db_col_copy(row, 1 + PERSON_N_COLUMNS, f->arena);
    f->reply_deleted = !db_col_is_null(row, 2 + PERSON_N_COLUMNS);
    f->reply_seq = db_col_i64(row, 3 + PERSON_N_COLUMNS);
    f->reply_has_file = db_col_i64(row, 4 + PERSON_N_COLUMNS) > 0;
}

static enum fault ask_about_replies(struct store *store, struct post_facts *facts, size_t n)
{
    struct post_facts *replies[n];
    int64_t room[n], reply[n];
    size_t n_replies = 0;
    for (size_t i = 0; i < n; i++) {
        if (id_none(facts[i].reply_to)) continue;
        room[n_replies] = facts[i].room.v, reply[n_replies] = facts[i].reply_to.v;
        replies[n_replies++] = &facts[i];
    }
    struct db_column columns[] = { { .type = db_i64, .i64s = room }, { .type = db_i64, .i64s = reply } };
    return db_bulk(store->db, stmt_message_reply_facts, columns, 2, n_replies, col_reply, replies);
}

static enum fault ask_about_leaders(struct store *store, struct led *led, int64_t now_us)
{
    int64_t room[led->n_leaders], account[led->n_leaders], session[led->n_leaders], now[led->n_leaders];
    for (size_t l = 0; l < led->n_leaders; l++) {
        const struct post_facts *f = &led->facts[led->leader[l]];
        room[l] = f->room.v, account[l] = f->account.v, session[l] = f->session.v, now[l] = now_us;
    }
    struct db_column columns[] = {
        { .type = db_i64, .i64s = room }, { .type = db_i64, .i64s = account }, { .type = db_i64, .i64s = session }, { .type = db_i64, .i64s = now },
    };
    return db_bulk(store->db, stmt_message_post_facts, columns, sizeof columns / sizeof *columns, led->n_leaders, col_facts, led);
}

static enum fault ask_for_ids(struct store *store, struct post_facts *facts, size_t n)
{
    int64_t room[n], account[n];
    struct span key[n];
    for (size_t i = 0; i < n; i++) room[i] = facts[i].room.v, account[i] = facts[i].account.v, key[i] = facts[i].key;
    struct db_column columns[] = { { .type = db_i64, .i64s = room }, { .type = db_i64, .i64s = account }, { .type = db_text, .texts = key } };
    enum fault fault = db_bulk(store->db, stmt_message_post_ids, columns, sizeof columns / sizeof *columns, n, col_ids, facts);
    if (!fault && db_engine_of(store->db) == db_sqlite) number_from_the_first(facts, n);
    return fault;
}

enum fault store_message_post_facts(struct store *store, struct post_facts *facts, size_t n, int64_t now_us)
{
    size_t leader[n], of[n];
    struct led led = { .facts = facts, .n = n, .leader = leader, .of = of };
    find_leaders(&led);
    enum fault fault = ask_about_leaders(store, &led, now_us);
    if (!fault) fault = ask_for_ids(store, facts, n);
    return fault ? fault : ask_about_replies(store, facts, n);
}

enum fault store_message_keyed(struct store *store, struct room_id room, struct account_id author, struct span key, int64_t after_us,
                               struct message_id *out)
{
    return STORE_NUMBER(store, &out->v, message_keyed, DB_I64(room.v), DB_I64(author.v), DB_TEXT(key), DB_I64(after_us));
}

enum fault store_message_insert(struct store *store, const struct message *const *messages, size_t n)
{
    int64_t id[n], room[n], seq[n], author[n], reply_to[n], created_us[n];
    struct span text[n], key[n];
    for (size_t i = 0; i < n; i++) {
        const struct message *m = messages[i];
        id[i] = m->id.v, room[i] = m->room.v, seq[i] = m->seq, author[i] = m->author.id.v, text[i] = m->text, key[i] = m->key;
        reply_to[i] = m->reply_to.v, created_us[i] = m->created_us;
    }
    struct db_column columns[] = {
        { .type = db_i64, .i64s = id },     { .type = db_i64, .i64s = room }, { .type = db_i64, .i64s = seq },
        { .type = db_i64, .i64s = author }, { .type = db_text, .texts = text }, { .type = db_text, .texts = key },
        { .type = db_i64, .i64s = reply_to }, { .type = db_i64, .i64s = created_us },
    };
    return db_bulk(store->db, stmt_message_insert, columns, sizeof columns / sizeof *columns, n, NULL, NULL);
}

/* ---- Reading back */

void col_message(struct db_rows *rows, int c, struct arena *arena, struct message *out)
{
    int text = c + 3 + PERSON_N_COLUMNS, quote = text + 3 + PERSON_N_COLUMNS;
    *out = (struct message){
        .id = { db_col_i64(rows, c) }, .room = { db_col_i64(rows, c + 1) }, .seq = db_col_i64(rows, c + 2),
        .author = col_person(rows, c + 3, arena), .text = db_col_copy(rows, text, arena), .key = db_col_copy(rows, text + 1, arena),
        .reply_to = { db_col_i64(rows, text + 2) }, .reply_author = col_person(rows, text + 3, arena), .reply_text = db_col_copy(rows, quote, arena),
        .created_us = db_col_i64(rows, quote + 1), .edited_us = db_col_i64(rows, quote + 2), .deleted_us = db_col_i64(rows, quote + 3),
        .n_reactions = (size_t)db_col_i64(rows, quote + 4), .reply_seq = db_col_i64(rows, quote + 5),
        .mentions = db_col_copy(rows, quote + 6, arena), .n_versions = db_col_i64(rows, quote + 7), .pinned_us = db_col_i64(rows, quote + 8),
        .n_files = (size_t)db_col_i64(rows, quote + 9), .reply_has_file = db_col_i64(rows, quote + 10) > 0,
        .hook_name = db_col_copy(rows, quote + 11, arena),
    };
    struct span link = db_col_text(rows, quote + 12);
    if (!link.n) return;
    out->link_kind = (enum link_sort)(link.p[0] - '0');
    out->link = arena_copy(arena, span_make(link.p + 1, link.n - 1));
}

enum fault store_message_set_link(struct store *store, const struct message *m, struct arena *arena)
{
    return DB_EXEC(store->db, message_set_link, DB_I64(m->id.v), DB_TEXT(arena_printf(arena, "%d" SPAN_FMT, (int)m->link_kind, SPAN_ARG(m->link))));
}

enum fault store_message_room(struct store *store, struct message_id id, struct room_id *out)
{
    return STORE_NUMBER(store, &out->v, message_room, DB_I64(id.v));
}

enum fault store_message_by_id(struct store *store, struct room_id room, struct message_id id, struct arena *arena, struct message *out,
                               int64_t *original_out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, message_by_id, DB_I64(id.v), DB_I64(room.v));
    bool found = db_next(&rows);
    if (found) col_message(&rows, 0, arena, out);
    if (found && original_out) *original_out = db_col_i64(&rows, MESSAGE_N_COLUMNS);
    enum fault fault = rows_end_one(&rows, found);
    return fault ? fault : message_add_reactions(store, arena, &out, 1);
}

static enum fault add_reactions(struct store *store, struct arena *arena, const struct message_page *page)
{
    struct message **each = arena_array(arena, struct message *, page->n);
    for (size_t i = 0; i < page->n; i++) each[i] = &page->messages[i];
    return message_add_reactions(store, arena, each, page->n);
}

/* The statement was asked for one row more than max: that row only tells that the page has a successor. */
static enum fault end_page(struct store *store, struct db_rows *rows, size_t max, size_t max_bytes, struct arena *arena, struct message_page *out)
{
    size_t n_bytes = 0;
    *out = (struct message_page){ 0 };
    while (db_next(rows)) {
        out->more = out->n == max || n_bytes > max_bytes;
        if (out->more) break;
        struct message *m = ARRAY_PUSH(arena, out->messages, out->n);
        col_message(rows, 0, arena, m);
        n_bytes += m->text.n;
    }
    enum fault fault = db_end(rows);
    return fault ? fault : add_reactions(store, arena, out);
}

enum fault message_end_page(struct store *store, struct db_rows *rows, size_t max, struct arena *arena, struct message_page *out)
{
    return end_page(store, rows, max, SIZE_MAX, arena, out);
}

static void reverse(struct message *messages, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct message swapped = messages[i];
        messages[i] = messages[n - 1 - i];
        messages[n - 1 - i] = swapped;
    }
}

enum fault store_message_before(struct store *store, struct room_id room, int64_t before, size_t max, struct arena *arena, struct message_page *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, message_before, DB_I64(room.v), DB_I64(before), DB_I64((int64_t)max + 1));
    enum fault fault = end_page(store, &rows, max, SIZE_MAX, arena, out);
    reverse(out->messages, out->n);
    return fault;
}

enum fault store_message_nth_page(struct store *store, struct room_id room, int64_t page, int64_t limit, struct arena *arena, struct message_page *out,
                                  int64_t *total_out)
{
    struct db_rows rows;
    enum fault fault = STORE_NUMBER(store, total_out, desk_messages_count, DB_I64(room.v));
    if (fault) return fault;
    DB_QUERY(store->db, &rows, desk_messages_page, DB_I64(room.v), DB_I64(limit), DB_I64((page - 1) * limit));
    fault = end_page(store, &rows, (size_t)limit, SIZE_MAX, arena, out);
    reverse(out->messages, out->n);
    return fault;
}

enum fault store_message_after(struct store *store, struct room_id room, int64_t after, size_t max, size_t max_bytes, struct arena *arena,
                               struct message_page *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, message_after, DB_I64(room.v), DB_I64(after), DB_I64((int64_t)max + 1));
    return end_page(store, &rows, max, max_bytes, arena, out);
}

enum fault store_message_unread(struct store *store, struct room_id room, struct account_id account, int64_t read, int64_t *n_out)
{
    enum fault fault = STORE_NUMBER(store, n_out, message_unread, DB_I64(room.v), DB_I64(account.v), DB_I64(read));
    if (*n_out > ROOM_UNREAD_MAX) *n_out = ROOM_UNREAD_MAX;
    return fault;
}

/* ---- Changing */

enum fault store_message_edit(struct store *store, struct message_id id, struct span text, struct span mentions, int64_t original, int64_t now_us)
{
    enum fault fault = DB_EXEC(store->db, search_log_add, DB_I64(id.v));
    return fault ? fault : DB_EXEC(store->db, message_edit, DB_I64(id.v), DB_TEXT(text), DB_I64(original), DB_I64(now_us), DB_TEXT_OR_NULL(mentions));
}

enum fault store_message_delete(struct store *store, struct message_id id, int64_t original, int64_t now_us)
{
    enum fault fault = DB_EXEC(store->db, search_log_add, DB_I64(id.v));
    if (!fault) fault = DB_EXEC(store->db, reaction_remove_all, DB_I64(id.v));
    return fault ? fault : DB_EXEC(store->db, message_delete, DB_I64(id.v), DB_I64(original), DB_I64(now_us));
}

enum fault store_message_delete_text(struct store *store, struct message_id id, int64_t original, int64_t now_us)
{
    enum fault fault = DB_EXEC(store->db, search_log_add, DB_I64(id.v));
    return fault ? fault : DB_EXEC(store->db, message_delete_text, DB_I64(id.v), DB_I64(original), DB_I64(now_us));
}

enum fault store_message_touch(struct store *store, struct message_id id, int64_t original, int64_t now_us)
{
    return DB_EXEC(store->db, message_touch, DB_I64(id.v), DB_I64(original), DB_I64(now_us));
}
