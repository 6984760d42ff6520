/* A password from standard input, for commands. Never echoed, never logged, wiped. */
#pragma once
#include "base/span.h"

#define PASSWORD_INPUT_MAX_BYTES 1024

struct password_input {
    char text[PASSWORD_INPUT_MAX_BYTES + 2];
    size_t n;
};

/* The first line without its end. False: nothing there. More than the ceiling is kept as far as the ceiling, which every check refuses anyway. */
bool password_input_read(struct password_input *out);
static inline struct span password_input_span(const struct password_input *p) { return span_make(p->text, p->n); }
void password_input_wipe(struct password_input *p);
