/* The client of the helper process (src/pictures/program.c). Each thread of the pools that look at files has one of its own; it is begun when it is first needed,
   killed when it takes too long, and begun anew after every so many questions and whenever it has died. Blocks: pool threads only.
   Always: whatever the helper does or says, the server loses nothing but the answer. */
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "files/private.h"
#include "pictures/request.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { answer_ms = 15000, questions_max = 256 };

struct helper {
    struct files *files;
    pid_t pid;  /* 0: none */
    int socket;
    unsigned n_questions;
};

struct helper *helper_create(struct files *files)
{
    struct helper *h = calloc(1, sizeof *h);
    if (!h) abort();
    *h = (struct helper){ .files = files, .socket = -1 };
    return h;
}

static void stop(struct helper *h)
{
    if (h->socket >= 0) close(h->socket);
    h->socket = -1;
    if (!h->pid) return;
    kill(h->pid, SIGKILL);
    while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR);
    h->pid = 0;
}

void helper_destroy(struct helper *h)
{
    stop(h);
    free(h);
}

/* It gets its socket as descriptor 3 and nothing else of ours: all our descriptors close on exec. Signals are open again, as a fresh program expects. */
static bool spawn_helper(struct helper *h, int theirs)
{
    static char *const environment[] = { "LC_ALL=C.UTF-8", "VIPS_NOVECTOR=1", NULL };
    char *const arguments[] = { (char *)h->files->helper, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, theirs, PICTURE_SOCKET_FD);
    int failed = posix_spawn(&h->pid, h->files->helper, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed) h->pid = 0;
    return !failed;
}

static bool start(struct helper *h)
{
    int pair[2];
    if (!h->files->helper) return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return false;
    if (pair[1] == PICTURE_SOCKET_FD) { /* dup2 onto itself would leave it closing on exec */
        int other = fcntl(pair[1], F_DUPFD_CLOEXEC, PICTURE_SOCKET_FD + 1);
        close(pair[1]);
        pair[1] = other;
    }
    bool begun = pair[1] >= 0 && spawn_helper(h, pair[1]);
    if (pair[1] >= 0) close(pair[1]);
    h->socket = pair[0];
    h->n_questions = 0;
    if (!begun) stop(h);
    return begun;
}

static bool send_question(struct helper *h, enum picture_question question, const int *fds, size_t n_fds)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 3)];
        struct cmsghdr align;
    } control = { { 0 } };
    struct picture_request request = { question };
    struct iovec iov = { &request, sizeof request };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int) * n_fds) };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
    memcpy(CMSG_DATA(head), fds, sizeof(int) * n_fds);
    return sendmsg(h->socket, &message, MSG_NOSIGNAL) == sizeof request;
}

static bool receive_answer(struct helper *h, struct picture_answer *answer)
{
    struct pollfd one = { h->socket, POLLIN, 0 };
    int64_t until_ms = clock_mono_ms() + answer_ms, left_ms;
    while ((left_ms = until_ms - clock_mono_ms()) > 0) {
        int n = poll(&one, 1, (int)left_ms);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        return recv(h->socket, answer, sizeof *answer, 0) == sizeof *answer;
    }
    return false;
}

static bool ask(struct helper *h, enum picture_question question, const int *fds, size_t n_fds, struct picture_answer *answer)
{
    if (!h) return false;
    if (h->pid && h->n_questions++ >= questions_max) stop(h);
    bool sent = h->pid && send_question(h, question, fds, n_fds);
    if (h->pid && !sent) { /* it had died of itself, or of an operator, since the last question: not of this one */
        stop(h);
        atomic_fetch_add(&h->files->n_helper_deaths, 1);
    }
    if (!sent && !start(h)) return false;
    if (!sent) sent = send_question(h, question, fds, n_fds);
    if (sent && receive_answer(h, answer)) return true;
    stop(h);
    atomic_fetch_add(&h->files->n_helper_deaths, 1);
    LOG(warn, "picture_helper_died", log_int("question", question));
    return false;
}

/* ---- What it says is believed only as far as it makes sense. */

static bool is_type(const char *p, size_t n)
{
    size_t n_slashes = 0;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(".+-_/", c);
        if (!plain) return false;
        n_slashes += c == '/';
    }
    return n && n_slashes == 1;
}

static bool is_blurhash(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] <= ' ' || p[i] > '~' || p[i] == '"' || p[i] == '\\') return false;
    return n > 0;
}

bool helper_look(struct helper *h, int in, int clean, int thumb, struct looked *out)
{
    struct picture_answer a;
    *out = (struct looked){ 0 };
    if (!ask(h, picture_look, (int[]){ in, clean, thumb }, 3, &a)) return false;
    size_t n_type = strnlen(a.type, sizeof a.type), n_blur = strnlen(a.blurhash, sizeof a.blurhash);
    if (n_type < sizeof out->type && is_type(a.type, n_type)) memcpy(out->type, a.type, n_type);
    if (n_blur < sizeof out->blurhash && is_blurhash(a.blurhash, n_blur)) memcpy(out->blurhash, a.blurhash, n_blur);
    bool fits = a.width > 0 && a.height > 0 && a.width <= PICTURE_MAX_SIDE && a.height <= PICTURE_MAX_SIDE;
    out->is_clean = a.is_clean == 1;
    out->has_thumbnail = a.has_thumbnail == 1 && fits;
    if (out->has_thumbnail) out->width = a.width, out->height = a.height;
    return true;
}

bool helper_square(struct helper *h, int in, int out)
{
    struct picture_answer a;
    return ask(h, picture_square, (int[]){ in, out }, 2, &a) && a.made_square == 1;
}
