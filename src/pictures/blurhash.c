/* Cosine transform of the linear colours, quantised and written in base 83. Any thread; owns nothing. */
#include "pictures/blurhash.h"
#include <math.h>

struct colour {
    double r, g, b;
};

static double linear(uint8_t v)
{
    double c = v / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static int curved(double v)
{
    double c = v < 0 ? 0 : v > 1 ? 1 : v;
    return (int)((c <= 0.0031308 ? c * 12.92 : 1.055 * pow(c, 1 / 2.4) - 0.055) * 255 + 0.5);
}

static struct colour wave(const uint8_t *rgb, int width, int height, int i, int j)
{
    struct colour sum = { 0 };
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, rgb += 3) {
            double w = cos(M_PI * i * x / width) * cos(M_PI * j * y / height);
            sum.r += w * linear(rgb[0]), sum.g += w * linear(rgb[1]), sum.b += w * linear(rgb[2]);
        }
    double scale = (i == 0 && j == 0 ? 1.0 : 2.0) / (width * height);
    return (struct colour){ sum.r * scale, sum.g * scale, sum.b * scale };
}

static char *put(char *to, int value, int n)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
    for (int i = n - 1; i >= 0; i--, value /= 83) to[i] = digits[value % 83];
    return to + n;
}

static int step(double v, double most)
{
    double r = v / most, root = copysign(sqrt(fabs(r)), r);
    int q = (int)floor(root * 9 + 9.5);
    return q < 0 ? 0 : q > 18 ? 18 : q;
}

static double greatest(const struct colour *waves, int n)
{
    double most = 0;
    for (int i = 1; i < n; i++) most = fmax(most, fmax(fabs(waves[i].r), fmax(fabs(waves[i].g), fabs(waves[i].b))));
    return most;
}

void blurhash(const uint8_t *rgb, int width, int height, char out[BLURHASH_CHARS + 1])
{
    enum { n = BLURHASH_X * BLURHASH_Y };
    struct colour waves[n];
    for (int j = 0; j < BLURHASH_Y; j++)
        for (int i = 0; i < BLURHASH_X; i++) waves[j * BLURHASH_X + i] = wave(rgb, width, height, i, j);
    int quantised = (int)floor(greatest(waves, n) * 166 - 0.5);
    quantised = quantised < 0 ? 0 : quantised > 82 ? 82 : quantised;
    double most = (quantised + 1) / 166.0;
    char *to = put(out, BLURHASH_X - 1 + (BLURHASH_Y - 1) * 9, 1);
    to = put(to, quantised, 1);
    to = put(to, curved(waves[0].r) << 16 | curved(waves[0].g) << 8 | curved(waves[0].b), 4);
    for (int i = 1; i < n; i++) to = put(to, (step(waves[i].r, most) * 19 + step(waves[i].g, most)) * 19 + step(waves[i].b, most), 2);
    *to = 0;
}
