/* Incoming webhook bodies. Pure: any thread. Always: what comes out is never longer than three times what came in. */
#include "dialect/native/slack.h"
#include "base/buf.h"
#include "wire/json.h"

enum { body_max_bytes = 64 << 10, text_max_bytes = 3 * (64 << 10), attachments_max = 20 };

/* <https://x|word>, <https://x>, <!here>, <@U123>: the word, the address, or what stands between. s begins with '<' and holds a '>'. */
static size_t put_angle(struct buf *out, struct span s)
{
    const char *end = memchr(s.p, '>', s.n);
    struct span word, target = span_cut(span_make(s.p + 1, (size_t)(end - s.p) - 1), '|', &word);
    if (target.n && (*target.p == '!' || *target.p == '@' || *target.p == '#')) {
        buf_append_char(out, *target.p == '#' ? '#' : '@');
        buf_append_span(out, word.n ? word : span_make(target.p + 1, target.n - 1));
    } else if (word.n && !span_eq(word, target)) {
        buf_append_span(out, word);
        buf_append_cstr(out, " (");
        buf_append_span(out, target);
        buf_append_char(out, ')');
    } else {
        buf_append_span(out, target);
    }
    return (size_t)(end - s.p) + 1;
}

static size_t put_entity(struct buf *out, struct span s)
{
    static const struct { struct span name; char is; } entities[] = { { SPAN("&amp;"), '&' }, { SPAN("&lt;"), '<' }, { SPAN("&gt;"), '>' } };
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        if (!span_starts(s, entities[i].name)) continue;
        buf_append_char(out, entities[i].is);
        return entities[i].name.n;
    }
    buf_append_char(out, '&');
    return 1;
}

static void put_text(struct buf *out, struct span s)
{
    const char *last = s.n ? memrchr(s.p, '>', s.n) : NULL; /* looked for once, however many are opened */
    for (size_t at = 0, n; at < s.n; at += n) {
        struct span rest = span_make(s.p + at, s.n - at);
        n = 1;
        if (*rest.p == '<' && last && rest.p < last) n = put_angle(out, rest);
        else if (*rest.p == '&') n = put_entity(out, rest);
        else buf_append_char(out, *rest.p);
    }
}

static void put_line(struct buf *out, struct span s)
{
    if (!s.n) return;
    if (out->n) buf_append_char(out, '\n');
    put_text(out, s);
}

static void put_attachment(struct buf *out, json_value *value, struct json_fields *of_all)
{
    struct json_fields f = json_fields(value);
    struct span pretext = json_take_text_or_null(&f, "pretext"), title = json_take_text_or_null(&f, "title");
    struct span link = json_take_text_or_null(&f, "title_link"), text = json_take_text_or_null(&f, "text"), bad;
    struct span fallback = json_take_text_or_null(&f, "fallback");
    if (json_fields_end(&f, &bad)) json_bad(of_all, "attachments");
    put_line(out, pretext), put_line(out, title), put_line(out, link), put_line(out, text);
    if (!pretext.n && !title.n && !text.n) put_line(out, fallback);
}

enum fault slack_read(struct span text, struct arena *arena, struct slack_post *out)
{
    struct json json;
    struct buf words;
    struct span bad;
    enum fault fault = json_parse(&json, text, body_max_bytes);
    if (fault) return fault;
    buf_init(&words, text_max_bytes);
    struct json_fields f = json_fields(json.root);
    put_line(&words, json_take_text_or_null(&f, "text"));
    out->name = arena_copy(arena, span_trim(json_take_text_or_null(&f, "username")));
    struct json_walk walk = json_walk(json_take_array_or_null(&f, "attachments"));
    for (int i = 0; i < attachments_max; i++) {
        json_value *attachment = json_walk_next(&walk);
        if (!attachment) break;
        put_attachment(&words, attachment, &f);
    }
    fault = words.failed ? fault_too_large : json_fields_end(&f, &bad);
    out->text = arena_copy(arena, buf_span(&words));
    buf_fini(&words);
    json_done(&json);
    return fault;
}
