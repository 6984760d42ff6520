/* The answer of two of the old systems to a request that does not fit (422): a list of what is wrong with which part, in the words of the framework they
   shared. Pure; any one thread.

       {"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":null}]} */
#pragma once
#include "base/arena.h"
#include "wire/json.h"

struct unfit { /* on the caller's stack */
    struct json_writer w;
    size_t n;
};
/* out stays empty as long as nothing is wrong. */
static inline struct unfit unfit_list(struct buf *out) { return (struct unfit){ .w = json_writer(out) }; }
/* place: "body", "path", "query"; field: NULL for the place itself; input: what was sent, p == NULL writes null. Secrets must not be given back. */
void unfit_add(struct unfit *u, const char *type, const char *place, const char *field, const char *message, struct span input);
/* A value that was understood and refused. message begins with "Value error, ". */
void unfit_value(struct unfit *u, const char *field, const char *message);
/* none, or invalid: the list is whole, out is the body of the answer. */
must_use enum fault unfit_end(struct unfit *u);

/* The object of a JSON body, or NULL when it is none: then that is in the list. A body that says to be a form or plain text is not read: pages of
   other sites may send those without asking. Call json_done(j) exactly when it is not NULL. */
json_value *unfit_open_body(struct unfit *u, struct json *j, struct span content_type, struct span body);
/* A field that must be there and be a text; copied into the arena. */
struct span unfit_text(struct unfit *u, json_value *object, const char *name, struct arena *arena);
/* The number that stands in a path or query. value.p == NULL: it is not there. On what is none: 0. One too great to be any of ours: -1. */
int64_t unfit_int(struct unfit *u, const char *place, const char *name, struct span value);
