/* The bodies that programs send to incoming webhooks, as Slack made them usual. Pure. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/span.h"

struct slack_post { struct span text, name; };

/* json: {"text","username","attachments":[{"pretext","title","title_link","text","fallback"}]}; unknown fields are passed over. Of the text, <url|word>
   becomes "word (url)", <url> the url, and &amp; &lt; &gt; what they stand for. invalid: no JSON object, or wrong types. Results lie in the arena. */
must_use enum fault slack_read(struct span json, struct arena *arena, struct slack_post *out);
