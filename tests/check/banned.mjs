#!/usr/bin/env node
// Functions that have hurt too many programs, and what is used here in their place.
import { codeOf, complain, each, end, read, sources } from './lib/tree.mjs';

const banned = {
    'strcpy|strcat|stpcpy|strncpy|strncat': 'spans, buffers, snprintf',
    'sprintf|vsprintf|gets': 'snprintf, buf_printf, arena_printf',
    'strtok|strtok_r|strsep': 'span_cut',
    'atoi|atol|atoll|atof|sscanf|scanf': 'span_to_i64',
    'system|popen|execl|execlp|execvp': 'nothing: the server starts no programs',
    'rand|srand|random|srandom|drand48|rand_r': 'rand_bytes, rand_u64',
    'alloca': 'arena_alloc',
    'gmtime|localtime|ctime|asctime|strerror_r': 'clock_iso, %m',
    'gethostbyname|inet_addr|inet_ntoa': 'numeric addresses, inet_pton',
    'signal_handler|setjmp|longjmp': 'faults',
    'tmpnam|tempnam|mktemp': 'mkstemp',
};
const looked = sources();
for (const file of looked) {
    const code = codeOf(read(file), { strings: true });
    for (const [words, instead] of Object.entries(banned))
        each(code, new RegExp(`(?<![\\w.>])(${words})\\s*\\(`, 'g'), (line, [, word]) => complain(`${file}:${line}`, `${word}: use ${instead}`));
}
end(looked.length > 50);
