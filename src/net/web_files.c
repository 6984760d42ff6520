/* Static web files: the embedded table, sorted once and never copied, or a directory that is read at every request while developing. A loop's
   thread serves them; the table is immutable and shared. Everything is revalidated by ETag; names that hold a hash are kept for a year.
   The directory cannot be left: the kernel resolves every path beneath it (openat2), links included. */
#include "net/web_files.h"
#include "base/log.h"
#include "wire/accept.h"
#include "wire/http_parser.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { disk_file_max_bytes = 64 << 20, etag_max_bytes = 96 };

struct web_files {
    int directory; /* -1: embedded */
    size_t n;
    const struct web_file **by_path;
};

static int compare_paths(const void *a, const void *b)
{
    return strcmp((*(const struct web_file *const *)a)->path, (*(const struct web_file *const *)b)->path);
}

struct web_files *web_files_embedded(void)
{
    struct web_files *files = calloc(1, sizeof *files);
    if (!files) abort();
    files->directory = -1;
    files->n = &web_files_count ? web_files_count : 0;
    files->by_path = calloc(files->n + 1, sizeof *files->by_path);
    if (!files->by_path) abort();
    for (size_t i = 0; i < files->n; i++) files->by_path[i] = &web_files_table[i];
    qsort(files->by_path, files->n, sizeof *files->by_path, compare_paths);
    return files;
}

struct web_files *web_files_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        LOG(error, "web root does not open", log_str("path", dir), log_int("errno", errno));
        return NULL;
    }
    struct web_files *files = calloc(1, sizeof *files);
    if (!files) abort();
    files->directory = fd;
    return files;
}

void web_files_destroy(struct web_files *files)
{
    if (!files) return;
    if (files->directory >= 0) close(files->directory);
    free(files->by_path);
    free(files);
}

static const struct web_file *find(const struct web_files *files, const char *path)
{
    struct web_file key = { .path = path };
    const struct web_file *at = &key, **found = bsearch(&at, files->by_path, files->n, sizeof *files->by_path, compare_paths);
    return found ? *found : NULL;
}

/* Answering */

/* Pages run our own scripts and nothing else. Style attributes are allowed because lists set heights that way; style sheets come from us. */
#define PAGE_POLICY                                                                                                                       \
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; " \
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/* A script may be a worker, which is bound by the policy of its own answer. */
#define SCRIPT_POLICY "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"

/* What pages of other origins take in: they keep its name, so it is asked for anew soon. */
static bool is_for_other_origins(const char *path)
{
    return strcmp(path, "desk.js") == 0;
}

static void put_headers(struct request *r, const char *path, const char *content_type, bool immutable, bool varies)
{
    if (is_for_other_origins(path)) {
        response_header(r, "Cache-Control", SPAN("public, max-age=600"));
        response_header(r, "Cross-Origin-Resource-Policy", SPAN("cross-origin"));
    }
    bool is_page = strncmp(content_type, "text/html", 9) == 0;
    if (!response_has_header(r, "cache-control"))
        response_header(r, "Cache-Control", immutable ? SPAN("public, max-age=31536000, immutable") : SPAN("no-cache"));
    if (!response_has_header(r, "content-security-policy") && is_page) response_header(r, "Content-Security-Policy", SPAN(PAGE_POLICY));
    if (!is_page && strncmp(content_type, "text/javascript", 15) == 0) response_header(r, "Content-Security-Policy", SPAN(SCRIPT_POLICY));
    if (is_page) response_header(r, "Cross-Origin-Opener-Policy", SPAN("same-origin"));
    if (varies) response_header(r, "Vary", SPAN("Accept-Encoding"));
}

/* RFC 9110 section 13.1.2: weak comparison, a list, or "*". Tags of ours hold no comma. */
static bool is_known_to_client(struct request *r, struct span etag)
{
    struct span list = request_header(r, "if-none-match"), one;
    while (http_list_next(&list, &one)) {
        if (span_eq(one, SPAN("*"))) return true;
        if (span_starts(one, SPAN("W/"))) one = span_make(one.p + 2, one.n - 2);
        if (span_eq(one, etag)) return true;
    }
    return false;
}

static void answer_file(struct request *r, const struct web_file *f)
{
    enum coding coding = accept_coding(request_header(r, "accept-encoding"), f->brotli.p != NULL, f->gzip.p != NULL);
    struct span body = coding == coding_br ? f->brotli : coding == coding_gzip ? f->gzip : f->identity;
    static const char *const suffixes[] = { [coding_identity] = "", [coding_gzip] = "-gz", [coding_br] = "-br" };
    size_t n_tag = strlen(f->etag);
    struct span etag = arena_printf(request_arena(r), "%.*s%s\"", n_tag ? (int)n_tag - 1 : 0, f->etag, suffixes[coding]);
    put_headers(r, f->path, f->content_type, f->immutable, f->brotli.p || f->gzip.p);
    response_header(r, "ETag", etag);
    if (is_known_to_client(r, etag)) {
        respond_empty(r, 304);
        return;
    }
    if (coding == coding_br) response_header(r, "Content-Encoding", SPAN("br"));
    if (coding == coding_gzip) response_header(r, "Content-Encoding", SPAN("gzip"));
    respond_static(r, 200, f->content_type, body);
}

/* With more in it */

static void answer_with(struct request *r, const char *path, const char *content_type, struct span page, struct span html)
{
    struct span end = SPAN("</body>");
    const char *at = memmem(page.p, page.n, end.p, end.n);
    size_t before = at ? (size_t)(at - page.p) : page.n;
    struct buf whole;
    buf_init(&whole, disk_file_max_bytes);
    buf_append(&whole, page.p, before);
    buf_append_span(&whole, html);
    buf_append(&whole, page.p + before, page.n - before);
    put_headers(r, path, content_type, false, false);
    respond(r, 200, content_type, buf_span(&whole));
    buf_fini(&whole);
}

/* From disk */

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        { ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" }, { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json" }, { ".webmanifest", "application/manifest+json" }, { ".svg", "image/svg+xml" }, { ".png", "image/png" },
        { ".webp", "image/webp" }, { ".ico", "image/x-icon" }, { ".woff2", "font/woff2" }, { ".txt", "text/plain; charset=utf-8" },
        { ".map", "application/json" }, { ".yaml", "application/yaml" },
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i][0]) == 0) return types[i][1];
    return "application/octet-stream";
}

static int open_beneath(int directory, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

static bool read_whole(int fd, char *p, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, p + done, n - done);
        if (got <= 0) return false;
        done += (size_t)got;
    }
    return true;
}

static void answer_bytes(struct request *r, const char *path, struct span bytes, const struct stat *st)
{
    const char *type = type_of(path);
    put_headers(r, path, type, false, false);
    struct span etag = arena_printf(request_arena(r), "\"%llx-%llx-%llx\"", (unsigned long long)st->st_size,
                                    (unsigned long long)st->st_mtim.tv_sec, (unsigned long long)st->st_mtim.tv_nsec);
    response_header(r, "ETag", etag);
    if (is_known_to_client(r, etag))
        respond_empty(r, 304);
    else
        respond(r, 200, type, bytes);
}

static bool answer_from_disk(struct web_files *files, struct request *r, const char *path, struct span more)
{
    struct stat st;
    int fd = open_beneath(files->directory, path);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= disk_file_max_bytes;
    char *bytes = good ? malloc((size_t)st.st_size + 1) : NULL;
    good = bytes && read_whole(fd, bytes, (size_t)st.st_size);
    if (good && more.n)
        answer_with(r, path, type_of(path), span_make(bytes, (size_t)st.st_size), more);
    else if (good)
        answer_bytes(r, path, span_make(bytes, (size_t)st.st_size), &st);
    free(bytes);
    if (fd >= 0) close(fd);
    return good;
}

static bool exists_on_disk(struct web_files *files, const char *path)
{
    struct stat st;
    int fd = open_beneath(files->directory, path);
    bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (fd >= 0) close(fd);
    return is_file;
}

bool web_files_has(struct web_files *files, const char *path)
{
    return files->directory >= 0 ? exists_on_disk(files, path) : find(files, path) != NULL;
}

bool web_files_respond(struct web_files *files, struct request *r, const char *path)
{
    if (files->directory >= 0) return answer_from_disk(files, r, path, SPAN(""));
    const struct web_file *f = find(files, path);
    if (f) answer_file(r, f);
    return f != NULL;
}

bool web_files_respond_with(struct web_files *files, struct request *r, const char *path, struct span html)
{
    if (files->directory >= 0) return answer_from_disk(files, r, path, html);
    const struct web_file *f = find(files, path);
    if (f) answer_with(r, path, f->content_type, f->identity, html);
    return f != NULL;
}
