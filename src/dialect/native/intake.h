/* What the two ways of bringing files share: the beginning of a request and the row of a finished file. */
#pragma once
#include "dialect/native/call.h"
#include "files/files.h"

/* Proves who asks and takes one of the limit. False: answered already. */
must_use bool intake_admit(struct request *r, enum limit limit, struct identity *out);
/* Fills an item of file_add from what became of the bytes; texts are copied into the arena. */
void intake_item(struct arena *arena, struct file_item *item, struct span name, const struct file_facts *facts);
