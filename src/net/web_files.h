/* The pages and what belongs to them. Embedded: a table made at build from the web client's output. The generator writes web_files.S (.incbin of
   every file and of its gzip and brotli forms) and web_files_table.c, which defines the two symbols below; both are compiled into the
   executable itself (not into an archive, where weak symbols would not pull them in). Without them the table is empty. */
#pragma once
#include "net/http.h"

struct web_file {
    const char *path;         /* "index.html", "assets/app-5f3a.js": without a leading slash */
    const char *content_type; /* with charset where one belongs */
    const char *etag;         /* quoted and strong, over the identity bytes; each coding gets a suffix of its own here */
    struct span identity, gzip, brotli; /* p == NULL: not made (it would not be shorter) */
    bool immutable;           /* the name holds a hash of the content */
};

extern const struct web_file web_files_table[] __attribute__((weak));
extern const size_t web_files_count __attribute__((weak));

/* Whether the path is there. */
bool web_files_has(struct web_files *files, const char *path);
void web_files_destroy(struct web_files *files); /* NULL is fine */
