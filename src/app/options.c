/* argp over the list of settings: one flag per row of settings.def that has one, --config, and the frame all commands share.
   Start-up only, one thread. */
#include "app/command.h"
#include <string.h>

enum { key_config = 'c', key_first_setting = 0x100 };

static const struct argp_option *flag_options(void)
{
    static struct argp_option options[setting_count + 2];
    size_t n = 0;
    for (int i = 0; i < setting_count; i++) {
        const struct setting_info *info = &setting_infos[i];
        if (info->flag)
            options[n++] = (struct argp_option){ .name = info->flag, .key = key_first_setting + i, .arg = info->argument, .doc = info->purpose };
    }
    options[n++] = (struct argp_option){ .name = "config", .key = key_config, .arg = "FILE", .doc = "read this file in place of ./suhbat.ini" };
    return options;
}

static error_t take_flag(int key, char *arg, struct argp_state *state)
{
    struct config_flags *flags = state->input;
    if (key == key_config)
        flags->file = arg;
    else if (key >= key_first_setting && key < key_first_setting + setting_count)
        flags->texts[key - key_first_setting] = arg ? arg : "on";
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

/* Hands the child parser its input; everything else is the command's own. */
static error_t take_own(int key, char *arg, struct argp_state *state)
{
    const struct command_line *line = state->input;
    if (key == ARGP_KEY_INIT) {
        if (line->flags) state->child_inputs[0] = line->flags;
        return 0;
    }
    if (key == ARGP_KEY_ARG && !line->args_doc) argp_error(state, "unexpected argument: %s", arg);
    if (!line->parse) return ARGP_ERR_UNKNOWN;
    struct argp_state own = *state;
    own.input = line->own;
    return line->parse(key, arg, &own);
}

void command_line_parse(const struct command_line *line, int argc, char **argv)
{
    struct argp flags_argp = { .options = flag_options(), .parser = take_flag };
    struct argp_child children[] = { { .argp = &flags_argp, .header = "Settings (docs/settings.md has them all)" }, { 0 } };
    struct argp argp = { .options = line->options, .parser = take_own, .args_doc = line->args_doc, .doc = line->doc, .children = line->flags ? children : NULL };
    argp_parse(&argp, argc, argv, 0, NULL, (void *)line);
}

int command_configure(const struct config_flags *flags, struct config *config)
{
    if (config_load(flags, config)) {
        config_fini(config);
        return EX_CONFIG;
    }
    log_setup(config->log_level, config->log_format);
    return EX_OK;
}

int command_exit_code(enum fault fault)
{
    switch (fault) {
    case fault_none: return EX_OK;
    case fault_invalid:
    case fault_too_large:
    case fault_not_found:
    case fault_gone: return EX_DATAERR;
    case fault_unauthenticated:
    case fault_forbidden: return EX_NOPERM;
    case fault_conflict:
    case fault_limited:
    case fault_busy: return EX_TEMPFAIL;
    case fault_unavailable:
    case fault_uncertain: return EX_UNAVAILABLE;
    case fault_internal:
    case fault_count: break;
    }
    return EX_SOFTWARE;
}
