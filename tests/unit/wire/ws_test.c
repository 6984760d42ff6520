/* WebSocket frames: the case groups of the well-known conformance suites (framing, pings and pongs, reserved bits, opcodes, fragmentation, UTF-8,
   close handling, limits, compression) at the level of the codec, each at every cut. Case numbers in the names are of the groups, not of ours. */
#include "wire/ws.h"
#include "base/utf8.h"
#include "wire/deflate.h"
#include "wire_test.h"
#include <stdio.h>

enum { FIN = 0x80, RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10 };

static struct buf sent; /* client frames of the case under way */
static size_t ceiling = 1 << 20;
static bool deflating;

/* A client's frame; the mask differs from frame to frame. */
static void frame_n(unsigned first, const void *payload, size_t n)
{
    static unsigned char seed;
    unsigned char mask[4] = { seed += 37, seed + 101, 0x80, seed ^ 0x5A };
    buf_append_char(&sent, (char)first);
    if (n < 126) {
        buf_append_char(&sent, (char)(0x80 | n));
    } else {
        size_t n_length = n < 65536 ? 2 : 8;
        buf_append_char(&sent, (char)(0x80 | (n_length == 2 ? 126 : 127)));
        for (size_t i = n_length; i-- > 0;) buf_append_char(&sent, (char)((uint64_t)n >> 8 * i));
    }
    buf_append(&sent, mask, 4);
    for (size_t i = 0; i < n; i++) buf_append_char(&sent, (char)(((const unsigned char *)payload)[i] ^ mask[i & 3]));
}

static void frame(unsigned first, const char *payload)
{
    frame_n(first, payload, strlen(payload));
}

static void tell_unit(const struct ws_unit *u, struct buf *story)
{
    static const char *const names[] = { "", "text", "binary", "ping", "pong", "close", "failed" };
    buf_append_cstr(story, names[u->kind]);
    if (u->code) buf_printf(story, " %d", u->code);
    if (u->kind == ws_unit_text) assert_true(utf8_valid(u->payload));
    buf_append_cstr(story, "[");
    if (u->payload.n <= 200) buf_append_span(story, u->payload);
    else buf_printf(story, "%zu bytes %.8s", u->payload.n, u->payload.p);
    buf_append_cstr(story, "]\n");
}

static void read_frames(struct span bytes, const size_t *cuts, size_t n_cuts, struct buf *story)
{
    struct ws_parser p;
    struct ws_unit unit = { 0 };
    ws_parser_init(&p, ceiling, deflating);
    for (size_t i = 0, at = 0; i <= n_cuts && unit.kind != ws_unit_failed; i++) {
        size_t end = i < n_cuts ? cuts[i] : bytes.n, used;
        char *window = malloc(end - at + 1), *next = window;
        memcpy(window, bytes.p + at, end - at);
        for (size_t n = end - at;; next += used, n -= used) {
            ws_parse(&p, next, n, &used, &unit);
            if (unit.kind != ws_unit_none) tell_unit(&unit, story);
            if (unit.kind == ws_unit_none) assert_int_equal(used, n);
            if (unit.kind == ws_unit_none || unit.kind == ws_unit_failed) break;
        }
        if (!ws_parser_is_midway(&p)) assert_null(p.pending); /* idle: nothing held */
        free(window);
        at = end;
    }
    ws_parser_fini(&p);
}

static void expect(const char *story)
{
    assert_story(read_frames, buf_span(&sent), story);
    buf_clear(&sent);
}

/* For long cases: whole and a few strides. */
static void expect_long(const char *expected)
{
    static const size_t strides[] = { 1 << 30, 1, 7, 997, 65536 };
    for (size_t k = 0; k < lengthof(strides); k++) {
        size_t n_cuts = 0, *cuts = malloc((sent.n / strides[k] + 2) * sizeof *cuts);
        for (size_t at = strides[k]; at < sent.n; at += strides[k]) cuts[n_cuts++] = at;
        struct buf story;
        buf_init(&story, 1 << 20);
        read_frames(buf_span(&sent), cuts, n_cuts, &story);
        buf_append_char(&story, 0);
        assert_string_equal(story.p, expected);
        buf_fini(&story);
        free(cuts);
    }
    buf_clear(&sent);
}

/* ---- 1: framing ---- */

static void framing(void **state)
{
    assert_true(sizeof(struct ws_parser) <= 16);
    frame(FIN | ws_op_text, "");
    frame(FIN | ws_op_text, "Hello");
    frame(FIN | ws_op_binary, "\xFE\xFE");
    frame(FIN | ws_op_binary, "");
    expect("text[]\ntext[Hello]\nbinary[\xFE\xFE]\nbinary[]\n");
}

static void framing_lengths(void **state)
{
    static const size_t lengths[] = { 125, 126, 127, 128, 65535, 65536, 70001 };
    static char big[70001];
    struct buf expected;
    memset(big, '*', sizeof big);
    buf_init(&expected, 1 << 20);
    for (size_t i = 0; i < lengthof(lengths); i++) {
        frame_n(FIN | ws_op_text, big, lengths[i]);
        if (lengths[i] <= 200) buf_printf(&expected, "text[%.*s]\n", (int)lengths[i], big);
        else buf_printf(&expected, "text[%zu bytes ********]\n", lengths[i]);
    }
    buf_append_char(&expected, 0);
    expect_long(expected.p);
    buf_fini(&expected);
}

static void raw(const char *bytes, size_t n, const char *story)
{
    buf_append(&sent, bytes, n);
    expect(story);
}

static void refused_framing(void **state)
{
    raw("\x81\x05Hello", 7, "failed 1002[]\n"); /* not masked */
    raw("\x81\x00", 2, "failed 1002[]\n");
    raw("\x82\xFE\x00\x7D\0\0\0\0", 8, "failed 1002[]\n"); /* longer length than needed */
    raw("\x82\xFF\0\0\0\0\0\0\xFF\xFF\0\0\0\0", 14, "failed 1002[]\n");
    raw("\x82\xFF\x80\0\0\0\0\0\0\0\0\0\0\0", 14, "failed 1002[]\n"); /* highest bit */
    raw("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0", 14, "failed 1009[]\n");
}

/* ---- 2: pings and pongs ---- */

static void pings(void **state)
{
    char full[126];
    memset(full, 'p', sizeof full);
    frame(FIN | ws_op_ping, "");
    frame(FIN | ws_op_ping, "Hello, \xFF\xFE\xFD");
    frame(FIN | ws_op_pong, "unasked");
    frame_n(FIN | ws_op_ping, full, 20);
    frame(FIN | ws_op_text, "after");
    expect("ping[]\nping[Hello, \xFF\xFE\xFD]\npong[unasked]\nping[pppppppppppppppppppp]\ntext[after]\n");
    frame_n(FIN | ws_op_ping, full, 126);
    expect("failed 1002[]\n");
    frame(ws_op_ping, "part");
    expect("failed 1002[]\n");
    frame(ws_op_pong, "");
    expect("failed 1002[]\n");
}

/* ---- 3, 4: reserved bits and opcodes ---- */

static void reserved(void **state)
{
    static const unsigned bits[] = { RSV1, RSV2, RSV3, RSV1 | RSV2, RSV2 | RSV3, RSV1 | RSV3, RSV1 | RSV2 | RSV3 };
    static const unsigned opcodes[] = { ws_op_text, ws_op_binary, ws_op_ping, ws_op_pong, ws_op_close };
    for (size_t i = 0; i < lengthof(bits); i++)
        for (size_t j = 0; j < lengthof(opcodes); j++) {
            frame(FIN | ws_op_text, "ok");
            frame(FIN | bits[i] | opcodes[j], "");
            frame(FIN | ws_op_text, "never");
            expect("text[ok]\nfailed 1002[]\n");
        }
    for (unsigned opcode = 3; opcode < 16; opcode = opcode == 7 ? 11 : opcode + 1) {
        frame(FIN | opcode, "x");
        expect("failed 1002[]\n");
    }
}

/* ---- 5: fragmentation ---- */

static void fragmentation(void **state)
{
    frame(ws_op_text, "frag");
    frame(FIN | ws_op_continuation, "ment");
    expect("text[fragment]\n");
    frame(ws_op_text, "a"), frame(FIN | ws_op_ping, "1"), frame(ws_op_continuation, ""), frame(FIN | ws_op_pong, "2"), frame(ws_op_continuation, "b"), frame(FIN | 0, "c");
    frame(FIN | ws_op_text, "next");
    expect("ping[1]\npong[2]\ntext[abc]\ntext[next]\n");
    frame(ws_op_binary, ""), frame(ws_op_continuation, ""), frame(FIN | 0, "");
    expect("binary[]\n");
    frame(ws_op_text, "a"), frame(FIN | ws_op_text, "b");
    expect("failed 1002[]\n");
    frame(FIN | ws_op_continuation, "lost");
    expect("failed 1002[]\n");
    frame(ws_op_continuation, "lost");
    expect("failed 1002[]\n");
    frame(ws_op_text, "a"), frame(FIN | 0, "b"), frame(FIN | 0, "c");
    expect("text[ab]\nfailed 1002[]\n");
    frame(ws_op_text, "a"), frame(FIN | ws_op_close, "\x03\xE8");
    expect("close 1000[]\n");
}

/* ---- 6: UTF-8 ---- */

static void utf8_handling(void **state)
{
    frame(FIN | ws_op_text, "κόσμε — привет 👍");
    expect("text[κόσμε — привет 👍]\n");
    frame(ws_op_text, "\xF0"), frame(0, "\x9F\x91"), frame(FIN | ws_op_ping, "\xFF"), frame(FIN | 0, "\x8D");
    expect("ping[\xFF]\ntext[👍]\n");
    static const char *const bad[] = { "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80" "edited", "\xC0\xAF", "\xF4\x90\x80\x80", "\xFF", "\x80", "\xED\xBF\xBF", "\xE2\x82", "\xF8\x88\x80\x80\x80" };
    for (size_t i = 0; i < lengthof(bad); i++) {
        frame(FIN | ws_op_text, bad[i]);
        expect("failed 1007[]\n");
        frame(ws_op_text, "ok "), frame(FIN | 0, bad[i]);
        expect("failed 1007[]\n");
        frame(FIN | ws_op_binary, bad[i]);
        buf_printf(&sent, "%s", "");
        struct buf whole;
        assert_story_at_every_cut(read_frames, buf_span(&sent), &whole);
        assert_memory_equal(whole.p, "binary[", 7);
        buf_fini(&whole), buf_clear(&sent);
    }
}

/* A bad text is refused as soon as the bad byte is there, not when the message ends. */
static void utf8_fails_early(void **state)
{
    struct ws_parser p;
    struct ws_unit unit;
    size_t used;
    frame(ws_op_text, "good"), frame(0, "ba\xFF");
    frame_n(FIN, "12345678901234567890", 20);
    ws_parser_init(&p, 1000, false);
    ws_parse(&p, sent.p, sent.n - 20, &used, &unit);
    assert_int_equal(unit.kind, ws_unit_failed);
    assert_int_equal(unit.code, 1007);
    ws_parse(&p, sent.p, 5, &used, &unit);
    assert_int_equal(unit.code, 1007);
    ws_parser_fini(&p);
    buf_clear(&sent);
}

/* ---- 7: close ---- */

static void close_frame(unsigned code, const char *reason)
{
    char payload[130];
    size_t n = strlen(reason);
    payload[0] = (char)(code >> 8), payload[1] = (char)code;
    memcpy(payload + 2, reason, n);
    frame_n(FIN | ws_op_close, payload, n + 2);
}

static void close_codes(void **state)
{
    static const unsigned good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
    static const unsigned bad[] = { 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535 };
    char expected[32];
    for (size_t i = 0; i < lengthof(good); i++) {
        close_frame(good[i], "bye");
        snprintf(expected, sizeof expected, "close %u[bye]\n", good[i]);
        expect(expected);
    }
    for (size_t i = 0; i < lengthof(bad); i++) {
        close_frame(bad[i], "");
        expect("failed 1002[]\n");
    }
}

static void close_handling(void **state)
{
    frame(FIN | ws_op_close, "");
    frame(FIN | ws_op_text, "ignored"), frame(FIN | ws_op_ping, ""), buf_append_cstr(&sent, "\xFF\xFF\xFF any rubbish");
    expect("close 1005[]\n");
    frame(FIN | ws_op_close, "\x03");
    expect("failed 1002[]\n");
    char reason[124];
    memset(reason, 'r', 123), reason[123] = 0;
    close_frame(1000, reason);
    struct buf whole;
    assert_story_at_every_cut(read_frames, buf_span(&sent), &whole);
    assert_int_equal(whole.n, strlen("close 1000[]\n") + 123);
    buf_fini(&whole), buf_clear(&sent);
    memset(reason, 'r', 123);
    buf_append_cstr(&sent, "\x88\xFE");
    expect("failed 1002[]\n");
    close_frame(1000, "\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80");
    expect("failed 1007[]\n");
}

/* ---- 9: limits ---- */

static void limits(void **state)
{
    static char big[70000];
    memset(big, 'b', sizeof big);
    ceiling = 10;
    frame(FIN | ws_op_text, "0123456789");
    expect("text[0123456789]\n");
    frame(FIN | ws_op_text, "0123456789a");
    expect("failed 1009[]\n");
    frame(ws_op_text, "01234"), frame(0, "56789"), frame(FIN | 0, "");
    expect("text[0123456789]\n");
    frame(ws_op_text, "01234"), frame(FIN | ws_op_ping, "not counted"), frame(0, "56789"), frame(FIN | 0, "a");
    expect("ping[not counted]\nfailed 1009[]\n");
    ceiling = 65536;
    frame_n(FIN | ws_op_binary, big, 65536), frame_n(FIN | ws_op_binary, big, 65537);
    expect_long("binary[65536 bytes bbbbbbbb]\nfailed 1009[]\n");
    ceiling = 1 << 20;
    for (int i = 0; i < 1000; i++) frame_n(i ? 0 : ws_op_binary, big, 60);
    frame(FIN | 0, "");
    expect_long("binary[60000 bytes bbbbbbbb]\n");
}

/* The verdict over a length comes with the head: nothing of the payload is awaited. */
static void limits_fail_at_the_head(void **state)
{
    struct ws_parser p;
    struct ws_unit unit;
    size_t used;
    char head[] = "\x81\xFF\0\0\0\0\x7F\xFF\xFF\xFF\1\2\3\4";
    ws_parser_init(&p, 65536, false);
    ws_parse(&p, head, 14, &used, &unit);
    assert_int_equal(unit.kind, ws_unit_failed);
    assert_int_equal(unit.code, WS_TOO_LARGE);
    ws_parser_fini(&p);
}

/* ---- 12, 13: compression ---- */

static void deflated(unsigned first, const char *text, size_t n, size_t n_frames)
{
    struct buf z;
    buf_init(&z, 1 << 22);
    assert_int_equal(deflate_message((struct span){ text, n }, &z), fault_none);
    for (size_t i = 0, at = 0; i < n_frames; i++) {
        size_t end = z.n * (i + 1) / n_frames;
        frame_n((i ? 0 : first | RSV1) | (i + 1 == n_frames ? FIN : 0), z.p + at, end - at);
        at = end;
    }
    buf_fini(&z);
}

static void compression(void **state)
{
    deflating = true;
    deflated(ws_op_text, "Hello", 5, 1);
    frame(FIN | ws_op_text, "plain");
    deflated(ws_op_text, "", 0, 1);
    expect("text[Hello]\ntext[plain]\ntext[]\n");
    deflated(ws_op_text, "in three pieces, in three pieces", 32, 3);
    deflated(ws_op_binary, "\xFF\xFE", 2, 2);
    expect("text[in three pieces, in three pieces]\nbinary[\xFF\xFE]\n");
    frame_n(RSV1 | FIN | ws_op_text, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7); /* RFC 7692 section 7.2.3.1 */
    frame_n(RSV1 | FIN | ws_op_text, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11); /* 7.2.3.3: stored */
    frame_n(RSV1 | FIN | ws_op_text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8); /* 7.2.3.4: final block */
    frame_n(RSV1 | FIN | ws_op_text, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13); /* 7.2.3.5: two blocks */
    expect("text[Hello]\ntext[Hello]\ntext[Hello]\ntext[Hello]\n");
    deflated(ws_op_text, "\xFF\xFF", 2, 1);
    expect("failed 1007[]\n");
    frame_n(RSV1 | FIN | ws_op_text, "\xFF\xFF\xFF\xFF", 4);
    expect("failed 1007[]\n");
    frame_n(RSV1 | FIN | ws_op_text, "", 0);
    expect("text[]\n");
    frame(ws_op_text, "a"), frame(RSV1 | FIN, "b");
    expect("failed 1002[]\n");
    frame(RSV1 | FIN | ws_op_ping, "");
    expect("failed 1002[]\n");
    deflating = false;
    frame_n(RSV1 | FIN | ws_op_text, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    expect("failed 1002[]\n");
}

static void compression_limits(void **state)
{
    static char zeros[1 << 20];
    deflating = true;
    ceiling = 1 << 20;
    deflated(ws_op_binary, zeros, sizeof zeros, 1);
    struct buf whole;
    buf_init(&whole, 1 << 20);
    read_frames(buf_span(&sent), NULL, 0, &whole);
    assert_memory_equal(whole.p, "binary[1048576 bytes", 20);
    buf_fini(&whole);
    ceiling = (1 << 20) - 1;
    expect_long("failed 1009[]\n");
    ceiling = 1000;
    deflated(ws_op_binary, zeros, sizeof zeros, 5);
    expect("failed 1009[]\n");
    ceiling = 1 << 20;
    deflating = false;
}

/* ---- What we send ---- */

static void encoding(void **state)
{
    struct buf out;
    static char big[70000];
    buf_init(&out, 1 << 20);
    ws_encode(&out, ws_op_text, SPAN("hi"));
    ws_encode(&out, ws_op_pong, SPAN(""));
    assert_span(buf_span(&out), "\x81\x02hi\x8a\x00");
    buf_clear(&out);
    ws_encode(&out, ws_op_binary, (struct span){ big, 126 });
    assert_memory_equal(out.p, "\x82\x7e\x00\x7e", 4);
    buf_clear(&out);
    ws_encode(&out, ws_op_binary, (struct span){ big, 65536 });
    assert_memory_equal(out.p, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
    assert_int_equal(out.n, 65546);
    buf_clear(&out);
    ws_encode_close(&out, 0, SPAN("never"));
    ws_encode_close(&out, 4413, SPAN("slow"));
    assert_span(buf_span(&out), "\x88\x00\x88\x06\x11\x3dslow");
    buf_clear(&out);
    struct span long_reason = SPAN("ябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябябяб");
    ws_encode_close(&out, 1008, long_reason);
    assert_int_equal(out.p[1], 2 + 122);
    assert_true(utf8_valid((struct span){ out.p + 4, 122 }));
    buf_fini(&out);
}

static void encoding_deflated(void **state)
{
    struct buf out, back;
    buf_init(&out, 1 << 20), buf_init(&back, 1 << 20);
    ws_encode_deflated(&out, ws_op_text, SPAN("ab"));
    assert_span(buf_span(&out), "\x81\x02" "ab"); /* longer when deflated: sent plain */
    buf_clear(&out);
    struct span text = SPAN("{\"t\":\"message_posted\",\"text\":\"salom salom salom salom salom salom\",\"t2\":\"message_posted\"}");
    for (int i = 0; i < 3; i++) {
        buf_clear(&out), buf_clear(&back);
        ws_encode_deflated(&out, ws_op_text, text);
        assert_int_equal((unsigned char)out.p[0], 0xC1);
        assert_true(out.n < text.n);
        assert_int_equal((size_t)out.p[1], out.n - 2);
        assert_int_equal(inflate_message((struct span){ out.p + 2, out.n - 2 }, 1000, &back), fault_none);
        assert_true(span_eq(buf_span(&back), text));
    }
    buf_fini(&out), buf_fini(&back);
}

static void unmasking(void **state)
{
    static const unsigned char mask[4] = { 0x12, 0x34, 0xAB, 0xCD };
    for (size_t offset = 0; offset < 8; offset++)
        for (size_t n = 0; n < 70; n++)
            for (unsigned phase = 0; phase < 4; phase++) {
                char bytes[80] = { 0 };
                ws_unmask(bytes + offset, n, mask, phase);
                for (size_t i = 0; i < sizeof bytes; i++) {
                    bool inside = i >= offset && i < offset + n;
                    assert_int_equal((unsigned char)bytes[i], inside ? mask[(i - offset + phase) & 3] : 0);
                }
            }
}

static int setup(void **state)
{
    buf_init(&sent, 1 << 24);
    return 0;
}

static int teardown(void **state)
{
    buf_fini(&sent);
    deflate_thread_fini();
    return 0;
}

/* What was encoded is read back whole; a frame that is cut anywhere is left. */
static void reading_own(void **state)
{
    static const size_t lengths[] = { 0, 1, 125, 126, 65535, 65536, 70000 };
    static char payload[70000];
    struct buf frames;
    struct span rest, got;
    enum ws_opcode op;
    memset(payload, 'x', sizeof payload);
    buf_init(&frames, 1 << 20);
    for (size_t i = 0; i < lengthof(lengths); i++) ws_encode(&frames, i % 2 ? ws_op_binary : ws_op_text, span_make(payload, lengths[i]));
    rest = buf_span(&frames);
    for (size_t i = 0; i < lengthof(lengths); i++) {
        assert_true(ws_read_own(&rest, &op, &got));
        assert_int_equal(op, i % 2 ? ws_op_binary : ws_op_text);
        assert_true(span_eq(got, span_make(payload, lengths[i])));
    }
    assert_int_equal(rest.n, 0);
    assert_false(ws_read_own(&rest, &op, &got));
    for (size_t i = 0; i < lengthof(lengths); i++) {
        buf_clear(&frames);
        ws_encode(&frames, ws_op_text, span_make(payload, lengths[i]));
        for (size_t n = 0; n < frames.n; n += frames.n > 200 && n > 20 && n + 20 < frames.n ? 997 : 1) {
            rest = span_make(frames.p, n);
            assert_false(ws_read_own(&rest, &op, &got));
            assert_int_equal(rest.n, n);
        }
    }
    buf_fini(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_own), cmocka_unit_test(framing), cmocka_unit_test(framing_lengths), cmocka_unit_test(refused_framing), cmocka_unit_test(pings), cmocka_unit_test(reserved),
        cmocka_unit_test(fragmentation), cmocka_unit_test(utf8_handling), cmocka_unit_test(utf8_fails_early), cmocka_unit_test(close_codes),
        cmocka_unit_test(close_handling), cmocka_unit_test(limits), cmocka_unit_test(limits_fail_at_the_head), cmocka_unit_test(compression),
        cmocka_unit_test(compression_limits), cmocka_unit_test(encoding), cmocka_unit_test(encoding_deflated), cmocka_unit_test(unmasking),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
