/* /api/messages… and /api/status (D-20 to D-28). Runs on the request's loop. What a route tells in passing (typing, reads, status) is told in the very
   words of its caller, by say.c. */
#include "base/clock.h"
#include "dialect/desk/call.h"
#include "dialect/desk/encode.h"
#include "dialect/desk/files.h"
#include "dialect/desk/say.h"

#define BODY_MAX_BYTES (64u << 20) /* a page of the longest messages, escaped */
#define PAGE_STANDARD 50

static struct json_writer begin(struct buf *body)
{
    buf_init(body, BODY_MAX_BYTES);
    struct json_writer w = json_writer(body);
    json_begin_object(&w);
    json_put_bool(&w, "success", true);
    return w;
}

static void end(struct desk_call *call, struct buf *body, struct json_writer *w)
{
    json_end_object(w);
    if (body->failed) desk_answer_fault(call->r, fault_too_large, NULL, 0);
    else desk_answer(call->r, 200, buf_span(body));
    buf_fini(body);
}

static bool went_wrong(struct desk_call *call, struct command *c)
{
    if (!c->fault) return false;
    desk_answer_fault(call->r, c->fault, c->detail, c->retry_after_s);
    command_destroy(c);
    return true;
}

/* ---- GET /api/messages/:chatId */

static void put_pagination(struct json_writer *w, const struct desk_call *call, int64_t total)
{
    json_key(w, "pagination");
    json_begin_object(w);
    json_put_int(w, "page", call->page);
    json_put_int(w, "limit", call->limit);
    json_put_int(w, "total", total);
    json_put_int(w, "pages", (total + call->limit - 1) / call->limit);
    json_end_object(w);
}

static void paged(void *user, struct command *c)
{
    struct desk_call *call = user;
    const struct desk_page_out *out = &c->out.desk_page;
    struct buf body;
    if (went_wrong(call, c)) return;
    struct json_writer w = begin(&body);
    json_key(&w, "messages");
    json_begin_array(&w);
    for (size_t i = 0; i < out->n; i++) desk_encode_message(&w, &out->messages[i], desk_marks_of(&out->chat), call->door->settings->key);
    json_end_array(&w);
    put_pagination(&w, call, out->total);
    end(call, &body, &w);
    command_destroy(c);
}

static void page(struct desk_call *call)
{
    if (!desk_call_may(call, limit_ask)) return;
    struct command *c = command_create(command_desk_page, call->who.actor);
    c->in.desk_page = (struct desk_page_in){ call->room, call->page, call->limit };
    desk_call_submit(call, c, paged);
}

static void get_messages(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    call->side = desk_side_agent;
    call->names_others = true;
    call->page = desk_input_number(&in, "page", 1, INT32_MAX, 1);
    call->limit = desk_input_number(&in, "limit", 1, DESK_MESSAGES_MAX, PAGE_STANDARD);
    call->next = page;
    if (desk_call_fields_end(call, &in) && desk_call_room(call, request_param(r, "chat"), "chatId", "")) desk_identify(call);
}

/* ---- POST /api/messages */

static void answer_posted(void *user, struct command *c)
{
    struct desk_call *call = user;
    struct command *said = call->posted;
    struct buf body;
    if (went_wrong(call, c)) {
        command_destroy(said);
        return;
    }
    const struct desk_view *chat = &c->out.desk_get.chat;
    struct json_writer w = begin(&body);
    json_key(&w, "message");
    desk_encode_message(&w, &said->out.message_post.message, desk_marks_of(chat), call->door->settings->key);
    json_key(&w, "chat");
    desk_encode_chat(&w, chat);
    if (call->visitor_token.n) json_put_string(&w, "visitorToken", call->visitor_token);
    end(call, &body, &w);
    command_destroy(said);
    command_destroy(c);
}

/* The chat as it is after the message. */
static void posted(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (went_wrong(call, c)) return;
    call->posted = c;
    struct command *get = command_create(command_desk_get, call->who.actor);
    get->in.desk_get.room = call->room;
    desk_call_submit(call, get, answer_posted);
}

static void post(struct desk_call *call)
{
    struct command *c = command_create(command_message_post, call->who.actor);
    struct message_post_in *in = &c->in.message_post;
    struct file_id *files = arena_new(c->arena, struct file_id);
    in->room = call->room;
    in->desk_only = true;
    in->text = arena_copy(c->arena, call->text);
    in->key = arena_copy(c->arena, call->key);
    if (call->link.n && desk_file_of_url(call->link, files))
        in->files = files, in->n_files = 1;
    else if (call->link.n)
        in->link = arena_copy(c->arena, call->link), in->link_kind = call->link_kind ? call->link_kind : link_file;
    desk_call_submit(call, c, posted);
}

static void opened(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (went_wrong(call, c)) return;
    call->room = c->out.desk_open.chat.room;
    command_destroy(c);
    post(call);
}

/* D-21: what a customer says without a chat begins one. */
static void say(struct desk_call *call)
{
    bool is_agent = call->side == desk_side_agent;
    if (is_agent == call->who.is_customer)
        desk_answer_fault(call->r, fault_forbidden, NULL, 0);
    else if (!desk_call_may(call, limit_send))
        return;
    else if (!id_none(call->room))
        post(call);
    else
        desk_call_submit(call, command_create(command_desk_open, call->who.actor), opened);
}

static bool is_word(struct span s, const char *a, const char *b)
{
    return span_eq(s, span_of(a)) || span_eq(s, span_of(b));
}

/* D-30, D-31: what is missing first, then what is wrong. */
static bool check_message(struct desk_call *call, struct span type, struct span sort, struct span chat)
{
    struct request *r = call->r;
    if (!call->claimed.text.n || !type.n || !call->text.n)
        desk_refuse(r, 400, "Majburiy maydonlar to'ldirilmagan");
    else if (!is_word(type, "user", "admin"))
        desk_answer_fault(r, fault_invalid, "senderType", 0);
    else if (sort.n && !is_word(sort, "text", "image") && !is_word(sort, "file", "file"))
        desk_answer_fault(r, fault_invalid, "messageType", 0);
    else if (!chat.n && call->side == desk_side_agent)
        desk_answer_fault(r, fault_not_found, NULL, 0); /* D-34 */
    else
        return !chat.n || desk_call_room(call, chat, "chatId", "");
    return false;
}

static void post_messages(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    struct span chat = desk_input_name(&in, "chatId"), type = desk_input_text(&in, "senderType"), sort = desk_input_text(&in, "messageType");
    call->claimed = desk_input_id(&in, "senderId");
    call->name = desk_input_name(&in, "senderName");
    call->text = desk_input_text(&in, "content");
    call->link = desk_input_text(&in, "fileUrl");
    call->key = desk_input_text(&in, "clientKey");
    call->link_kind = span_eq(sort, SPAN("image")) ? link_image : span_eq(sort, SPAN("file")) ? link_file : link_none;
    call->side = span_eq(type, SPAN("admin")) ? desk_side_agent : desk_side_customer;
    call->makes_visitor = call->side == desk_side_customer && !chat.n;
    call->next = say;
    if (desk_call_fields_end(call, &in) && check_message(call, type, sort, chat)) desk_identify(call);
}

/* ---- POST /api/messages/read */

static void marked(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (went_wrong(call, c)) return;
    command_destroy(c);
    say_read(call->door, call->room, call->who.actor.account, call->claimed.json, call->name, true);
    desk_answer_success(call->r);
}

static void mark(struct desk_call *call)
{
    if (!desk_call_may(call, limit_change)) return;
    struct command *c = command_create(command_desk_read, call->who.actor);
    c->in.desk_read = (struct desk_read_in){ call->room, true };
    desk_call_submit(call, c, marked);
}

static void post_read(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    struct span chat = desk_input_name(&in, "chatId");
    call->claimed = desk_input_id(&in, "readerId");
    call->name = desk_input_text(&in, "readerType");
    call->side = span_eq(call->name, SPAN("admin")) ? desk_side_agent : desk_side_customer;
    call->next = mark;
    if (desk_call_fields_end(call, &in) && desk_call_room(call, chat, "chatId", "chatId majburiy")) desk_identify(call);
}

/* ---- POST /api/messages/typing */

static void may_type(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (went_wrong(call, c)) return;
    const struct desk_view *v = &c->out.desk_get.chat;
    struct person who = { .id = call->who.actor.account, .username = call->who.username };
    if (id_eq(who.id, v->customer.id)) who = v->customer;
    else if (id_eq(who.id, v->agent.id)) who = v->agent;
    say_typing(call->door, &(struct desk_typing){ .room = call->room, .who = who, .id = call->claimed.json, .name = call->name, .on = call->on });
    command_destroy(c);
    desk_answer_success(call->r);
}

static void type(struct desk_call *call)
{
    if (!desk_call_may(call, limit_signal)) return;
    struct command *c = command_create(command_desk_get, call->who.actor);
    c->in.desk_get.room = call->room;
    desk_call_submit(call, c, may_type);
}

static void post_typing(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    struct span chat = desk_input_name(&in, "chatId");
    call->claimed = desk_input_id(&in, "userId");
    call->name = desk_input_name(&in, "userName");
    call->on = desk_input_truth(&in, "isTyping");
    call->next = type;
    if (desk_call_fields_end(call, &in) && desk_call_room(call, chat, "chatId", "chatId majburiy")) desk_identify(call);
}

/* ---- POST /api/status */

static void seen(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (went_wrong(call, c)) return;
    const struct desk_view *v = &c->out.desk_get.chat;
    say_status(call->door, id_none(v->agent.id) ? DESK_HALL : room_of_person(v->agent.id), v->room, call->who.actor.account, call->claimed.json, call->on);
    command_destroy(c);
    desk_answer_success(call->r);
}

static void noted(void *user, struct command *c)
{
    struct desk_call *call = user;
    if (went_wrong(call, c)) return;
    struct room_id room = c->out.desk_online.room;
    command_destroy(c);
    if (id_none(room)) {
        desk_answer_success(call->r);
        return;
    }
    struct command *get = command_create(command_desk_get, call->who.actor);
    get->in.desk_get.room = room;
    desk_call_submit(call, get, seen);
}

static void note_status(struct desk_call *call)
{
    if (!desk_call_may(call, limit_change)) return;
    struct command *c = command_create(command_desk_online, call->who.actor);
    c->in.desk_online.online = call->on;
    desk_call_submit(call, c, noted);
}

static void post_status(struct request *r)
{
    struct desk_input in;
    struct desk_call *call = desk_call_begin(r, &in);
    if (!call) return;
    call->claimed = desk_input_id(&in, "userId");
    call->on = desk_input_truth(&in, "online");
    call->next = note_status;
    if (!desk_call_fields_end(call, &in)) return;
    if (!call->claimed.text.n) desk_refuse(r, 400, "userId majburiy");
    else desk_identify(call);
}

static const struct route rows[] = {
    { "POST", "/api/messages", post_messages, DESK_BODY_ROUTE_BYTES },
    { "POST", "/api/messages/read", post_read, DESK_BODY_ROUTE_BYTES },
    { "POST", "/api/messages/typing", post_typing, DESK_BODY_ROUTE_BYTES },
    { "GET", "/api/messages/{chat}", get_messages },
    { "POST", "/api/status", post_status, DESK_BODY_ROUTE_BYTES },
};

void desk_messages_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
