/* How calls fail. One list (fault.def), one enum, must-use results. */
#pragma once

enum fault {
#define FAULT(name, word) fault_##name,
#include "base/fault.def"
#undef FAULT
    fault_count
};

#define must_use __attribute__((warn_unused_result))

/* The stable word of a fault ("not_found"). Never NULL. */
const char *fault_word(enum fault f);
