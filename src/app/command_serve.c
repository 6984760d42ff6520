/* suhbat serve: settings, data directory, then the server itself (serve.c). */
#include "app/command.h"
#include "app/serve.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

static socklen_t socket_address(const struct config *config, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    *out = (struct sockaddr_storage){ 0 };
    if (inet_pton(AF_INET, config->listen_address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET, v4->sin_port = htons((uint16_t)config->port);
        return sizeof *v4;
    }
    inet_pton(AF_INET6, config->listen_address, &v6->sin6_addr);
    v6->sin6_family = AF_INET6, v6->sin6_port = htons((uint16_t)config->port);
    return sizeof *v6;
}

/* The loops share their port, and so would a second server of the same user: the kernel would deal it half of the connections without a word.
   A socket that does not share is told the truth. */
static bool can_listen(const struct config *config)
{
    struct sockaddr_storage address;
    socklen_t n = socket_address(config, &address);
    int on = 1, fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, (struct sockaddr *)&address, n) == 0;
    if (!ok) fprintf(stderr, "suhbat: cannot listen on address %s, port %d: %m\n", config->listen_address, config->port);
    if (fd >= 0) close(fd);
    return ok;
}

static int run(struct config *config, struct data_dir *dir)
{
    if (!can_listen(config)) return EX_OSERR;
    enum fault fault = data_dir_secret(dir, config);
    if (!fault) fault = data_dir_vapid(dir, config);
    if (fault) return command_exit_code(fault);
    config_warn(config);
    return serve(config);
}

int command_serve(int argc, char **argv)
{
    struct config_flags flags = { 0 };
    struct config config;
    struct data_dir dir;
    command_line_parse(&(struct command_line){ .doc = "Runs the server until SIGTERM or SIGINT.", .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    enum fault fault = data_dir_open(config.data_dir, &dir);
    code = fault ? command_exit_code(fault) : run(&config, &dir);
    data_dir_close(&dir);
    config_fini(&config);
    return code;
}
