/* Bodies and events of the old desk: what comes out is UTF-8 without NUL, an id is repeated as a JSON string or number, and nothing that could be an operator
   is taken. The first byte chooses the type of the body. */
#include "base/utf8.h"
#include "dialect/desk/input.h"
#include "fuzz.h"

static void judge(struct span text)
{
    if (!utf8_valid(text) || (text.n && memchr(text.p, 0, text.n))) abort();
}

static void judge_id(struct desk_id id)
{
    struct json again;
    judge(id.text), judge(id.json);
    if (!id.text.n != !id.json.n) abort();
    if (!id.json.n) return;
    struct buf wrapped;
    buf_init(&wrapped, 1 << 24);
    buf_append_char(&wrapped, '[');
    buf_append_span(&wrapped, id.json);
    buf_append_char(&wrapped, ']');
    if (json_parse(&again, buf_span(&wrapped), wrapped.n)) abort();
    json_done(&again);
    buf_fini(&wrapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct span types[] = { SPAN("application/json"), SPAN("application/x-www-form-urlencoded"), SPAN("text/plain") };
    struct desk_input in;
    struct room_id room;
    if (n < 1 || n > 8192) return 0;
    char *copy = fuzz_copy((struct span){ (const char *)data + 1, n - 1 });
    struct arena *arena = arena_create(0, 1 << 24);
    if (desk_input_parse(types[data[0] % 3], span_make(copy, n - 1), arena, &in) == fault_none) {
        judge_id(desk_input_id(&in, "userId"));
        judge(desk_input_name(&in, "userName")), judge(desk_input_text(&in, "content"));
        desk_input_truth(&in, "isTyping");
        int64_t page = desk_input_number(&in, "page", 1, 500, 50);
        if (page < 1 || page > 500) abort();
        if (desk_room_of(desk_input_name(&in, "chatId"), &room) && (room.v < 0 || room.v >= INT64_C(1) << 53)) abort();
    }
    desk_input_done(&in);
    arena_destroy(arena);
    free(copy);
    return 0;
}
