/* The words of fault.def as a table. Any thread; owns nothing. */
#include "base/fault.h"

static const char *const words[fault_count] = {
#define FAULT(name, word) [fault_##name] = word,
#include "base/fault.def"
#undef FAULT
};

const char *fault_word(enum fault f)
{
    return (unsigned)f < fault_count ? words[f] : words[fault_internal];
}
