/* suhbat users, suhbat rooms: tables for people, --json for programs. Read only, so they run beside a server. */
#include "app/command.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "store/store_open.h"
#include "wire/json.h"
#include <stdio.h>

enum { key_json = 'j', page_rows = 500, json_max_bytes = 1 << 20 };

static error_t take(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != key_json) return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

/* One page, from behind the id of the row before; *after becomes that of the last one. Prints. *n_out: rows. */
typedef enum fault page_fn(struct store *store, struct arena *arena, bool json, bool first, int64_t *after, size_t *n_out);

static struct span day_of(struct arena *arena, int64_t us)
{
    char text[32];
    if (!us) return SPAN("-");
    clock_iso(us, "", text);
    return arena_copy(arena, span_make(text, 16));
}

/* Left-aligned in so many columns, cut when longer: one code point is taken for one column. */
static void cell(struct span s, size_t width)
{
    size_t n = 0, at = 0;
    while (at < s.n && n < width) {
        do at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80);
        n++;
    }
    fwrite(s.p ? s.p : "", 1, at, stdout);
    printf("%*s", (int)(width - n + 2), "");
}

static void put_text(struct json_writer *w, const char *name, struct span s)
{
    json_put_string(w, name, s.n ? s : (struct span){ 0 });
}

static void json_row(struct buf *line, bool first)
{
    printf("%s" SPAN_FMT, first ? "" : ",\n ", SPAN_ARG(buf_span(line)));
    buf_fini(line);
}

static void user_json(const struct user_view *u, bool first)
{
    struct buf line;
    buf_init(&line, json_max_bytes);
    struct json_writer w = json_writer(&line);
    json_begin_object(&w);
    json_put_int(&w, "id", u->account.person.id.v);
    put_text(&w, "username", u->account.person.username);
    put_text(&w, "name", u->account.person.name);
    put_text(&w, "email", u->account.email);
    json_put_bool(&w, "bot", u->account.person.bot);
    json_put_bool(&w, "site_admin", u->account.site_admin);
    json_put_bool(&w, "deactivated", u->deactivated_us != 0);
    json_put_bool(&w, "erased", u->erased_us != 0);
    json_put_int(&w, "n_rooms", u->n_rooms);
    json_put_int(&w, "n_sessions", u->n_sessions);
    json_put_time(&w, "created_at", u->account.created_us);
    json_put_time(&w, "last_seen", u->last_seen_us);
    json_end_object(&w);
    json_row(&line, first);
}

static const char *state_of(const struct user_view *u)
{
    if (u->erased_us) return "deleted";
    if (u->deactivated_us) return "deactivated";
    if (u->account.person.bot) return "bot";
    return u->account.site_admin ? "administrator" : "";
}

static void user_row(struct arena *arena, const struct user_view *u)
{
    printf("%6lld  ", (long long)u->account.person.id.v);
    cell(u->account.person.username, 24), cell(u->account.email, 32);
    printf("%5lld  %8lld  ", (long long)u->n_rooms, (long long)u->n_sessions);
    cell(day_of(arena, u->last_seen_us), 16);
    printf("%s\n", state_of(u));
}

static enum fault page_of_users(struct store *store, struct arena *arena, bool json, bool first, int64_t *after, size_t *n_out)
{
    struct user_view *users;
    enum fault fault = store_user_list(store, SPAN(""), (struct account_id){ *after }, page_rows, clock_wall_us(), arena, &users, n_out);
    if (fault) return fault;
    if (first && !json) printf("%6s  %-24s  %-32s  %5s  %8s  %-16s  %s\n", "id", "user name", "e-mail", "rooms", "sessions", "last seen", "state");
    for (size_t i = 0; i < *n_out; i++) {
        if (json) user_json(&users[i], first && i == 0);
        else user_row(arena, &users[i]);
        *after = users[i].account.person.id.v;
    }
    return fault_none;
}

static const char *kind_of(enum room_kind kind)
{
    switch (kind) {
    case room_lobby: return "lobby";
    case room_group: return "group";
    case room_direct: return "direct";
    case room_guild: return "guild";
    case room_desk: return "desk";
    case room_channel: break;
    }
    return "channel";
}

static void room_json(const struct admin_room_view *r, bool first)
{
    struct buf line;
    buf_init(&line, json_max_bytes);
    struct json_writer w = json_writer(&line);
    json_begin_object(&w);
    json_put_int(&w, "id", r->id.v);
    json_put_string(&w, "kind", span_of(kind_of(r->kind)));
    json_put_id(&w, "guild", r->guild.v);
    put_text(&w, "name", r->name);
    json_put_bool(&w, "public", r->public);
    json_put_int(&w, "n_members", r->n_members);
    json_put_int(&w, "n_messages", r->n_messages);
    json_put_time(&w, "created_at", r->created_us);
    json_put_time(&w, "last_at", r->last_us);
    json_end_object(&w);
    json_row(&line, first);
}

static void room_row(struct arena *arena, const struct admin_room_view *r)
{
    printf("%6lld  %-8s  ", (long long)r->id.v, kind_of(r->kind));
    cell(r->name, 32);
    printf("%7lld  %8lld  ", (long long)r->n_members, (long long)r->n_messages);
    cell(day_of(arena, r->last_us), 16);
    cell(r->last_has_file && !r->last_text.n ? SPAN("(file)") : r->last_text, ADMIN_PREVIEW_POINTS);
    putchar('\n');
}

static enum fault page_of_rooms(struct store *store, struct arena *arena, bool json, bool first, int64_t *after, size_t *n_out)
{
    struct admin_room_view *rooms;
    enum fault fault = store_admin_rooms(store, SPAN(""), (struct room_id){ *after }, page_rows, arena, &rooms, n_out);
    if (fault) return fault;
    if (first && !json) printf("%6s  %-8s  %-32s  %7s  %8s  %-16s  %s\n", "id", "kind", "name", "members", "messages", "last message", "");
    for (size_t i = 0; i < *n_out; i++) {
        if (json) room_json(&rooms[i], first && i == 0);
        else room_row(arena, &rooms[i]);
        *after = rooms[i].id.v;
    }
    return fault_none;
}

static enum fault print_all(const char *url, bool json, page_fn *page)
{
    struct store *store;
    int64_t after = 0;
    size_t n = page_rows;
    enum fault fault = store_open(url, db_reader, &store);
    if (fault) return fault;
    if (json) printf("[");
    for (bool first = true; !fault && n == page_rows; first = false) {
        struct arena *arena = arena_create(1 << 16, 64 << 20);
        if (!arena) fault = fault_unavailable;
        else fault = page(store, arena, json, first, &after, &n);
        if (arena) arena_destroy(arena);
    }
    if (json) printf("]\n");
    store_close(store);
    return fault;
}

static int list(const char *doc, page_fn *page, int argc, char **argv)
{
    static const struct argp_option options[] = { { .name = "json", .key = key_json, .doc = "print JSON in place of a table" }, { 0 } };
    struct config_flags flags = { 0 };
    struct config config;
    bool json = false;
    command_line_parse(&(struct command_line){ .doc = doc, .options = options, .parse = take, .own = &json, .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    enum fault fault = print_all(config.database_url, json, page);
    if (fault) fprintf(stderr, "%s: the database cannot be read: %s\n", argv[0], fault_word(fault));
    config_fini(&config);
    return command_exit_code(fault);
}

int command_users(int argc, char **argv)
{
    return list("Lists the users.", page_of_users, argc, argv);
}

int command_rooms_list(int argc, char **argv)
{
    return list("Lists the rooms with their members and messages.", page_of_rooms, argc, argv);
}
