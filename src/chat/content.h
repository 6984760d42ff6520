/* What a message may say, and when two sends say the same. Pure. */
#pragma once
#include "chat/store.h"

/* 1 to 4000 code points, at most 16 KiB, UTF-8 without NUL. invalid or too_large. */
must_use enum fault content_check(struct span text);
/* The same of a message with files, whose text may be empty. */
must_use enum fault content_check_with_files(struct span text, size_t n_files);
/* Empty, or 1 to 64 of [A-Za-z0-9_-]. */
bool content_key_fits(struct span key);
/* Tells contents apart after the text has been edited away. Never 0. */
int64_t content_print(const struct message *m);
/* Is the stored message what this send once was? original: as store_message_by_id gives it. */
bool content_is_same(const struct message *stored, int64_t original, const struct message_post_in *sent);
/* None, or one of either kind that leads somewhere. */
bool content_link_fits(enum link_sort kind, struct span link);
