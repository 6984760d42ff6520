/* How a fault is told to people: its HTTP status, its stable words, and a sentence in their language. One table for all doors that speak
   problem bodies (docs/protocol.md, Shapes). */
#pragma once
#include "base/buf.h"
#include "door/door.h"
#include "wire/accept.h"

int problem_status(enum fault f);
/* A sentence about the fault; detail (may be NULL) makes it more exact where we know better words. Never NULL, static. */
const char *problem_sentence(enum fault f, const char *detail, enum language language);

struct problem {
    enum fault fault;
    const char *detail;    /* the stable name of the field or noun; NULL: none */
    int64_t retry_after_s; /* 0: none */
};
/* Appends the fields "error", "detail", "message", "retry_after_s" of an object that the caller has begun. */
struct json_writer;
void problem_fields(struct json_writer *w, const struct problem *p, enum language language);

/* Answers with status, problem body, and Retry-After when there is one. */
void problem_respond(struct request *r, const struct problem *p);
enum language request_language(const struct request *r);
