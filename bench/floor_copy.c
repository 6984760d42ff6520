/* The floor under uploads: a bare program that takes one request at a time, reads the body in pieces of 256 KiB and writes each to a nameless file, then does to that
   file what makes the server's durable: fsync, a name, fsync of the directory; and answers. Reading and writing alternate in one thread. It looks at nothing: no digest,
   no multipart, no account, no row in a database, no second process. The file is removed after the answer.
   usage: floor_copy PORT DIR */
#include "floor.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES (256 << 10)

static char piece[PIECE_BYTES + 1];
static int dir_fd;

static int listen_at(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0) floor_die("floor_copy", "cannot listen");
    return fd;
}

static void write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put <= 0) floor_die("floor_copy", "cannot write");
        p += put, n -= (size_t)put;
    }
}

static void place(int fd)
{
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    if (fsync(fd) != 0 || linkat(AT_FDCWD, from, dir_fd, "copy", AT_SYMLINK_FOLLOW) != 0 || fsync(dir_fd) != 0) floor_die("floor_copy", "cannot place");
}

/* The head must come in the first piece, as that of a bench's client does. */
static bool copy(int socket, int file)
{
    ssize_t got = recv(socket, piece, PIECE_BYTES, 0);
    if (got <= 0) return false;
    piece[got] = 0;
    char *end = strstr(piece, "\r\n\r\n"), *length = strcasestr(piece, "\r\nContent-Length: ");
    if (!end || !length) return false;
    int64_t left = strtoll(length + 18, NULL, 10), have = got - (end + 4 - piece);
    write_all(file, end + 4, (size_t)have);
    for (left -= have; left > 0; left -= got) {
        if ((got = recv(socket, piece, PIECE_BYTES, 0)) <= 0) return false;
        write_all(file, piece, (size_t)got);
    }
    return true;
}

int main(int argc, char **argv)
{
    static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if (argc != 3) floor_die("usage", "floor_copy PORT DIR");
    int listener = listen_at((int)floor_number(argv[1]));
    dir_fd = open(argv[2], O_RDONLY | O_DIRECTORY);
    if (dir_fd < 0) floor_die("floor_copy", "no such directory");
    for (;;) {
        int socket = accept(listener, NULL, NULL), file = openat(dir_fd, ".", O_TMPFILE | O_RDWR, 0600);
        if (file < 0) floor_die("floor_copy", "no nameless files in that directory");
        if (copy(socket, file)) {
            place(file);
            write_all(socket, answer, sizeof answer - 1);
            unlinkat(dir_fd, "copy", 0);
        }
        close(file);
        close(socket);
    }
}
