/* The settings as texts, before anyone asks what they mean: which source gave each one, and on which line. config.h gives them types.

   A stronger source replaces a weaker one; within the same strength the later line wins. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

enum setting {
#define SETTING(name, ...) setting_##name,
#include "app/settings.def"
    setting_count
};

/* From weak to strong. Every SUHBAT_ name beats every old name. */
enum setting_strength {
    strength_standard,
    strength_old_file,
    strength_old_dotenv,
    strength_old_environment,
    strength_data_file,
    strength_file,
    strength_dotenv,
    strength_environment,
    strength_flag,
};

struct setting_value {
    const char *text;   /* NULL: not set and no standard */
    const char *source; /* ".env", "suhbat.ini", "environment", "command line"; NULL: the standard */
    const char *name;   /* as it was written there */
    int line;           /* 0: the source has no lines */
    enum setting_strength strength;
};

struct settings {
    struct arena *arena; /* borrows; owns all texts */
    struct setting_value values[setting_count];
};

struct setting_info {
    const char *name, *flag, *argument, *standard, *allowed, *purpose; /* name is with SUHBAT_ */
};
extern const struct setting_info setting_infos[setting_count];

void settings_init(struct settings *s, struct arena *arena);
/* Copies text. */
void settings_put(struct settings *s, enum setting which, struct setting_value value);
/* The setting of a name that carries the SUHBAT_ prefix, or of an old name; setting_count: none of ours. */
enum setting setting_of_name(const char *name);
enum setting setting_of_old_name(const char *name);

/* Sources. Each prints the line that is wrong and gives invalid. A file that does not exist is not an error unless must_exist. */
must_use enum fault settings_read_environment(struct settings *s, char *const *environment);
must_use enum fault settings_read_dotenv(struct settings *s, const char *path);
must_use enum fault settings_read_ini(struct settings *s, const char *path, enum setting_strength strength, bool must_exist);

/* "suhbat: .env:3: SUHBAT_X: …" on standard error. Never prints the value. */
void settings_complain(const struct setting_value *value, const char *format, ...) __attribute__((format(printf, 2, 3)));
