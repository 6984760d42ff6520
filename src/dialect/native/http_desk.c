/* Native HTTP: the support desk, for agents. Decoders fill commands, encoders answer from them (routes.def). What is said in a chat, its files, read marks and
   typing go the ordinary ways of rooms. Runs on the request's loop. */
#include "base/clock.h"
#include "dialect/native/call.h"
#include <stdio.h>
#include <time.h>

#define CHATS_PAGE_DEFAULT 50
#define FIGURES_DEFAULT_DAYS 30
#define DAY_US (INT64_C(86400) * 1000000)
#define ID_MAX ((INT64_C(1) << 53) - 1)

static void reply_chat(struct call *a, const struct desk_view *chat)
{
    struct reply reply;
    reply_begin(&reply);
    encode_desk_chat(&reply.w, chat);
    reply_end(a, &reply, 200);
}

void encode_desk_me(struct call *a)
{
    const struct desk_me_out *out = &a->command->out.desk_me;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_string(&reply.w, "role", span_of(desk_role_word(out->role)));
    json_put_int(&reply.w, "capacity", out->capacity);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

/* ---- Looking */

static enum fault take_filter(struct call *a, struct desk_list_in *in)
{
    static const char *const filters[] = { "waiting", "mine", "all" };
    struct span filter = request_query_param(a->r, "filter"), state = request_query_param(a->r, "state");
    in->filter = id_none(in->account) ? desk_filter_all : desk_filter_of_customer;
    for (int i = 0; i < 3; i++)
        if (span_eq(filter, span_of(filters[i]))) in->filter = (enum desk_filter)(i + 1), filter.p = NULL;
    for (enum desk_state s = desk_waiting; s < desk_state_count; s++)
        if (span_eq(state, span_of(desk_state_word(s)))) in->state = s, state.p = NULL;
    if (filter.p || state.p) a->detail = filter.p ? "filter" : "state";
    return filter.p || state.p ? fault_invalid : fault_none;
}

enum fault decode_desk_list(struct call *a)
{
    struct desk_list_in *in = &a->command->in.desk_list;
    int64_t limit = 0;
    enum fault f = call_query_int(a, "customer", 1, ID_MAX, 0, &in->account.v);
    if (!f) f = take_filter(a, in);
    if (!f) f = call_query_int(a, "before", 1, ID_MAX, 0, &in->before.v);
    if (!f) f = call_query_int(a, "limit", 1, DESK_PAGE_MAX, CHATS_PAGE_DEFAULT, &limit);
    in->limit = (size_t)limit;
    return f;
}

void encode_desk_list(struct call *a)
{
    const struct desk_list_out *out = &a->command->out.desk_list;
    struct reply reply;
    reply_begin_list(&reply, "chats");
    for (size_t i = 0; i < out->n; i++) encode_desk_chat(&reply.w, &out->views[i]);
    json_end_array(&reply.w);
    json_put_bool(&reply.w, "more", out->more);
    json_put_int(&reply.w, "waiting", out->n_waiting);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

enum fault decode_desk_get(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.desk_get.room.v);
}

void encode_desk_got(struct call *a)
{
    reply_chat(a, &a->command->out.desk_get.chat);
}

/* ---- The queue */

enum fault decode_desk_next(struct call *a)
{
    a->command->in.desk_step.step = desk_step_assign;
    return fault_none;
}

/* With a body a supervisor names the agent. */
static enum fault take_agent(struct call *a, enum desk_step step)
{
    struct desk_step_in *in = &a->command->in.desk_step;
    struct body b;
    in->step = step;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (f || !request_body(a->r).n) return f;
    f = body_begin(a, &b);
    if (f) return f;
    in->agent.v = json_take_id_or_null(&b.fields, "agent");
    return body_end(a, &b);
}

static enum fault take_step(struct call *a, enum desk_step step)
{
    a->command->in.desk_step.step = step;
    return call_path_id(a, "room", &a->command->in.desk_step.room.v);
}

enum fault decode_desk_take(struct call *a) { return take_agent(a, desk_step_assign); }
enum fault decode_desk_lock(struct call *a) { return take_agent(a, desk_step_lock); }
enum fault decode_desk_unlock(struct call *a) { return take_step(a, desk_step_unlock); }
enum fault decode_desk_close(struct call *a) { return take_step(a, desk_step_close); }

enum fault decode_desk_transfer(struct call *a)
{
    struct body b;
    enum fault f = take_step(a, desk_step_transfer);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    a->command->in.desk_step.agent.v = json_take_id(&b.fields, "to");
    return body_end(a, &b);
}

void encode_desk_stepped(struct call *a)
{
    reply_chat(a, &a->command->out.desk_step.chat);
}

/* Why it could not be, and the chat as it is instead. */
void refuse_desk_step(struct call *a)
{
    const struct command *c = a->command;
    struct problem p = { c->fault, c->detail, c->retry_after_s };
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    problem_fields(&reply.w, &p, request_language(a->r));
    json_key(&reply.w, "chat");
    encode_desk_chat(&reply.w, &c->out.desk_step.chat);
    json_end_object(&reply.w);
    reply_end(a, &reply, problem_status(p.fault));
}

/* ---- Tags, notes, answers kept ready */

enum fault decode_desk_tags(struct call *a)
{
    struct desk_tags_set_in *in = &a->command->in.desk_tags_set;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    struct json_walk walk = json_walk(json_take_array(&b.fields, "tags"));
    if (walk.n > DESK_TAGS_MAX) json_bad(&b.fields, "tags"), walk.n = 0;
    struct span *tags = arena_array(a->command->arena, struct span, walk.n + 1);
    for (json_value *v; (v = json_walk_next(&walk)); in->n++) {
        if (!json_as_text(v, &tags[in->n])) json_bad(&b.fields, "tags");
        tags[in->n] = call_keep(a, tags[in->n]);
    }
    in->tags = tags;
    return body_end(a, &b);
}

void encode_desk_tagged(struct call *a)
{
    reply_chat(a, &a->command->out.desk_tags_set.chat);
}

static void encode_note(struct json_writer *w, const struct desk_note *note)
{
    json_begin_object(w);
    json_put_int(w, "id", note->id);
    json_key(w, "author");
    encode_person(w, &note->author);
    json_put_string(w, "text", note->text);
    json_put_time(w, "at", note->at_us);
    json_end_object(w);
}

enum fault decode_desk_notes(struct call *a)
{
    return call_path_id(a, "room", &a->command->in.desk_note_list.room.v);
}

void encode_desk_notes(struct call *a)
{
    const struct desk_note_list_out *out = &a->command->out.desk_note_list;
    struct reply reply;
    reply_begin_list(&reply, "notes");
    for (size_t i = 0; i < out->n; i++) encode_note(&reply.w, &out->notes[i]);
    reply_end_list(a, &reply);
}

enum fault decode_desk_note(struct call *a)
{
    struct desk_note_add_in *in = &a->command->in.desk_note_add;
    struct body b;
    enum fault f = call_path_id(a, "room", &in->room.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->text = call_keep(a, json_take_text(&b.fields, "text"));
    return body_end(a, &b);
}

void encode_desk_noted(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    encode_note(&reply.w, &a->command->out.desk_note_add.note);
    reply_end(a, &reply, 201);
}

static void encode_canned(struct json_writer *w, const struct desk_canned *c)
{
    json_begin_object(w);
    json_put_int(w, "id", c->id);
    json_put_string(w, "title", c->title);
    json_put_string(w, "shortcut", c->shortcut.n ? c->shortcut : (struct span){ 0 });
    json_put_string(w, "text", c->text);
    json_put_time(w, "updated_at", c->updated_us);
    json_end_object(w);
}

void encode_desk_canned_list(struct call *a)
{
    const struct desk_canned_list_out *out = &a->command->out.desk_canned_list;
    struct reply reply;
    reply_begin_list(&reply, "canned");
    for (size_t i = 0; i < out->n; i++) encode_canned(&reply.w, &out->canned[i]);
    reply_end_list(a, &reply);
}

enum fault decode_desk_canned(struct call *a)
{
    struct desk_canned *c = &a->command->in.desk_canned_put.canned;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    c->title = call_keep(a, json_take_text(&b.fields, "title"));
    c->text = call_keep(a, json_take_text(&b.fields, "text"));
    c->shortcut = call_keep(a, json_take_text_or_null(&b.fields, "shortcut"));
    return body_end(a, &b);
}

enum fault decode_desk_canned_change(struct call *a)
{
    enum fault f = call_path_id(a, "id", &a->command->in.desk_canned_put.canned.id);
    return f ? f : decode_desk_canned(a);
}

void encode_desk_canned(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    encode_canned(&reply.w, &a->command->out.desk_canned_put.canned);
    reply_end(a, &reply, a->command->in.desk_canned_put.canned.id ? 200 : 201);
}

enum fault decode_desk_canned_delete(struct call *a)
{
    return call_path_id(a, "id", &a->command->in.desk_canned_delete.id);
}

/* ---- Agents and figures */

static void encode_agent(struct json_writer *w, const struct desk_agent_view *agent, bool online)
{
    json_begin_object(w);
    json_key(w, "account");
    encode_person(w, &agent->person);
    json_put_string(w, "role", span_of(desk_role_word(agent->role)));
    json_put_int(w, "capacity", agent->capacity);
    json_put_int(w, "chats", agent->n_chats);
    json_put_bool(w, "online", online);
    json_end_object(w);
}

void encode_desk_agents(struct call *a)
{
    const struct desk_agent_list_out *out = &a->command->out.desk_agent_list;
    struct reply reply;
    reply_begin_list(&reply, "agents");
    for (size_t i = 0; i < out->n; i++) encode_agent(&reply.w, &out->agents[i], hub_is_online(a->door->hub, out->agents[i].person.id));
    reply_end_list(a, &reply);
}

enum fault decode_desk_agent(struct call *a)
{
    struct desk_agent_put_in *in = &a->command->in.desk_agent_put;
    struct body b;
    enum fault f = call_path_id(a, "account", &in->account.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    struct span role = json_take_text(&b.fields, "role");
    in->role = span_eq(role, SPAN("supervisor")) ? desk_role_supervisor : span_eq(role, SPAN("agent")) ? desk_role_agent : desk_role_none;
    if (in->role == desk_role_none && !span_eq(role, SPAN("none"))) json_bad(&b.fields, "role");
    in->capacity = json_take_int_or(&b.fields, "capacity", 0, DESK_CAPACITY_MAX, 0);
    return body_end(a, &b);
}

void encode_desk_agent(struct call *a)
{
    const struct desk_agent_view *agent = &a->command->out.desk_agent_put.agent;
    struct reply reply;
    reply_begin(&reply);
    encode_agent(&reply.w, agent, hub_is_online(a->door->hub, agent->person.id));
    reply_end(a, &reply, 200);
}

/* "2026-11-21" as days since 1970. */
static enum fault query_day(struct call *a, const char *name, int64_t none, int64_t *out)
{
    struct span text = request_query_param(a->r, name), rest, month = { 0 }, day = { 0 };
    int64_t y = 0, m = 0, d = 0;
    *out = none;
    if (!text.p) return fault_none;
    struct span year = span_cut(text, '-', &rest);
    month = span_cut(rest, '-', &day);
    bool reads = text.n == 10 && year.n == 4 && month.n == 2 && span_to_i64(year, &y) && span_to_i64(month, &m) && span_to_i64(day, &d);
    struct tm tm = { .tm_year = (int)y - 1900, .tm_mon = (int)m - 1, .tm_mday = (int)d };
    time_t at = reads && y >= 1970 ? timegm(&tm) : -1;
    if (at >= 0 && tm.tm_mday == d && tm.tm_mon == m - 1) {
        *out = at / 86400;
        return fault_none;
    }
    a->detail = name;
    return fault_invalid;
}

enum fault decode_desk_figures(struct call *a)
{
    struct desk_figures_in *in = &a->command->in.desk_figures;
    enum fault f = query_day(a, "to", clock_wall_us() / DAY_US, &in->to_day);
    int64_t first = in->to_day >= FIGURES_DEFAULT_DAYS ? in->to_day - FIGURES_DEFAULT_DAYS + 1 : 0;
    return f ? f : query_day(a, "from", first, &in->from_day);
}

/* The mean with two digits; null: of nothing. */
static void put_mean(struct json_writer *w, const char *name, int64_t sum, int64_t n)
{
    char text[32];
    json_key(w, name);
    if (!n) {
        json_null(w);
        return;
    }
    int64_t hundredths = (sum * 100 + n / 2) / n;
    int length = snprintf(text, sizeof text, "%lld.%02lld", (long long)(hundredths / 100), (long long)(hundredths % 100));
    json_raw(w, span_make(text, (size_t)length));
}

static void encode_figure(struct json_writer *w, const struct desk_figure *f)
{
    char day[16];
    time_t at = (time_t)(f->day * 86400);
    struct tm tm;
    strftime(day, sizeof day, "%Y-%m-%d", gmtime_r(&at, &tm));
    json_begin_object(w);
    json_put_string(w, "day", span_of(day));
    json_key(w, "agent");
    encode_person(w, &f->agent);
    json_put_int(w, "taken", f->taken);
    json_put_int(w, "closed", f->closed);
    json_put_int(w, "messages", f->messages);
    put_mean(w, "first_answer_s", f->answers_s, f->n_answers);
    put_mean(w, "rating", f->ratings, f->n_ratings);
    json_put_int(w, "n_ratings", f->n_ratings);
    json_end_object(w);
}

void encode_desk_figures(struct call *a)
{
    const struct desk_figures_out *out = &a->command->out.desk_figures;
    struct reply reply;
    reply_begin_list(&reply, "days");
    for (size_t i = 0; i < out->n; i++) encode_figure(&reply.w, &out->figures[i]);
    reply_end_list(a, &reply);
}
