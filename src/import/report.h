/* What the operator is told: a line for every record that was left out or changed, how far it is (on a terminal), and the table at the end. One thread. */
#pragma once
#include "base/span.h"
#include "import/record.h"

struct tally {
    int64_t n_source, n_read, n_new, n_there, n_skipped, n_changed;
};
struct report {
    struct tally tallies[old_noun_count];
    const char *source; /* its name */
    bool is_dry, is_terminal;
    int64_t told_ms;
};
const char *noun_word(enum old_noun noun); /* "message" */
void report_begin(struct report *r, enum old_noun noun, int64_t n_source);
void report_progress(struct report *r, enum old_noun noun);
/* The record stays out. why goes on after "message 17: ". */
void report_skip(struct report *r, enum old_noun noun, struct span shown, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* It comes in, but not as it was. */
void report_change(struct report *r, enum old_noun noun, struct span shown, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Counts neither way: something the operator should know. */
void report_note(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_table(const struct report *r);
