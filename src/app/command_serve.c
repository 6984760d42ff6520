/* suhbat serve: settings, data directory, then the server itself (serve.c). */
#include "app/command.h"
#include "app/serve.h"

int command_serve(int argc, char **argv)
{
    struct config_flags flags = { 0 };
    struct config config;
    struct data_dir dir;
    command_line_parse(&(struct command_line){ .doc = "Runs the server until SIGTERM or SIGINT.", .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    enum fault fault = data_dir_open(config.data_dir, &dir);
    if (!fault) {
        fault = data_dir_secret(&dir, &config);
        config_warn(&config);
        code = fault ? command_exit_code(fault) : serve(&config);
        data_dir_close(&dir);
    } else {
        code = command_exit_code(fault);
    }
    config_fini(&config);
    return code;
}
