/* Lines and table of an import. One thread. Lines go to standard error, the table to standard output. */
#include "import/report.h"
#include "base/clock.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { shown_max_bytes = 80, progress_ms = 200 };

const char *noun_word(enum old_noun noun)
{
    static const char *const words[old_noun_count] = { [old_person] = "account", [old_room] = "room", [old_member] = "membership",
                                                       [old_message] = "message", [old_read] = "read mark", [old_file] = "file" };
    return words[noun];
}

static void clear_line(const struct report *r)
{
    if (r->is_terminal) fprintf(stderr, "\r\033[K");
}

void report_begin(struct report *r, enum old_noun noun, int64_t n_source)
{
    r->tallies[noun].n_source = n_source;
    r->is_terminal = isatty(STDERR_FILENO);
}

void report_progress(struct report *r, enum old_noun noun)
{
    const struct tally *t = &r->tallies[noun];
    int64_t now_ms = clock_mono_ms();
    if (!r->is_terminal || now_ms - r->told_ms < progress_ms) return;
    r->told_ms = now_ms;
    fprintf(stderr, "\r\033[K%ss: %lld of %lld", noun_word(noun), (long long)t->n_read, (long long)t->n_source);
}

/* What a record is called may hold anything. */
static void put_shown(struct span shown)
{
    size_t n = shown.n < shown_max_bytes ? shown.n : shown_max_bytes;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)shown.p[i];
        fputc(c < ' ' || c == 0x7F ? '?' : c, stderr);
    }
}

static void tell(const struct report *r, enum old_noun noun, struct span shown, const char *what, const char *format, va_list args)
{
    clear_line(r);
    fprintf(stderr, "%s ", noun_word(noun));
    put_shown(shown);
    fprintf(stderr, ": %s: ", what);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void report_skip(struct report *r, enum old_noun noun, struct span shown, const char *format, ...)
{
    va_list args;
    r->tallies[noun].n_skipped++;
    va_start(args, format);
    tell(r, noun, shown, "not imported", format, args);
    va_end(args);
}

void report_change(struct report *r, enum old_noun noun, struct span shown, const char *format, ...)
{
    va_list args;
    r->tallies[noun].n_changed++;
    va_start(args, format);
    tell(r, noun, shown, "changed", format, args);
    va_end(args);
}

void report_note(struct report *r, const char *format, ...)
{
    va_list args;
    clear_line(r);
    va_start(args, format);
    fprintf(stderr, "note: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void report_table(const struct report *r)
{
    clear_line(r);
    printf("source %s%s\n", r->source, r->is_dry ? " (dry run: nothing was written)" : "");
    printf("%-14s %12s %12s %12s %12s %12s\n", "", "in source", r->is_dry ? "would come" : "imported", "there before", "not imported", "changed");
    for (int noun = 0; noun < old_noun_count; noun++) {
        const struct tally *t = &r->tallies[noun];
        if (!t->n_source) continue;
        printf("%s%-*s %12lld %12lld %12lld %12lld %12lld\n", noun_word(noun), 14 - (int)strlen(noun_word(noun)), "s", (long long)t->n_source,
               (long long)t->n_new, (long long)t->n_there, (long long)t->n_skipped, (long long)t->n_changed);
    }
    fflush(stdout);
}
