/* An empty database for the length of one command: what a dry run looks at where there is none yet. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct scratch {
    char dir[64]; /* empty: there is none */
    char url[96];
};
must_use enum fault scratch_make(struct scratch *out); /* with our schema. unavailable */
void scratch_remove(struct scratch *scratch);
