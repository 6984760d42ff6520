/* For conformance suites, of others and our own. To be registered only when it was asked for, and only on loopback addresses.
   - WebSocket /conformance/echo: text and binary, 16 MiB, greets nobody.
   - /conformance/loop/{n}: GET, POST (echo, 1 MiB) and WebSocket (the same echo), answered on loop n to which the connection is moved; X-Loop tells.
     GET /conformance/loop: where the connection is. */
#pragma once
#include "net/http.h"

const struct route *conformance_routes(size_t *n_out);
