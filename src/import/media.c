/* Files of messages. One thread. Always: a path of the source never leads out of the media directory. */
#include "import/media.h"
#include "import/text.h"
#include "chat/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* -1: it was told why. */
static int open_path(struct import *x, struct arena *arena, const struct old_record *r)
{
    struct span path = r->message.file_path;
    if (!x->wish->media) {
        report_skip(&x->report, old_file, r->shown, "no --media DIR was given to find " SPAN_FMT " in", SPAN_ARG(path));
        return -1;
    }
    if (!text_path_fits(path)) {
        report_skip(&x->report, old_file, r->shown, "its path leads out of the media directory");
        return -1;
    }
    struct stat st;
    int fd = open(arena_printf(arena, "%s/" SPAN_FMT, x->wish->media, SPAN_ARG(path)).p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return fd;
    report_skip(&x->report, old_file, r->shown, "%s/" SPAN_FMT " %s", x->wish->media, SPAN_ARG(path), fd < 0 && errno == ENOENT ? "is not there" : "cannot be read");
    if (fd >= 0) close(fd);
    return -1;
}

static int open_data(struct import *x, struct arena *arena, const struct old_record *r)
{
    struct span type, bytes;
    if (!text_data_url(arena, r->message.file_url, &type, &bytes)) {
        report_skip(&x->report, old_file, r->shown, "its picture is no data in base64");
        return -1;
    }
    int fd = memfd_create("picture", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n) return fd;
    report_skip(&x->report, old_file, r->shown, "its picture cannot be held in memory");
    if (fd >= 0) close(fd);
    return -1;
}

/* A picture inside a message has no name: the message's, with the ending of its type. */
static struct span name_of(struct arena *arena, const struct old_record *r)
{
    const struct old_message *m = &r->message;
    if (m->file_path.n) return file_name_clean(arena, text_base_name(m->file_path));
    struct span ending = SPAN("bin"), rest, type = span_cut(m->file_url, ';', &rest);
    if (span_starts(type, SPAN("data:image/")) && type.n > 11 && type.n < 20) ending = span_make(type.p + 11, type.n - 11);
    return file_name_clean(arena, arena_printf(arena, "picture-" SPAN_FMT "." SPAN_FMT, SPAN_ARG(r->key), SPAN_ARG(ending)));
}

enum fault media_take(struct import *x, struct arena *arena, const struct old_record *r, struct media *out)
{
    *out = (struct media){ 0 };
    if (!media_is_wanted(r)) return fault_none;
    int fd = r->message.file_path.n ? open_path(x, arena, r) : open_data(x, arena, r);
    if (fd < 0) return fault_none;
    out->name = name_of(arena, r);
    out->is_there = true;
    enum fault fault = import_is_dry(x) ? fault_none : file_take(x->taker, fd, &out->facts);
    close(fd);
    if (fault != fault_invalid) return fault;
    report_skip(&x->report, old_file, r->shown, "it cannot be read to its end");
    out->is_there = false;
    return fault_none;
}
