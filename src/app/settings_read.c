/* Where settings come from: the environment, .env and suhbat.ini. inih does the reading of files; what it leaves to its user is done here:
   `export X=`, quotes, `NAME: type = value`, lines longer than its buffer, and the number of the line.

   Start-up only, one thread. Invariant: a name that begins with SUHBAT_ and is none of ours is refused, so a typing error is not silence.
   Names that begin with SUHBAT_TEST_ belong to the test suite and are passed over. */
#include "app/settings.h"
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 8192
#define PREFIX "SUHBAT_"

struct reading {
    struct settings *settings;
    FILE *file;
    const char *source;
    enum setting_strength strength, old_strength;
    bool ours_alone; /* suhbat.ini: names without the prefix are ours, and unknown ones are refused */
    bool failed;
    int line;
    char text[LINE_MAX_BYTES]; /* the line under way, whole: inih's own buffer is 200 bytes */
};

static bool is_foreign(const char *name)
{
    return strncasecmp(name, PREFIX, sizeof PREFIX - 1) != 0 || strncasecmp(name, PREFIX "TEST_", sizeof PREFIX "TEST_" - 1) == 0;
}

static void complain(struct reading *r, const char *name, const char *what)
{
    settings_complain(&(struct setting_value){ .source = r->source, .name = name, .line = r->line }, "%s", what);
    r->failed = true;
}

/* Puts one pair where it belongs, or says why it belongs nowhere. */
static void take(struct reading *r, const char *name, const char *text)
{
    struct setting_value value = { .text = text, .source = r->source, .name = name, .line = r->line, .strength = r->strength };
    char prefixed[64];
    enum setting which = setting_of_name(name);
    if (which == setting_count && r->ours_alone && is_foreign(name)) {
        snprintf(prefixed, sizeof prefixed, PREFIX "%s", name);
        /* An old name in capitals keeps its old meaning and strength. */
        if (setting_of_old_name(name) == setting_count) which = setting_of_name(prefixed);
    }
    if (which == setting_count) {
        which = setting_of_old_name(name);
        value.strength = r->old_strength;
    }
    if (which != setting_count)
        settings_put(r->settings, which, value);
    else if (r->ours_alone || !is_foreign(name))
        complain(r, name, "no such setting (docs/settings.md lists them)");
}

must_use enum fault settings_read_environment(struct settings *s, char *const *environment)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) return fault_internal;
    *r = (struct reading){ .settings = s, .source = "environment", .strength = strength_environment, .old_strength = strength_old_environment };
    for (; environment && *environment; environment++) {
        struct span text, name = span_cut(span_of(*environment), '=', &text);
        if (name.n >= sizeof r->text || !text.p) continue;
        memcpy(r->text, name.p, name.n);
        r->text[name.n] = '\0';
        /* An empty variable is how shells and containers spell "not set". */
        if (text.n) take(r, r->text, text.p);
    }
    enum fault fault = r->failed ? fault_invalid : fault_none;
    free(r);
    return fault;
}

/* Gives inih the line without indentation and `export `, and keeps the whole of it. A longer line than inih takes is cut so that it looks whole:
   it only wants the name of it. */
static char *next_line(char *out, int n, void *stream)
{
    struct reading *r = stream;
    if (!fgets(r->text, sizeof r->text, r->file)) return NULL;
    r->line++;
    size_t length = strlen(r->text);
    if (length == sizeof r->text - 1 && r->text[length - 1] != '\n') {
        complain(r, "line", "longer than 8190 bytes");
        return NULL;
    }
    char *p = r->text + strspn(r->text, " \t");
    if (strncmp(p, "export ", 7) == 0) p += 7 + strspn(p + 7, " \t");
    memmove(r->text, p, strlen(p) + 1);
    if (snprintf(out, (size_t)n - 1, "%s", r->text) >= n - 1) out[n - 3] = '\n';
    return out;
}

/* `SECRET_KEY: str = "x"`, as one of the old systems wrote its .env: what stands after the type. */
static struct span after_type(struct span text)
{
    static const char *const types[] = { "str", "int", "bool", "float" };
    struct span value, type = span_trim(span_cut(text, '=', &value));
    for (size_t i = 0; value.p && i < sizeof types / sizeof *types; i++)
        if (span_eq(type, span_of(types[i]))) return span_trim(value);
    return text;
}

/* Takes the quotes off in place; NULL when they do not close. Without quotes " #" begins a comment. */
static char *unquoted(char *line, struct span text)
{
    char *p = line + (text.p - line);
    if (*p == '"' || *p == '\'') {
        char *end = memchr(p + 1, *p, text.n ? text.n - 1 : 0);
        if (end) *end = '\0';
        return end ? p + 1 : NULL;
    }
    p[text.n] = '\0';
    for (char *c = p; *c; c++)
        if (*c == '#' && (c == p || c[-1] == ' ' || c[-1] == '\t')) *c = '\0';
    struct span trimmed = span_trim(span_of(p));
    p[(size_t)(trimmed.p - p) + trimmed.n] = '\0';
    return p;
}

static int on_pair(void *user, const char *section, const char *name, const char *cut_value)
{
    struct reading *r = user;
    (void)section, (void)cut_value;
    size_t at = strcspn(r->text, "=:");
    struct span text = span_trim(span_of(r->text + at + (r->text[at] ? 1 : 0)));
    if (r->text[at] == ':') text = after_type(text);
    bool is_python = text.n > 1 && text.p[0] == 'f' && (text.p[1] == '"' || text.p[1] == '\'');
    if (!text.n) return 1;
    if (is_python) {
        if (setting_of_old_name(name) != setting_count) complain(r, name, "is a Python expression: write the value itself");
        return 1;
    }
    char *value = unquoted(r->text, text);
    if (!value)
        complain(r, name, "the quote is not closed");
    else if (*value)
        take(r, name, value);
    return 1;
}

static enum fault read_file(struct settings *s, const char *path, struct reading with, bool must_exist)
{
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT && !must_exist) return fault_none;
    struct reading *r = calloc(1, sizeof *r);
    if (!file || !r) {
        settings_complain(&(struct setting_value){ .name = path }, "cannot be read: %s", strerror(errno));
        if (file) fclose(file);
        free(r);
        return fault_invalid;
    }
    *r = with;
    r->settings = s, r->file = file, r->source = path;
    int wrong_line = ini_parse_stream(next_line, r, on_pair, r);
    if (wrong_line > 0 && !r->failed) {
        r->line = wrong_line;
        complain(r, "line", "is neither NAME=VALUE nor a comment");
    }
    enum fault fault = r->failed ? fault_invalid : fault_none;
    fclose(file);
    free(r);
    return fault;
}

must_use enum fault settings_read_dotenv(struct settings *s, const char *path)
{
    return read_file(s, path, (struct reading){ .strength = strength_dotenv, .old_strength = strength_old_dotenv }, false);
}

must_use enum fault settings_read_ini(struct settings *s, const char *path, enum setting_strength strength, bool must_exist)
{
    return read_file(s, path, (struct reading){ .strength = strength, .old_strength = strength_old_file, .ours_alone = true }, must_exist);
}
