/* A picture in two dozen characters: the first waves of its colours (blurha.sh). Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define BLURHASH_X 4
#define BLURHASH_Y 3
#define BLURHASH_CHARS (1 + 1 + 4 + 2 * (BLURHASH_X * BLURHASH_Y - 1))

/* rgb: width*height points of three bytes (sRGB), row after row. Writes BLURHASH_CHARS and a NUL. */
void blurhash(const uint8_t *rgb, int width, int height, char out[BLURHASH_CHARS + 1]);
