/* The table of settings and the rule of strength. Start-up only, one thread; owns nothing but what it puts into the caller's arena. */
#include "app/settings.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct setting_info setting_infos[setting_count] = {
#define SETTING(id, NAME, flag, argument, standard, allowed, purpose) \
    [setting_##id] = { "SUHBAT_" NAME, flag, argument, standard, allowed, purpose },
#include "app/settings.def"
};

static const struct old_name {
    const char *name;
    enum setting which;
} old_names[] = {
#define OLD_NAME(id, old) { old, setting_##id },
#include "app/settings.def"
};

void settings_init(struct settings *s, struct arena *arena)
{
    *s = (struct settings){ .arena = arena };
    for (int i = 0; i < setting_count; i++)
        s->values[i] = (struct setting_value){ .text = setting_infos[i].standard, .name = setting_infos[i].name };
}

void settings_put(struct settings *s, enum setting which, struct setting_value value)
{
    if (value.strength < s->values[which].strength) return;
    value.text = arena_copy(s->arena, span_of(value.text)).p;
    value.source = arena_copy(s->arena, span_of(value.source)).p;
    value.name = arena_copy(s->arena, span_of(value.name)).p;
    s->values[which] = value;
}

enum setting setting_of_name(const char *name)
{
    for (int i = 0; i < setting_count; i++)
        if (strcasecmp(name, setting_infos[i].name) == 0) return (enum setting)i;
    return setting_count;
}

enum setting setting_of_old_name(const char *name)
{
    for (size_t i = 0; i < sizeof old_names / sizeof *old_names; i++)
        if (strcmp(name, old_names[i].name) == 0) return old_names[i].which;
    return setting_count;
}

void settings_complain(const struct setting_value *value, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "suhbat: ");
    if (value->source) fprintf(stderr, "%s", value->source);
    if (value->source && value->line) fprintf(stderr, ":%d", value->line);
    fprintf(stderr, value->source ? ": %s: " : "%s: ", value->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
