/* Reads the line by read(2), because stdio would keep a copy of it. On a terminal the typing is not shown. */
#include "app/password_input.h"
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static bool hide_typing(struct termios *before)
{
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, before) != 0) return false;
    struct termios hidden = *before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "Password: ");
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
}

bool password_input_read(struct password_input *out)
{
    struct termios before;
    bool hidden = hide_typing(&before);
    *out = (struct password_input){ 0 };
    while (out->n < PASSWORD_INPUT_MAX_BYTES && read(STDIN_FILENO, out->text + out->n, 1) == 1 && out->text[out->n] != '\n') out->n++;
    if (out->n && out->text[out->n - 1] == '\r') out->n--;
    if (hidden) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return out->n > 0;
}

void password_input_wipe(struct password_input *p)
{
    explicit_bzero(p, sizeof *p);
}
