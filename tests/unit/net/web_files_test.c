/* Web files: the embedded table (a small one of our own) and the directory. */
#include "net/web_files.h"
#include "fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BYTES(text) { text, sizeof text - 1 }

const struct web_file web_files_table[] = {
    { "index.html", "text/html; charset=utf-8", "\"abc\"", BYTES("<page>"), BYTES("gzip page"), BYTES("br page"), false },
    { "assets/app-1f.js", "text/javascript; charset=utf-8", "\"def\"", BYTES("script"), { NULL, 0 }, { NULL, 0 }, true },
    { "desk.js", "text/javascript; charset=utf-8", "\"desk\"", BYTES("widget"), { NULL, 0 }, { NULL, 0 }, false },
    { "empty.txt", "text/plain; charset=utf-8", "\"0\"", { "", 0 }, { NULL, 0 }, { NULL, 0 }, false },
};
const size_t web_files_count = sizeof web_files_table / sizeof *web_files_table;

static struct web_files *files;

static void page(struct request *r)
{
    struct span path = request_param(r, "path");
    if (!web_files_respond(files, r, path.n ? path.p : "index.html")) respond_empty(r, 404);
}

static const struct route routes[] = { { "GET", "/web/{path*}", page, 0, 0 } };

static int start(void **state)
{
    static struct server s;
    server_start(&s, &(struct server_options){ .routes = routes, .n_routes = 1 });
    *state = &s;
    return 0;
}

static int finish(void **state)
{
    server_stop(*state);
    web_files_destroy(files);
    return 0;
}

static struct reply get(struct server *s, const char *path, const char *headers, bool head_only)
{
    struct reply r;
    char request[1024];
    int fd = dial(s->port);
    snprintf(request, sizeof request, "%s /web/%s HTTP/1.1\r\nHost: t\r\n%s\r\n", head_only ? "HEAD" : "GET", path, headers);
    send_text(fd, request);
    read_reply(fd, &r, head_only);
    close(fd);
    return r;
}

static void embedded_files_are_negotiated(void **state)
{
    files = web_files_embedded();
    assert_true(web_files_has(files, "index.html"));
    assert_false(web_files_has(files, "index"));
    struct reply r = get(*state, "", "", false);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "<page>");
    assert_true(reply_has(&r, "ETag: \"abc\""));
    assert_true(reply_has(&r, "Cache-Control: no-cache"));
    assert_true(reply_has(&r, "Vary: Accept-Encoding"));
    assert_non_null(strstr(r.head, "script-src 'self';"));
    assert_null(strstr(r.head, "no-store"));
    free(r.body);
    r = get(*state, "index.html", "Accept-Encoding: gzip, br\r\n", false);
    assert_string_equal(r.body, "br page");
    assert_true(reply_has(&r, "Content-Encoding: br"));
    assert_true(reply_has(&r, "ETag: \"abc-br\""));
    free(r.body);
    r = get(*state, "index.html", "Accept-Encoding: gzip;q=1, br;q=0\r\n", false);
    assert_string_equal(r.body, "gzip page");
    free(r.body);
    r = get(*state, "assets/app-1f.js", "Accept-Encoding: br\r\n", false);
    assert_string_equal(r.body, "script");
    assert_true(reply_has(&r, "Cache-Control: public, max-age=31536000, immutable"));
    assert_null(strstr(r.head, "Content-Encoding"));
    free(r.body);
    r = get(*state, "empty.txt", "", false);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.n_body, 0);
    free(r.body);
    r = get(*state, "none", "", false);
    assert_int_equal(r.status, 404);
    free(r.body);
}

static void what_other_pages_take_in_is_open_to_them(void **state)
{
    files = web_files_embedded();
    struct reply r = get(*state, "desk.js", "Origin: https://shop.example\r\n", false);
    assert_string_equal(r.body, "widget");
    assert_true(reply_has(&r, "Cache-Control: public, max-age=600"));
    assert_true(reply_has(&r, "Cross-Origin-Resource-Policy: cross-origin"));
    assert_true(reply_has(&r, "ETag: \"desk\""));
    assert_null(strstr(r.head, "no-cache"));
    free(r.body);
    r = get(*state, "assets/app-1f.js", "", false);
    assert_null(strstr(r.head, "Cross-Origin-Resource-Policy"));
    free(r.body);
}

static void known_files_are_not_sent_again(void **state)
{
    files = web_files_embedded();
    struct reply r = get(*state, "", "If-None-Match: \"x\", \"abc\"\r\n", false);
    assert_int_equal(r.status, 304);
    assert_true(reply_has(&r, "ETag: \"abc\""));
    assert_null(strstr(r.head, "Content-Length"));
    free(r.body);
    r = get(*state, "", "If-None-Match: W/\"abc-br\"\r\nAccept-Encoding: br\r\n", false);
    assert_int_equal(r.status, 304);
    free(r.body);
    r = get(*state, "", "If-None-Match: \"abc\"\r\nAccept-Encoding: br\r\n", false);
    assert_int_equal(r.status, 200);
    free(r.body);
    r = get(*state, "", "", true);
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "Content-Length: 6"));
    free(r.body);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[1024];
    assert_true(snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void expect_get(struct server *s, const char *path, int status, const char *body)
{
    struct reply r = get(s, path, "", false);
    assert_int_equal(r.status, status);
    if (body) assert_string_equal(r.body, body);
    free(r.body);
}

static void a_directory_cannot_be_left(void **state)
{
    char dir[] = "/tmp/suhbat-net-web-XXXXXX", inside[512], path[600];
    assert_non_null(mkdtemp(dir));
    snprintf(inside, sizeof inside, "%s/root", dir);
    assert_int_equal(mkdir(inside, 0700), 0);
    put_file(dir, "secret.txt", "secret");
    put_file(inside, "index.html", "<page>");
    snprintf(path, sizeof path, "%s/link.txt", inside);
    assert_int_equal(symlink("../secret.txt", path), 0);
    files = web_files_directory(inside);
    assert_non_null(files);
    expect_get(*state, "", 200, "<page>");
    expect_get(*state, "../secret.txt", 404, NULL);
    expect_get(*state, "%2e%2e/secret.txt", 404, NULL);
    expect_get(*state, "..%2fsecret.txt", 404, NULL);
    expect_get(*state, "x/../../secret.txt", 404, NULL);
    expect_get(*state, "%2fetc/passwd", 404, NULL);
    expect_get(*state, "/etc/passwd", 404, NULL);
    expect_get(*state, "link.txt", 404, NULL);
    expect_get(*state, ".", 404, NULL);
    put_file(inside, "index.html", "<page two>");
    expect_get(*state, "", 200, "<page two>");
    unlink(path);
    snprintf(path, sizeof path, "%s/index.html", inside), unlink(path);
    snprintf(path, sizeof path, "%s/secret.txt", dir), unlink(path);
    rmdir(inside), rmdir(dir);
    assert_null(web_files_directory(inside));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(embedded_files_are_negotiated),
        TEST(what_other_pages_take_in_is_open_to_them),
        TEST(known_files_are_not_sent_again),
        TEST(a_directory_cannot_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
