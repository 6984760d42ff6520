/* /api/chats…: opening, lists, the steps of the queue (D-10 to D-19). Runs on the request's loop. Each route reads its fields, finds who asks
   (identity.c), sends one command and answers with what comes home; what it caused is told by the hub in the same turn. */
#include "base/clock.h"
#include "dialect/desk/call.h"
#include "dialect/desk/encode.h"

#define ALL_MAX 1000 /* chats of one list (D-14) */
#define BODY_MAX_BYTES (8u << 20)

/* ---- Answers */

/* body may lie in the request's arena, which is gone with the answer. */
static void answer_built(struct desk_call *call, const struct buf *body)
{
    struct buf built = *body;
    if (built.failed) desk_answer_fault(call->r, fault_too_large, NULL, 0);
    else desk_answer(call->r, 200, buf_span(&built));
    buf_fini(&built);
}

static struct json_writer begin(struct buf *body)
{
    buf_init(body, BODY_MAX_BYTES);
    struct json_writer w = json_writer(body);
    json_begin_object(&w);
    json_put_bool(&w, "success", true);
    return w;
}

static void answer_chat(struct desk_call *call, const struct desk_view *v)
{
    struct buf body;
    struct json_writer w = begin(&body);
    json_key(&w, "chat");
    desk_encode_chat(&w, v);
    json_end_object(&w);
    answer_built(call, &body);
}

/* ---- POST /api/chats */

static void opened(void *user, struct command *c)
{
    struct desk_call *call = user;
    const struct desk_open_out *out = &c->out.desk_open;
    struct buf body;
    if (c->fault) {
        desk_answer_fault(call->r, c->fault, c->detail, c->retry_after_s);
    } else {
        struct json_writer w = begin(&body);
        json_key(&w, "chat");
        desk_encode_chat(&w, &out->chat);
        json_put_bool(&w, "isNew", out->is_new);
        if (call->visitor_token.n) json_put_string(&w, "visitorToken", call->visitor_token);
        json_end_object(&w);
        answer_built(call, &body);
    }
    command_destroy(c);
}

static void open_chat(struct desk_call *call)
{
    if (desk_call_may(call, limit_change)) desk_call_submit(call, command_create(command_desk_open, call->who.actor), opened);
}

static void post_chats(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    call->claimed = desk_input_id(&in, "userId");
    call->name = desk_input_name(&in, "userName");
    call->makes_visitor = true;
    call->next = open_chat;
    if (!desk_call_fields_end(call, &in)) return;
    if (!call->claimed.text.n) desk_refuse(r, 400, "userId majburiy");
    else desk_identify(call);
}

/* ---- Lists */

struct listing {
    struct desk_call *call;
    struct buf body;
    struct json_writer w;
    size_t n;
};

static void list_on(struct listing *l, struct room_id before);

/* The old words know one state less than ours (D-03). */
static bool is_status(const struct desk_view *v, struct span status)
{
    if (!status.n) return true;
    const char *word = v->state == desk_closed ? "closed" : v->state == desk_waiting ? "waiting" : "active";
    return span_eq(status, span_of(word));
}

static void list_end(struct listing *l, const struct command *c)
{
    if (c->fault) {
        buf_fini(&l->body);
        desk_answer_fault(l->call->r, c->fault, c->detail, c->retry_after_s);
        return;
    }
    json_end_array(&l->w);
    json_end_object(&l->w);
    answer_built(l->call, &l->body);
}

static void listed(void *user, struct command *c)
{
    struct listing *l = user;
    const struct desk_list_out *out = &c->out.desk_list;
    for (size_t i = 0; !c->fault && i < out->n && l->n < ALL_MAX; i++) {
        if (!is_status(&out->views[i], l->call->status)) continue;
        desk_encode_chat(&l->w, &out->views[i]);
        l->n++;
    }
    if (!c->fault && out->more && l->n < ALL_MAX && !request_is_orphan(l->call->r)) list_on(l, out->views[out->n - 1].room);
    else list_end(l, c);
    command_destroy(c);
}

static void list_on(struct listing *l, struct room_id before)
{
    struct command *c = command_create(command_desk_list, l->call->who.actor);
    c->in.desk_list = (struct desk_list_in){ .filter = l->call->filter, .account = l->call->agent, .before = before, .limit = DESK_PAGE_MAX };
    gate_submit(l->call->door->gate, c, listed, l);
}

static void list_begin(struct desk_call *call)
{
    struct listing *l = arena_new(call->arena, struct listing);
    l->call = call;
    l->w = begin(&l->body);
    json_key(&l->w, "chats");
    json_begin_array(&l->w);
    list_on(l, (struct room_id){ 0 });
}

static bool is_self(const struct desk_call *call)
{
    return !call->claimed.text.n || span_eq(call->claimed.text, call->who.id);
}

/* Others' lists are found by the name on the wire; whether the asker may see them the core says. */
static void list_of(struct desk_call *call)
{
    if (!desk_call_may(call, limit_ask)) return;
    bool wants_customer = call->filter == desk_filter_of_customer;
    bool about_others = wants_customer ? !call->who.is_customer : call->filter == desk_filter_mine && !is_self(call);
    if (about_others) desk_find_account(call, call->claimed.text, wants_customer, &call->agent, list_begin);
    else list_begin(call);
}

static void get_list(struct request *r, enum desk_filter filter, struct span claimed)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    call->filter = filter;
    call->claimed.text = claimed;
    call->side = filter == desk_filter_of_customer ? desk_side_customer : desk_side_agent;
    call->names_others = true;
    call->next = list_of;
    if (filter == desk_filter_all) call->status = desk_input_text(&in, "status");
    if (filter == desk_filter_waiting) {
        call->claimed = desk_input_id(&in, "adminId");
        call->is_super = desk_input_truth(&in, "isSuperAdmin");
    }
    if (desk_call_fields_end(call, &in)) desk_identify(call);
}

static void get_of_user(struct request *r) { get_list(r, desk_filter_of_customer, request_param(r, "user")); }
static void get_waiting(struct request *r) { get_list(r, desk_filter_waiting, (struct span){ 0 }); }
static void get_of_admin(struct request *r) { get_list(r, desk_filter_mine, request_param(r, "admin")); }
static void get_all(struct request *r) { get_list(r, desk_filter_all, (struct span){ 0 }); }

/* ---- Steps */

/* D-32, D-33 */
static void refuse_assigned(struct desk_call *call, int status, const char *words, const struct desk_view *v)
{
    struct buf body;
    buf_init(&body, 4096);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    json_put_string(&w, "error", span_of(words));
    json_put_string(&w, "assignedTo", id_none(v->agent.id) ? (struct span){ 0 } : desk_person_name(&v->agent));
    json_end_object(&w);
    desk_answer(call->r, status, buf_span(&body));
    buf_fini(&body);
}

static bool is_detail(const struct command *c, const char *a, const char *b)
{
    return c->detail && (strcmp(c->detail, a) == 0 || strcmp(c->detail, b) == 0);
}

static void stepped(void *user, struct command *c)
{
    struct desk_call *call = user;
    const struct desk_view *chat = &c->out.desk_step.chat;
    if (!c->fault)
        answer_chat(call, chat);
    else if (c->fault == fault_conflict && is_detail(c, "assigned", "locked"))
        refuse_assigned(call, 400, "Chat boshqa adminga biriktirilgan", chat);
    else if (c->fault == fault_forbidden && is_detail(c, "assigned", "role") && call->step == desk_step_unlock)
        refuse_assigned(call, 403, "Siz bu chatni ocha olmaysiz", chat);
    else if (c->fault == fault_invalid && is_detail(c, "agent", "agent"))
        desk_answer_fault(call->r, fault_invalid, call->step == desk_step_transfer ? "toAdminId" : "adminId", 0);
    else
        desk_answer_fault(call->r, c->fault, c->detail, c->retry_after_s);
    command_destroy(c);
}

static void step(struct desk_call *call)
{
    struct command *c = command_create(command_desk_step, call->who.actor);
    c->in.desk_step = (struct desk_step_in){ .room = call->room, .step = call->step, .agent = call->agent, .from = call->from };
    desk_call_submit(call, c, stepped);
}

static void step_from(struct desk_call *call)
{
    if (call->claimed.text.n && !is_self(call)) desk_find_account(call, call->claimed.text, false, &call->from, step);
    else step(call);
}

/* assign and lock: adminId gets it. transfer: from fromAdminId to toAdminId. */
static void step_by(struct desk_call *call)
{
    if (!desk_call_may(call, limit_change)) return;
    if (call->step == desk_step_transfer) {
        if (call->claimed.text.n && is_self(call)) call->from = call->who.actor.account;
        desk_find_account(call, call->other, false, &call->agent, step_from);
    } else if (call->step != desk_step_unlock && !call->who.is_customer && !is_self(call)) {
        desk_find_account(call, call->claimed.text, false, &call->agent, step);
    } else {
        step(call);
    }
}

static struct desk_call *step_begin(struct request *r, struct desk_input *in, enum desk_step which)
{
    struct desk_call *call = desk_call_begin(r, in);
    if (!call) return NULL;
    call->step = which;
    call->side = desk_side_agent;
    call->names_others = true;
    call->next = step_by;
    return call;
}

static void post_take(struct request *r, enum desk_step which)
{
    struct desk_input in;
    struct desk_call *call = step_begin(r, &in, which);
    if (!call) return;
    struct span chat = desk_input_name(&in, "chatId");
    call->claimed = desk_input_id(&in, "adminId");
    call->name = call->other_name = desk_input_name(&in, "adminName");
    if (!desk_call_fields_end(call, &in)) return;
    if (!call->claimed.text.n) desk_refuse(r, 400, "chatId va adminId majburiy");
    else if (desk_call_room(call, chat, "chatId", "chatId va adminId majburiy")) desk_identify(call);
}

static void post_assign(struct request *r) { post_take(r, desk_step_assign); }
static void post_lock(struct request *r) { post_take(r, desk_step_lock); }

static void post_transfer(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = step_begin(r, &in, desk_step_transfer);
    if (!call) return;
    struct span chat = desk_input_name(&in, "chatId");
    call->claimed = desk_input_id(&in, "fromAdminId");
    call->other = desk_input_name(&in, "toAdminId");
    call->other_name = desk_input_name(&in, "toAdminName");
    if (!desk_call_fields_end(call, &in) || !desk_call_room(call, chat, "chatId", "chatId majburiy")) return;
    if (!call->other.n) desk_answer_fault(r, fault_invalid, "toAdminId", 0);
    else desk_identify(call);
}

static void post_unlock(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = step_begin(r, &in, desk_step_unlock);
    if (!call) return;
    struct span chat = desk_input_name(&in, "chatId");
    call->claimed = desk_input_id(&in, "adminId");
    call->is_super = desk_input_truth(&in, "isSuperAdmin");
    if (desk_call_fields_end(call, &in) && desk_call_room(call, chat, "chatId", "chatId majburiy")) desk_identify(call);
}

/* D-19 */
static void patch_close(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = step_begin(r, &in, desk_step_close);
    if (!call) return;
    if (desk_call_fields_end(call, &in) && desk_call_room(call, request_param(r, "chat"), "chatId", "chatId majburiy")) desk_identify(call);
}

/* ---- Ours, for the widget (D-90, D-91) */

static bool anybody_is_there(const struct desk_call *call, const struct desk_mine_out *mine)
{
    for (size_t i = 0; i < mine->n_agents; i++)
        if (hub_is_online(call->door->hub, mine->agents[i])) return true;
    return false;
}

static void put_queue(struct json_writer *w, const struct desk_view *v)
{
    json_key(w, "queue");
    if (v->state != desk_waiting) {
        json_null(w);
        return;
    }
    json_begin_object(w);
    json_put_int(w, "position", v->position);
    json_key(w, "waitSeconds");
    if (v->wait_s < 0) json_null(w);
    else json_int(w, v->wait_s);
    json_end_object(w);
}

static void answer_mine(void *user, struct command *c)
{
    struct desk_call *call = user;
    const struct desk_mine_out *out = &c->out.desk_mine;
    struct buf body;
    if (c->fault) {
        desk_answer_fault(call->r, c->fault, c->detail, c->retry_after_s);
    } else {
        struct json_writer w = begin(&body);
        json_put_string(&w, "userId", call->who.id.n ? call->who.id : (struct span){ 0 });
        json_key(&w, "chat");
        if (id_none(out->chat.room)) json_null(&w);
        else desk_encode_chat(&w, &out->chat);
        put_queue(&w, &out->chat);
        json_put_id(&w, "rating", out->chat.rating);
        json_put_bool(&w, "agentsOnline", anybody_is_there(call, out));
        json_put_int(&w, "maxFileBytes", call->door->settings->file_max_bytes);
        json_end_object(&w);
        answer_built(call, &body);
    }
    command_destroy(c);
}

static void mine(struct desk_call *call)
{
    if (id_none(call->who.actor.account) || desk_call_may(call, limit_ask))
        desk_call_submit(call, command_create(command_desk_mine, call->who.actor), answer_mine);
}

static void get_mine(struct request *r)
{
    struct desk_call *call = desk_call_begin_without_body(r);
    call->claimed.text = call->signed_id;
    call->may_be_nobody = true;
    call->next = mine;
    desk_identify(call);
}

static void rated(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (c->fault) desk_answer_fault(call->r, c->fault, c->detail, c->retry_after_s);
    else answer_chat(call, &c->out.desk_rate.chat);
    command_destroy(c);
}

static void rate(struct desk_call *call)
{
    if (!desk_call_may(call, limit_change)) return;
    struct command *c = command_create(command_desk_rate, call->who.actor);
    c->in.desk_rate = (struct desk_rate_in){ call->room, call->page };
    desk_call_submit(call, c, rated);
}

static void post_rating(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    call->page = desk_input_number(&in, "rating", 0, 6, 0); /* the core refuses what is not 1 to 5 */
    call->next = rate;
    if (desk_call_fields_end(call, &in) && desk_call_room(call, request_param(r, "chat"), "chatId", "")) desk_identify(call);
}

static const struct route rows[] = {
    { "GET", "/api/chats/mine", get_mine },
    { "POST", "/api/chats/{chat}/rating", post_rating, DESK_BODY_ROUTE_BYTES },
    { "POST", "/api/chats", post_chats, DESK_BODY_ROUTE_BYTES },
    { "GET", "/api/chats/user/{user}", get_of_user },
    { "GET", "/api/chats/waiting", get_waiting },
    { "GET", "/api/chats/admin/{admin}", get_of_admin },
    { "GET", "/api/chats/all", get_all },
    { "POST", "/api/chats/assign", post_assign, DESK_BODY_ROUTE_BYTES },
    { "POST", "/api/chats/transfer", post_transfer, DESK_BODY_ROUTE_BYTES },
    { "POST", "/api/chats/lock", post_lock, DESK_BODY_ROUTE_BYTES },
    { "POST", "/api/chats/unlock", post_unlock, DESK_BODY_ROUTE_BYTES },
    { "PATCH", "/api/chats/{chat}/close", patch_close, DESK_BODY_ROUTE_BYTES },
};

void desk_chats_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
