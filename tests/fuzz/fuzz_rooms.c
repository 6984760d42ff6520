/* What comes to the old rooms from outside: frames of the socket, the proof of a form, small forms, and "next". */
#include "chat/message.h"
#include "dialect/rooms/csrf.h"
#include "dialect/rooms/form.h"
#include "dialect/rooms/frame.h"
#include "fuzz.h"
#include "wire/json.h"

static void check_frame(struct span input)
{
    struct json json;
    bool parsed;
    struct rooms_frame f = rooms_frame_decode(input, &json, &parsed);
    if (f.kind == rooms_frame_message && (!f.text.n || f.text.n > input.n || f.reply_to < 0)) abort();
    if (f.kind == rooms_frame_delete && (f.message < 1 || f.part < message_part_all || f.part > message_part_files)) abort();
    if (parsed) json_done(&json);
}

static void check_next(struct span input)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    form_append_path(&out, input, "?&%");
    for (size_t i = 0; i < out.n; i++)
        if ((unsigned char)out.p[i] <= ' ' || (unsigned char)out.p[i] >= 0x7F) abort();
    if (form_next_is_ours(input) && (input.p[0] != '/' || (input.n > 1 && (input.p[1] == '/' || input.p[1] == '\\')))) abort();
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char secret[] = "0123456789abcdefghijklmnopqrstuv";
    static const char *const types[] = { "application/x-www-form-urlencoded", "multipart/form-data; boundary=cut", "text/plain" };
    struct span in = { (const char *)data, n };
    if (n > 4096) return 0;
    const char *type = types[fuzz_byte(&in) % 3];
    char *copy = fuzz_copy(in);
    struct span input = { copy, in.n };
    struct arena *arena = arena_create(0, 1 << 24);
    check_frame(input);
    check_next(input);
    (void)csrf_proves(input, secret);
    struct span value = form_field(span_of(type), input, "content", arena);
    if (value.n > input.n) abort();
    arena_destroy(arena);
    free(copy);
    return 0;
}
