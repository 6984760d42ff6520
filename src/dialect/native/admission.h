/* What the two ways of bringing files share: the beginning of a request. */
#pragma once
#include "dialect/native/call.h"
#include "door/intake.h"

/* Proves who asks and takes one of the limit. False: answered already. */
must_use bool upload_admit(struct request *r, enum limit limit, struct identity *out);
