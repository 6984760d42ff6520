/* How a parcel becomes what the courier sends. freight_load runs on the loop and only points at things; the prepare steps run on the courier's
   thread, where encrypting and signing may take their time. */
#include "base/clock.h"
#include "base/utf8.h"
#include "chat/secret.h"
#include "dispatch/state.h"
#include "wire/json.h"
#include "wire/push.h"

enum { arena_first_bytes = 8192, arena_max_bytes = 1 << 20, body_max_bytes = 4096 };

static struct freight *freight_of(struct shipment *s)
{
    return container_of(s, struct freight, shipment);
}

static void add_header(struct shipment *s, struct span line)
{
    s->headers[s->n_headers++] = line;
}

/* ---- Push */

struct span preview_of(struct arena *arena, struct span text, size_t n_points)
{
    char *out = arena_alloc(arena, text.n + 4);
    size_t n = 0, points = 0;
    for (; n < text.n; n++) {
        bool begins = ((unsigned char)text.p[n] & 0xc0) != 0x80;
        if (begins && points++ == n_points) break;
        out[n] = (unsigned char)text.p[n] < ' ' || text.p[n] == 127 ? ' ' : text.p[n];
    }
    struct span whole = { out, n };
    if (n == text.n) return whole;
    memcpy(out + n, "…", 3);
    whole.n = n + 3;
    return whole;
}

struct span origin_of(struct span url)
{
    size_t slashes = 0, n = 0;
    for (; n < url.n; n++)
        if ((url.p[n] == '/' && ++slashes == 3) || (slashes == 2 && (url.p[n] == '?' || url.p[n] == '#'))) break;
    return span_make(url.p, n);
}

static const char *kind_word(enum room_kind kind)
{
    switch (kind) {
    case room_direct: return "direct";
    case room_lobby: return "lobby";
    case room_group: return "group";
    case room_guild: return "guild";
    case room_channel: return "channel";
    case room_desk: return "desk";
    }
    return "group";
}

static void put_who(struct json_writer *w, const struct parcel_content *c)
{
    json_key(w, "by");
    json_begin_object(w);
    json_put_int(w, "id", c->author.id.v);
    json_put_string(w, "username", c->author.username);
    json_put_string(w, "name", c->author_shown.n ? c->author_shown : c->author.name.n ? c->author.name : (struct span){ 0 });
    json_put_string(w, "avatar", c->author.avatar.n ? c->author.avatar : (struct span){ 0 });
    json_end_object(w);
}

static void put_payload(struct buf *out, struct freight *f)
{
    const struct parcel_content *c = f->content;
    struct json_writer w = json_writer(out);
    bool preview = f->dispatch->config.preview;
    json_begin_object(&w);
    json_put_string(&w, "t", SPAN("message_posted"));
    json_put_int(&w, "room", f->parcel.room.v);
    json_put_int(&w, "seq", f->parcel.seq);
    json_put_int(&w, "message", c->message.v);
    json_put_string(&w, "kind", span_of(kind_word(c->room_kind)));
    json_put_string(&w, "room_name", c->room_name.n ? preview_of(f->arena, c->room_name, 100) : (struct span){ 0 });
    put_who(&w, c);
    json_put_string(&w, "text", preview ? preview_of(f->arena, c->text, DISPATCH_PREVIEW_POINTS) : (struct span){ 0 });
    json_put_int(&w, "n_files", c->n_files);
    json_put_int(&w, "unread", c->unread);
    json_put_time(&w, "at", c->at_us);
    json_end_object(&w);
}

static enum fault add_proof(struct freight *f)
{
    const struct dispatch_config *config = &f->dispatch->config;
    struct span proof;
    enum fault fault = vapid_authorization(config->vapid, origin_of(f->content->endpoint), config->contact,
                                           clock_wall_us() / 1000000 + VAPID_LIFE_S, f->arena, &proof);
    if (!fault) add_header(&f->shipment, arena_printf(f->arena, "Authorization: " SPAN_FMT, SPAN_ARG(proof)));
    return fault;
}

static enum fault encrypt(struct freight *f, const struct push_keys *keys)
{
    struct buf plain, body;
    buf_init(&plain, PUSH_PLAIN_MAX_BYTES), buf_init(&body, body_max_bytes);
    put_payload(&plain, f);
    enum fault fault = plain.failed ? fault_too_large : push_encrypt(keys, buf_span(&plain), &body);
    if (!fault) f->shipment.body = arena_copy(f->arena, buf_span(&body));
    buf_fini(&plain), buf_fini(&body);
    return fault;
}

static enum fault prepare_push(struct shipment *s)
{
    struct freight *f = freight_of(s);
    struct push_keys keys;
    enum fault fault = push_keys_parse(f->content->p256dh, f->content->auth, &keys);
    if (!fault) fault = encrypt(f, &keys);
    if (!fault) fault = add_proof(f);
    int64_t life_s = (f->parcel.expires_us - clock_wall_us()) / 1000000;
    add_header(s, SPAN("Content-Type: application/octet-stream"));
    add_header(s, SPAN("Content-Encoding: aes128gcm"));
    add_header(s, SPAN("Urgency: high"));
    add_header(s, arena_printf(f->arena, "Topic: room-%lld", (long long)f->parcel.room.v));
    add_header(s, arena_printf(f->arena, "TTL: %lld", (long long)(life_s > 0 ? life_s : 0)));
    return fault;
}

/* ---- Hooks */

/* t and body are signed together, so that what was recorded cannot be sent again later. */
static enum fault prepare_hook(struct shipment *s)
{
    struct freight *f = freight_of(s);
    int64_t now_s = clock_wall_us() / 1000000;
    struct span text = arena_printf(f->arena, "%lld." SPAN_FMT, (long long)now_s, SPAN_ARG(f->parcel.body));
    struct span signature = secret_derive(f->arena, f->content->secret, text);
    add_header(s, SPAN("Content-Type: application/json"));
    add_header(s, arena_printf(f->arena, "X-Suhbat-Delivery: %lld", (long long)f->parcel.id));
    add_header(s, arena_printf(f->arena, "X-Suhbat-Signature: t=%lld,v1=" SPAN_FMT, (long long)now_s, SPAN_ARG(signature)));
    s->body = f->parcel.body;
    return fault_none;
}

/* ---- Loading */

static void load_post(struct freight *f, struct span url, enum fault (*prepare)(struct shipment *s))
{
    f->arena = arena_create(arena_first_bytes, arena_max_bytes);
    if (!f->arena) abort();
    f->shipment.kind = outbound_post;
    f->shipment.url = url.p;
    f->shipment.prepare = prepare;
}

void freight_load(struct freight *f)
{
    switch (f->parcel.kind) {
    case parcel_push: load_post(f, f->content->endpoint, prepare_push); return;
    case parcel_hook: load_post(f, f->content->url, prepare_hook); return;
    case parcel_mail: break;
    }
    f->shipment.kind = outbound_mail;
    f->shipment.rcpt = f->parcel.address;
    f->shipment.body = f->parcel.body;
}

void freight_unload(struct freight *f)
{
    arena_destroy(f->arena);
    f->arena = NULL;
}
