/* Text as search compares it: what people would call the same word in another script, case or spelling becomes the same bytes.

   - case, compatibility forms and accents vanish (NFKC, case fold, marks stripped), and so do the apostrophes of oʻ and gʻ in all their shapes;
   - Cyrillic is written in Latin letters: ў o, ғ g, қ q, ҳ h, ш sh, х x, ц s …; е ё є э are one, and so are и і ї ы, and г ґ;
   - "ye" and "yo" are "e" (Cyrillic writes both with е and ё), "ts" is "s" (Uzbek writes ц both ways);
   - what is neither letter nor digit parts words. */
#pragma once
#include "base/arena.h"

/* The words of a text with one space between, in the arena; empty when it has none, or is not valid UTF-8. At most 8 times as long as the text. */
struct span fold_words(struct arena *arena, struct span text);
