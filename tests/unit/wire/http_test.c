/* HTTP requests: what is read, what is refused, always the same at every cut. */
#include "wire/http_parser.h"
#include "base/buf.h"
#include "wire_test.h"

static size_t body_ceiling;

static void tell_head(struct http_parser *p, struct buf *story)
{
    buf_printf(story, SPAN_FMT " " SPAN_FMT "?" SPAN_FMT " 1.%d", SPAN_ARG(http_parser_method(p)), SPAN_ARG(http_parser_path(p)), SPAN_ARG(http_parser_query(p)),
               http_parser_minor(p));
    buf_append_cstr(story, http_parser_keeps_alive(p) ? " keep" : " close");
    if (http_parser_expects_continue(p)) buf_append_cstr(story, " continue");
    if (http_parser_wants_upgrade(p, SPAN("websocket"))) buf_append_cstr(story, " websocket");
    for (size_t i = 0; i < http_parser_n_headers(p); i++) {
        struct span name, value;
        http_parser_header_at(p, i, &name, &value);
        buf_printf(story, "|" SPAN_FMT "=" SPAN_FMT, SPAN_ARG(name), SPAN_ARG(value));
    }
    buf_append_char(story, '\n');
}

/* Feeds one piece to the request under way; whatever is left begins the next request. */
static void feed(struct http_parser **p, struct span piece, struct buf *story)
{
    for (bool again = true; again;) {
        size_t used;
        enum http_progress progress = http_parser_feed(*p, piece, &used);
        piece.p += used, piece.n -= used;
        again = progress == http_head || (progress == http_whole && piece.n);
        if (progress == http_head) {
            tell_head(*p, story);
            if (body_ceiling) http_parser_take_body(*p, body_ceiling);
        } else if (progress == http_whole) {
            buf_printf(story, "body[" SPAN_FMT "]\n", SPAN_ARG(http_parser_body(*p)));
            http_parser_destroy(*p);
            *p = http_parser_create();
        } else if (progress == http_bad) {
            assert_true(http_parser_reason(*p)[0]);
        }
    }
}

static void read_requests(struct span bytes, const size_t *cuts, size_t n_cuts, struct buf *story)
{
    struct http_parser *p = http_parser_create();
    size_t at = 0;
    for (size_t i = 0; i <= n_cuts; i++) {
        size_t end = i < n_cuts ? cuts[i] : bytes.n;
        char *copy = malloc(end - at + 1); /* of its own, so that reading past a piece is seen */
        memcpy(copy, bytes.p + at, end - at);
        feed(&p, (struct span){ copy, end - at }, story);
        free(copy);
        at = end;
    }
    if (http_parser_status(p)) buf_printf(story, "%d\n", http_parser_status(p));
    http_parser_destroy(p);
}

#define assert_requests(literal, expected) assert_story(read_requests, SPAN(literal), expected)
#define HOST "Host: a\r\n"

static void plain_requests(void **state)
{
    assert_requests("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /? 1.1 keep|host=a\nbody[]\n");
    assert_requests("GET /a%20b?x=1&y HTTP/1.1\r\nHost: example.org:8000\r\nAccept:  */* \t\r\nX-Empty:\r\nConnection: close\r\n\r\n",
                    "GET /a%20b?x=1&y 1.1 close|host=example.org:8000|accept=*/*|x-empty=|connection=close\nbody[]\n");
    assert_requests("GET / HTTP/1.0\r\n\r\n", "GET /? 1.0 close\nbody[]\n");
    assert_requests("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /? 1.0 keep|connection=keep-alive\nbody[]\n");
    assert_requests("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS *? 1.1 keep|host=a\nbody[]\n");
    assert_requests("GET http://a.example/x?y HTTP/1.1\r\n" HOST "\r\n", "GET /x?y 1.1 keep|host=a\nbody[]\n");
    assert_requests("GET http://a.example HTTP/1.1\r\n" HOST "\r\n", "GET /? 1.1 keep|host=a\nbody[]\n");
    assert_requests("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "GET /? 1.1 keep|host=a\nbody[]\n");
    assert_requests("PATCH /m HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "PATCH /m? 1.1 keep|host=a|content-length=0\nbody[]\n");
}

static void bodies(void **state)
{
    assert_requests("POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "POST /x? 1.1 keep|host=a|content-length=5\nbody[hello]\n");
    assert_requests("PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n1;ext=\"v\"\r\n \r\n005\r\nworld\r\n0\r\n\r\n",
                    "PUT /x? 1.1 keep|host=a|transfer-encoding=Chunked\nbody[hello world]\n");
    assert_requests("PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: dropped\r\nHost: evil\r\n\r\n",
                    "PUT /x? 1.1 keep|host=a|transfer-encoding=chunked\nbody[x]\n");
    assert_requests("POST /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
                    "POST /x? 1.1 keep continue|host=a|expect=100-continue|content-length=2\nbody[ok]\n");
    assert_requests("GET /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n", "GET /x? 1.1 keep|host=a|expect=100-continue\nbody[]\n");
}

static void pipelines_and_upgrades(void **state)
{
    assert_requests("GET /1 HTTP/1.1\r\n" HOST "\r\nPOST /2 HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n" HOST "\r\n",
                    "GET /1? 1.1 keep|host=a\nbody[]\nPOST /2? 1.1 keep|host=a|content-length=1\nbody[x]\nGET /3? 1.1 keep|host=a\nbody[]\n");
    assert_requests("GET /ws HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
                    "GET /ws? 1.1 keep websocket|host=a|connection=keep-alive, Upgrade|upgrade=WebSocket\nbody[]\n");
    assert_requests("POST /h2 HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n" HOST "\r\n",
                    "POST /h2? 1.1 keep|host=a|connection=Upgrade|upgrade=h2c|content-length=3\nbody[abc]\nGET /? 1.1 keep|host=a\nbody[]\n");
}

/* The upgraded protocol's first bytes are not the parser's. */
static void leaves_what_follows(void **state)
{
    struct span all = SPAN("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x80....");
    struct http_parser *p = http_parser_create();
    size_t used, more;
    assert_int_equal(http_parser_feed(p, all, &used), http_head);
    assert_int_equal(used, all.n - 6);
    assert_int_equal(http_parser_feed(p, (struct span){ all.p + used, all.n - used }, &more), http_whole);
    assert_int_equal(more, 0);
    http_parser_destroy(p);
    http_parser_destroy(NULL);
}

static void refused_lines(void **state)
{
    assert_requests("BREW / HTTP/1.1\r\n" HOST "\r\n", "501\n");
    assert_requests("TRACE / HTTP/1.1\r\n" HOST "\r\n", "501\n");
    assert_requests("CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "501\n");
    assert_requests("get / HTTP/1.1\r\n" HOST "\r\n", "501\n");
    assert_requests("\x16\x03\x01\x02", "400\n");
    assert_requests("GET / HTTP/2.0\r\n" HOST "\r\n", "505\n");
    assert_requests("GET / HTTP/0.9\r\n" HOST "\r\n", "505\n");
    assert_requests("GET / HTTP/1.2\r\n" HOST "\r\n", "505\n");
    assert_requests("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "501\n");
    assert_requests("GET / HTTQ/1.1\r\n" HOST "\r\n", "400\n");
    assert_requests("GET /\r\n\r\n", "505\n");
    assert_requests("GET /a b HTTP/1.1\r\n" HOST "\r\n", "400\n");
    assert_requests("GET x HTTP/1.1\r\n" HOST "\r\n", "400\n");
    assert_requests("GET /#f HTTP/1.1\r\n" HOST "\r\n", "400\n");
    assert_requests("GET * HTTP/1.1\r\n" HOST "\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\n" HOST "\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\rHost: a\r\n\r\n", "400\n");
}

/* A head that two parsers could read in two ways. */
static void refused_smuggling(void **state)
{
#define POST "POST / HTTP/1.1\r\n" HOST
    assert_requests(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400\n");
    assert_requests(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400\n");
    assert_requests(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400\n");
    assert_requests(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400\n");
    assert_requests(POST "Content-Length: 5, 5\r\n\r\nhello", "400\n");
    assert_requests(POST "Content-Length: +5\r\n\r\nhello", "400\n");
    assert_requests(POST "Content-Length: -1\r\n\r\n", "400\n");
    assert_requests(POST "Content-Length: 0x5\r\n\r\nhello", "400\n");
    assert_requests(POST "Content-Length:\r\n\r\n", "400\n");
    assert_requests(POST "Content-Length: 99999999999999999999\r\n\r\n", "400\n");
    assert_requests(POST "Content-Length : 5\r\n\r\nhello", "400\n");
    assert_requests(POST " Content-Length: 5\r\n\r\nhello", "400\n");
    assert_requests(POST "X: a\r\n b\r\n\r\n", "400\n");
    assert_requests(POST "X: a\nY: b\r\n\r\n", "400\n");
    assert_requests(POST "X: a\rY: b\r\n\r\n", "400\n");
    assert_requests(POST "X: a\r\n\n", "400\n");
    assert_requests(POST "X\r\n\r\n", "400\n");
    assert_requests(POST ": x\r\n\r\n", "400\n");
    assert_requests(POST "X: a\0b\r\n\r\n", "400\n");
    assert_requests(POST "X(: a\r\n\r\n", "400\n");
    assert_requests(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400\n");
    assert_requests(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501\n");
    assert_requests(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501\n");
    assert_requests(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400\n");
    assert_requests("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\r\n\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\r\n" HOST HOST "\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\r\nHost: u@b\r\n\r\n", "400\n");
    assert_requests("GET / HTTP/1.1\r\n" HOST "Expect: wonders\r\n\r\n", "417\n");
}

/* Two faults in one request: the verdict must not depend on which the cut brings first. */
static void refused_for_two_reasons(void **state)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_append_cstr(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 99; i++) buf_append_cstr(&b, "x: y\r\n");
    buf_append_cstr(&b, "bad name: y\r\n\r\n");
    assert_story(read_requests, buf_span(&b), "400\n");
    buf_fini(&b);
}

static void refused_chunks(void **state)
{
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
#define HEAD "POST /? 1.1 keep|host=a|transfer-encoding=chunked\n"
    assert_requests(CHUNKED "x\r\n", HEAD "400\n");
    assert_requests(CHUNKED "-1\r\n", HEAD "400\n");
    assert_requests(CHUNKED "5\nhello\r\n0\r\n\r\n", HEAD "400\n");
    assert_requests(CHUNKED "5\r\nhello0\r\n\r\n", HEAD "400\n");
    assert_requests(CHUNKED "5 \r\nhello\r\n0\r\n\r\n", HEAD "400\n");
    assert_requests(CHUNKED "5\r\nhello\n0\r\n\r\n", HEAD "400\n");
    assert_requests(CHUNKED "ffffffffffffffff1\r\n", HEAD "400\n");
    assert_requests(CHUNKED "0\r\nX: a\nb\r\n\r\n", HEAD "400\n");
}

static void fill(struct buf *b, char c, size_t n)
{
    for (size_t i = 0; i < n; i++) buf_append_char(b, c);
}

/* A few cuts only: these are long. */
static int status_of(const struct buf *b)
{
    static const size_t steps[] = { 1 << 20, 1, 7, 4096 };
    int status = -1;
    for (size_t k = 0; k < lengthof(steps); k++) {
        struct http_parser *p = http_parser_create();
        enum http_progress progress = http_more;
        for (size_t at = 0, used; at < b->n && progress != http_bad && progress != http_whole; at += used) {
            size_t n = b->n - at < steps[k] ? b->n - at : steps[k];
            progress = http_parser_feed(p, (struct span){ b->p + at, n }, &used);
            if (progress == http_head && body_ceiling) http_parser_take_body(p, body_ceiling);
        }
        if (progress == http_head) {
            size_t used;
            progress = http_parser_feed(p, (struct span){ 0 }, &used);
        }
        int now = progress == http_bad ? http_parser_status(p) : progress == http_whole ? 200 : 100;
        if (k) assert_int_equal(now, status);
        status = now;
        http_parser_destroy(p);
    }
    return status;
}

static int status_of_line(size_t n_target)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_append_cstr(&b, "GET /");
    fill(&b, 'x', n_target - 1);
    buf_append_cstr(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
    int status = status_of(&b);
    buf_fini(&b);
    return status;
}

static int status_of_headers(size_t n_headers, size_t n_value, char c)
{
    struct buf b;
    buf_init(&b, 1 << 22);
    buf_append_cstr(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 0; i < n_headers; i++) {
        buf_append_cstr(&b, "x: ");
        fill(&b, c, n_value);
        buf_append_cstr(&b, "\r\n");
    }
    buf_append_cstr(&b, "\r\n");
    int status = status_of(&b);
    buf_fini(&b);
    return status;
}

static void ceilings_of_the_head(void **state)
{
    assert_int_equal(status_of_line(8000), 200);
    assert_int_equal(status_of_line(8192), 414);
    assert_int_equal(status_of_line(100000), 414);
    assert_int_equal(status_of_headers(99, 10, 'v'), 200);
    assert_int_equal(status_of_headers(100, 10, 'v'), 431);
    assert_int_equal(status_of_headers(1, 32000, 'v'), 200);
    assert_int_equal(status_of_headers(1, 33000, 'v'), 431);
    assert_int_equal(status_of_headers(50, 1000, 'v'), 431);
    assert_int_equal(status_of_headers(1, 200000, ' '), 431);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 10000; i++) buf_append_cstr(&b, "\r\n");
    assert_int_equal(status_of(&b), 414);
    buf_clear(&b);
    buf_append_cstr(&b, "GET / HTTP/1.1\r\n");
    fill(&b, 'n', 50000);
    assert_int_equal(status_of(&b), 431);
    buf_fini(&b);
}

static int status_of_body(size_t n, bool chunked, size_t ceiling)
{
    struct buf b;
    buf_init(&b, 1 << 24);
    buf_append_cstr(&b, "POST / HTTP/1.1\r\nHost: a\r\n");
    if (chunked) {
        buf_append_cstr(&b, "Transfer-Encoding: chunked\r\n\r\n");
        for (size_t i = 0; i < n; i++) buf_append_cstr(&b, "1\r\nx\r\n");
        buf_append_cstr(&b, "0\r\n\r\n");
    } else {
        buf_printf(&b, "Content-Length: %zu\r\n\r\n", n);
        fill(&b, 'x', n);
    }
    body_ceiling = ceiling;
    int status = status_of(&b);
    body_ceiling = 0;
    buf_fini(&b);
    return status;
}

static void ceilings_of_the_body(void **state)
{
    assert_int_equal(status_of_body(65536, false, 0), 200);
    assert_int_equal(status_of_body(65537, false, 0), 413);
    assert_int_equal(status_of_body(65536, true, 0), 200);
    assert_int_equal(status_of_body(65537, true, 0), 413);
    assert_int_equal(status_of_body(200000, false, 200000), 200);
    assert_int_equal(status_of_body(10, false, 9), 413);
    assert_int_equal(status_of_body(10, true, 9), 413);
}

/* Zeros before a chunk size, and extensions behind it, are bytes that nobody stores: they end all the same. */
static void ceiling_of_chunk_overhead(void **state)
{
    struct buf b;
    buf_init(&b, 1 << 24);
    buf_append_cstr(&b, CHUNKED);
    fill(&b, '0', 2000000);
    assert_int_equal(status_of(&b), 413);
    buf_clear(&b);
    buf_append_cstr(&b, CHUNKED "1;");
    fill(&b, 'e', 2000000);
    assert_int_equal(status_of(&b), 413);
    buf_clear(&b);
    buf_append_cstr(&b, CHUNKED "0\r\n");
    for (int i = 0; i < 200; i++) buf_append_cstr(&b, "x: y\r\n");
    assert_int_equal(status_of(&b), 431);
    buf_fini(&b);
}

static void repeated_headers_and_lists(void **state)
{
    struct span all = SPAN("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: x\r\na: 2\r\n\r\n"), element, list = SPAN(" a ,, b,c ,");
    struct http_parser *p = http_parser_create();
    size_t used;
    assert_int_equal(http_parser_feed(p, all, &used), http_head);
    assert_span(http_parser_header(p, SPAN("a"), 0), "1");
    assert_span(http_parser_header(p, SPAN("a"), 1), "2");
    assert_null(http_parser_header(p, SPAN("a"), 2).p);
    http_parser_destroy(p);
    assert_true(http_list_next(&list, &element));
    assert_span(element, "a");
    assert_true(http_list_next(&list, &element));
    assert_span(element, "b");
    assert_true(http_list_next(&list, &element));
    assert_span(element, "c");
    assert_false(http_list_next(&list, &element));
    assert_true(http_list_has(SPAN("keep-alive, Upgrade"), SPAN("upgrade")));
    assert_false(http_list_has(SPAN("keep-alive; upgrade"), SPAN("upgrade")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests), cmocka_unit_test(bodies), cmocka_unit_test(pipelines_and_upgrades), cmocka_unit_test(leaves_what_follows),
        cmocka_unit_test(refused_lines), cmocka_unit_test(refused_smuggling), cmocka_unit_test(refused_for_two_reasons), cmocka_unit_test(refused_chunks), cmocka_unit_test(ceilings_of_the_head),
        cmocka_unit_test(ceilings_of_the_body), cmocka_unit_test(ceiling_of_chunk_overhead), cmocka_unit_test(repeated_headers_and_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
