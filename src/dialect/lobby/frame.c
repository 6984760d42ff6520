/* Decodes one text frame of generation B. Pure: borrows the input, owns nothing but what stands in the caller's json. */
#include "dialect/lobby/frame.h"
#include "base/utf8.h"
#include "wire/json.h"
#include <yyjson.h>

static bool is_true(json_value *v)
{
    return yyjson_is_true(v);
}

static bool is_blank(json_value *v)
{
    return !v || yyjson_is_null(v);
}

static struct lobby_frame of_kind(enum lobby_frame_kind kind)
{
    return (struct lobby_frame){ .kind = kind };
}

/* What the old server's language strips: the spaces of Unicode outside ASCII, as UTF-8. */
static const struct span wide_spaces[] = {
    SPAN("\xc2\x85"),     SPAN("\xc2\xa0"),     SPAN("\xe1\x9a\x80"), SPAN("\xe2\x80\x80"), SPAN("\xe2\x80\x81"), SPAN("\xe2\x80\x82"),
    SPAN("\xe2\x80\x83"), SPAN("\xe2\x80\x84"), SPAN("\xe2\x80\x85"), SPAN("\xe2\x80\x86"), SPAN("\xe2\x80\x87"), SPAN("\xe2\x80\x88"),
    SPAN("\xe2\x80\x89"), SPAN("\xe2\x80\x8a"), SPAN("\xe2\x80\xa8"), SPAN("\xe2\x80\xa9"), SPAN("\xe2\x80\xaf"), SPAN("\xe2\x81\x9f"),
    SPAN("\xe3\x80\x80"),
};

static size_t space_at(struct span s)
{
    unsigned char c = (unsigned char)s.p[0];
    if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f)) return 1;
    for (size_t i = 0; c >= 0x80 && i < sizeof wide_spaces / sizeof *wide_spaces; i++)
        if (span_starts(s, wide_spaces[i])) return wide_spaces[i].n;
    return 0;
}

static bool is_only_space(struct span s)
{
    for (size_t n; s.n && (n = space_at(s)); s.p += n, s.n -= n);
    return s.n == 0;
}

static struct lobby_frame of_text(struct span text, bool is_sticker)
{
    if (is_only_space(text)) return of_kind(lobby_frame_ignored); /* L-31 */
    if (utf8_count(text) > LOBBY_TEXT_MAX_POINTS) return of_kind(lobby_frame_too_long);
    return (struct lobby_frame){ .kind = lobby_frame_message, .text = text, .is_sticker = is_sticker };
}

static struct lobby_frame of_message(json_value *object)
{
    struct span text = { 0 }, image = { 0 };
    json_value *message = yyjson_obj_get(object, "message"), *picture = yyjson_obj_get(object, "image");
    if (message && !json_as_text(message, &text)) return of_kind(lobby_frame_breaks);
    if (!is_blank(picture) && !json_as_text(picture, &image)) return of_kind(lobby_frame_breaks);
    if (image.n > LOBBY_IMAGE_MAX_CHARS) return of_kind(lobby_frame_image_too_large);
    struct lobby_frame said = of_text(text, is_true(yyjson_obj_get(object, "isSticker")));
    if (!image.n || said.kind == lobby_frame_too_long) return said;
    return (struct lobby_frame){ .kind = lobby_frame_image, .text = said.text, .image = image };
}

static struct lobby_frame of_object(json_value *object)
{
    struct span type = { 0 };
    if (!json_as_text(yyjson_obj_get(object, "type"), &type)) return of_kind(lobby_frame_ignored);
    if (span_eq(type, SPAN("message"))) return of_message(object);
    if (span_eq(type, SPAN("ping"))) return of_kind(lobby_frame_ping);
    if (!span_eq(type, SPAN("typing"))) return of_kind(lobby_frame_ignored);
    return (struct lobby_frame){ .kind = lobby_frame_typing, .typing = is_true(yyjson_obj_get(object, "typing")) };
}

struct lobby_frame lobby_frame_decode(struct span input, struct json *json, bool *parsed_out)
{
    *parsed_out = json_parse(json, input, input.n) == fault_none;
    if (!*parsed_out) return of_text(input, false); /* L-34 */
    return yyjson_is_obj(json->root) ? of_object(json->root) : of_kind(lobby_frame_breaks);
}

bool lobby_is_sticker(struct span text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    if (text.n != 4 || (p[0] & 0xF8) != 0xF0) return false;
    unsigned point = (p[0] & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 | (p[3] & 63u);
    return point > 0x1F000;
}
