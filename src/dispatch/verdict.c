/* What the other side's answer means. Pure.

   Mail: SMTP reply codes (RFC 5321): 550 to 554 say that this mail will never be taken; 4xx and a server that is away, or that does not believe our
   log-in, want patience. Push (RFC 8030): 404 and 410 say that the subscription is over, 429 and 5xx ask for a pause, other refusals are about
   this one message. Hooks: only 410 is final; whoever runs the other side may need a day to repair it. */
#include "dispatch/state.h"

static bool is_success(int status) { return status >= 200 && status < 300; }

static enum parcel_verdict mail_verdict(enum fault fault, int status)
{
    if (fault == fault_none) return parcel_delivered;
    return (status >= 550 && status <= 554) || fault == fault_invalid ? parcel_refused : parcel_again;
}

static enum parcel_verdict push_verdict(int status)
{
    if (is_success(status)) return parcel_delivered;
    if (status == 404 || status == 410) return parcel_gone;
    return status == 429 || status == 408 || status >= 500 ? parcel_again : parcel_refused;
}

enum parcel_verdict verdict_of(enum parcel_kind kind, enum fault fault, int status)
{
    if (kind == parcel_mail) return mail_verdict(fault, status);
    if (fault == fault_unavailable || fault == fault_busy) return parcel_again;
    if (fault) return parcel_refused;
    if (kind == parcel_push) return push_verdict(status);
    if (is_success(status)) return parcel_delivered;
    return status == 410 ? parcel_refused : parcel_again;
}
