/* Takes from this process every right that it will not need. */
#pragma once
#include <stdbool.h>

/* After all libraries are set up and before the first byte of anybody's file is looked at. No new rights, no paths (Landlock, where the kernel has it),
   no system calls but those that compute, read and write open descriptors; bounded memory, time, files. False: the filter could not be set, do not go on. */
bool jail_enter(void);
/* Starts the clock of one question: over PICTURE_CPU_S the process is killed. */
void jail_clock(bool on);
