/* Choosing by Accept-Language and Accept-Encoding (RFC 9110 sections 12.4.2, 12.5.3, 12.5.4). Any thread; borrows. */
#pragma once
#include "base/span.h"

enum language { language_en, language_uz, language_uk, language_ru, language_count };
const char *language_tag(enum language l); /* "en", "uz", "uk", "ru" */
/* The most wanted of ours; earlier wins among equals; en when none is wanted. "uz-Cyrl" counts as uz. */
enum language accept_language(struct span header);

enum coding { coding_identity, coding_gzip, coding_br };
/* The best of what exists for a resource: br, then gzip, at equal quality. identity when neither is accepted. */
enum coding accept_coding(struct span header, bool has_br, bool has_gzip);
