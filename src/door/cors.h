/* Cross-origin pages, for the doors that let them in. Each door settles it for itself; native does not. */
#pragma once
#include "door/door.h"

/* Adds the answer headers when Origin is listed by the operator ("*" lists every origin, but then without credentials). */
void cors_headers(struct request *r);
/* Answers a preflight; to be routed for OPTIONS. */
void cors_preflight(struct request *r);
