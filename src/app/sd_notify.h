/* Tells systemd how we are (sd_notify(3) protocol: one datagram to $NOTIFY_SOCKET). Does nothing when nobody asked. Any thread. */
#pragma once
#include <stdint.h>

/* state: "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…", several joined by newlines. At most 1 KiB. */
void sd_notify(const char *state);
/* How often "WATCHDOG=1" is due: half of what systemd allows. 0: not asked. */
int64_t sd_watchdog_interval_ms(void);
