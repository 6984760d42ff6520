/* Pictures without what their cameras and programs wrote beside them: places, names, times, texts, previews, and anything behind their end. The points
   themselves are copied as they are: nothing is decoded, nothing is lost. Colour profiles stay; of EXIF only the orientation of a JPEG stays. Pure. */
#pragma once
#include "base/buf.h"

enum picture_kind { picture_none, picture_jpeg, picture_png, picture_webp, picture_gif };

/* By the first bytes. */
enum picture_kind picture_kind_of(struct span bytes);
/* Appends the picture to out (at most bytes.n + 64). False: it is malformed or cut off, and out is of no use. */
bool picture_strip(struct span bytes, struct buf *out);
