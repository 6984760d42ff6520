/* suhbat-pictures: the process that looks at files so that the server need not. It tells their types (libmagic), frees pictures of metadata (strip.h), measures
   them and makes them small (libvips). It has no rights (jail.h): it is given descriptors and answers with what it found; whatever a file makes of it stays here.

   One thread and one question at a time. It ends when the server closes the socket. Always: the jail is shut before the first question is read. */
#include "pictures/blurhash.h"
#include "pictures/jail.h"
#include "pictures/request.h"
#include "pictures/strip.h"
#include <fcntl.h>
#include <magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>
#include <vips/vector.h>

enum { sniff_bytes = 256 << 10, fds_max = 3, blur_side = 32 };

struct bytes {
    struct span span;
    void *map;
    size_t n_map;
};

static bool write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t done = write(fd, at, n);
        if (done <= 0) return false;
        at += done, n -= (size_t)done;
    }
    return true;
}

static struct bytes map_file(int fd)
{
    struct bytes b = { 0 };
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0) return b;
    b.n_map = (size_t)st.st_size > PICTURE_MAX_BYTES ? sniff_bytes : (size_t)st.st_size;
    b.map = mmap(NULL, b.n_map, PROT_READ, MAP_PRIVATE, fd, 0);
    if (b.map == MAP_FAILED) b.map = NULL;
    if (b.map) b.span = span_make(b.map, b.n_map);
    return b;
}

static bool is_too_large(int64_t width, int64_t height)
{
    return width < 1 || height < 1 || width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE || width * height > PICTURE_MAX_POINTS;
}

/* Only the head is read here: a bomb is turned away before it is lit. */
static bool measure(struct span bytes, int64_t *width_out, int64_t *height_out)
{
    VipsImage *image = vips_image_new_from_buffer(bytes.p, bytes.n, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    if (!image) return false;
    bool turned = vips_image_get_orientation(image) >= 5;
    int64_t width = vips_image_get_width(image), height = vips_image_get_page_height(image);
    g_object_unref(image);
    if (is_too_large(width, height)) return false;
    *width_out = turned ? height : width;
    *height_out = turned ? width : height;
    return true;
}

static bool save_webp(VipsImage *image, int fd)
{
    void *p = NULL;
    size_t n = 0;
    bool saved = vips_webpsave_buffer(image, &p, &n, "Q", 78, "strip", TRUE, NULL) == 0 && write_all(fd, p, n);
    g_free(p);
    return saved;
}

static void blur(VipsImage *small, char out[BLURHASH_CHARS + 1])
{
    VipsImage *tiny = NULL, *coloured = NULL, *flat = NULL;
    size_t n = 0;
    double white[] = { 255, 255, 255 };
    VipsArrayDouble *background = vips_array_double_new(white, 3);
    bool made = vips_thumbnail_image(small, &tiny, blur_side, "height", blur_side, "size", VIPS_SIZE_DOWN, NULL) == 0 &&
                vips_colourspace(tiny, &coloured, VIPS_INTERPRETATION_sRGB, NULL) == 0;
    if (made && vips_image_hasalpha(coloured)) made = vips_flatten(coloured, &flat, "background", background, NULL) == 0;
    VipsImage *last = flat ? flat : coloured;
    uint8_t *rgb = made && vips_image_get_bands(last) == 3 ? vips_image_write_to_memory(last, &n) : NULL;
    if (rgb && n == (size_t)vips_image_get_width(last) * (size_t)vips_image_get_height(last) * 3)
        blurhash(rgb, vips_image_get_width(last), vips_image_get_height(last), out);
    g_free(rgb);
    vips_area_unref(VIPS_AREA(background));
    if (flat) g_object_unref(flat);
    if (coloured) g_object_unref(coloured);
    if (tiny) g_object_unref(tiny);
}

static bool shrink(struct span bytes, int fd, struct picture_answer *answer)
{
    VipsImage *read = NULL, *small = NULL;
    bool made = vips_thumbnail_buffer((void *)bytes.p, bytes.n, &read, PICTURE_THUMBNAIL_SIDE, "height", PICTURE_THUMBNAIL_SIDE, "size", VIPS_SIZE_DOWN, NULL) == 0;
    if (made) small = vips_image_copy_memory(read);
    made = small && save_webp(small, fd);
    if (made) blur(small, answer->blurhash);
    if (small) g_object_unref(small);
    if (read) g_object_unref(read);
    return made;
}

static void look_at_picture(struct span bytes, const int *fds, struct picture_answer *answer)
{
    struct buf clean;
    buf_init(&clean, bytes.n + 64);
    if (bytes.n <= PICTURE_MAX_BYTES && picture_strip(bytes, &clean) && write_all(fds[1], clean.p, clean.n)) {
        answer->is_clean = true;
        if (measure(buf_span(&clean), &answer->width, &answer->height)) answer->has_thumbnail = shrink(buf_span(&clean), fds[2], answer);
        if (!answer->has_thumbnail) answer->width = answer->height = 0;
    }
    buf_fini(&clean);
}

static void look(magic_t magic, const int *fds, struct picture_answer *answer)
{
    struct stat st;
    struct bytes b = map_file(fds[0]);
    const char *type = b.span.n ? magic_buffer(magic, b.span.p, b.span.n < sniff_bytes ? b.span.n : sniff_bytes) : NULL;
    snprintf(answer->type, sizeof answer->type, "%s", type ? type : "");
    bool whole = fstat(fds[0], &st) == 0 && (size_t)st.st_size == b.span.n;
    if (whole && picture_kind_of(b.span) != picture_none) look_at_picture(b.span, fds, answer);
    if (b.map) munmap(b.map, b.n_map);
}

static void make_square(const int *fds, struct picture_answer *answer)
{
    struct bytes b = map_file(fds[0]);
    VipsImage *square = NULL;
    int64_t width, height;
    bool good = picture_kind_of(b.span) != picture_none && measure(b.span, &width, &height);
    if (good && vips_thumbnail_buffer((void *)b.span.p, b.span.n, &square, PICTURE_SQUARE_SIDE, "height", PICTURE_SQUARE_SIDE, "crop", VIPS_INTERESTING_CENTRE, NULL) == 0)
        answer->made_square = save_webp(square, fds[1]);
    if (square) g_object_unref(square);
    if (b.map) munmap(b.map, b.n_map);
}

/* False: the server is gone, or talks nonsense. */
static bool receive(struct picture_request *request, int fds[fds_max], int *n_fds_out)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * fds_max)];
        struct cmsghdr align;
    } control;
    struct iovec iov = { request, sizeof *request };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    *n_fds_out = 0;
    if (recvmsg(PICTURE_SOCKET_FD, &message, 0) != sizeof *request) return false;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS) return false;
    *n_fds_out = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(fds, CMSG_DATA(head), sizeof(int) * (size_t)*n_fds_out);
    return true;
}

static bool serve_one(magic_t magic)
{
    struct picture_request request;
    struct picture_answer answer = { 0 };
    int fds[fds_max], n_fds;
    if (!receive(&request, fds, &n_fds)) return false;
    jail_clock(true);
    if (request.question == picture_look && n_fds == 3) look(magic, fds, &answer);
    if (request.question == picture_square && n_fds == 2) make_square(fds, &answer);
    jail_clock(false);
    vips_error_clear();
    for (int i = 0; i < n_fds; i++) close(fds[i]);
    struct iovec iov = { &answer, sizeof answer };
    return sendmsg(PICTURE_SOCKET_FD, &(struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 }, MSG_NOSIGNAL) == sizeof answer;
}

/* Four readers of the many that the library has. */
static void choose_readers(void)
{
    static const char *const wanted[] = { "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadNsgif" };
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) vips_operation_block_set(wanted[i], FALSE);
    vips_cache_set_max(0);
    vips_concurrency_set(1);
    vips_vector_set_enabled(FALSE);
}

int main(int argc, char **argv)
{
    (void)argc;
    if (fcntl(PICTURE_SOCKET_FD, F_GETFD) < 0) {
        fprintf(stderr, "suhbat-pictures is started by suhbat; it does nothing by itself\n");
        return 64;
    }
    magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF);
    if (!magic || magic_load(magic, NULL) != 0 || VIPS_INIT(argv[0]) != 0) return 70;
    choose_readers();
    if (!jail_enter()) return 71;
    while (serve_one(magic));
    _exit(0);
}
