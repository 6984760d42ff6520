/* For conformance suites, of others and our own. To be registered only when it was asked for, and only on loopback addresses.
   - WebSocket /conformance/echo: text and binary, 16 MiB, greets nobody.
   - /conformance/loop/{n}: GET, POST (echo, 1 MiB) and WebSocket (the same echo), answered on loop n to which the connection is moved; X-Loop tells.
     GET /conformance/loop: where the connection is.
   - Engine.IO echo at /engine.io/, text and binary; Socket.IO at /socket.io/ with the namespaces "/" and "/custom", which emit "auth" with the handshake's auth on connect,
     answer "message" by "message-back" and "message-with-ack" by an acknowledgement, both with all arguments, binary too. Ping interval 300 ms, ping
     time-out 200 ms, connect time-out 1 s, payloads up to 1,000,000 bytes: what the public suites of both protocols expect. */
#pragma once
#include "net/http.h"

const struct route *conformance_routes(size_t *n_out);
void conformance_engines(struct router *router);
