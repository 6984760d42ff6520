/* Texts, times and names as other systems kept them, brought into the form they have here. Pure. */
#pragma once
#include "base/arena.h"
#include "base/span.h"

/* UTF-8 without NUL: every byte that is neither becomes U+FFFD. changed_out is only ever set to true. Copies into the arena. */
struct span text_clean(struct arena *arena, struct span raw, bool *changed_out);
/* How many bytes of a long text are to be the next message: all of it when it fits, else up to an end of line or word near the limit. Never 0 for a text that is not
   empty. Valid UTF-8 is cut between code points. */
size_t text_piece(struct span text);
/* "2025-11-29 14:16:55.123456" (UTC where no zone is said, ' ' or 'T' between). */
bool text_time(struct span text, int64_t *out_us);
/* "data:image/png;base64,…": the bytes, in the arena. */
bool text_data_url(struct arena *arena, struct span url, struct span *type_out, struct span *bytes_out);
/* A file below a directory: no root, no way up, no empty or strange parts. */
bool text_path_fits(struct span path);
struct span text_base_name(struct span path);
/* A name as near to the wish as the rules for accounts allow; empty: no character of it can be used. Not looked at: whether it is taken. */
struct span text_user_name(struct arena *arena, struct span wish, struct span *folded_out);
/* The same with a number: "ali-2". */
struct span text_user_name_n(struct arena *arena, struct span name, int n, struct span *folded_out);
struct span text_room_name(struct arena *arena, struct span wish, const char *otherwise);
/* The first so many code points. */
struct span text_first(struct span text, size_t n_points);
