/* SPDX-License-Identifier: BSD-2-Clause */
/* SIMD by the compiler's vectoriser: image filters on bytes: blur, threshold, average, grey of interleaved colours,
 * absolute differences. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { W = 512, H = 256 };
static uint8_t in[H][W], out[H][W], rgb[H * W * 3], old[H][W];

static void blur(void)
{
    for (int y = 1; y < H - 1; y++) {
        for (int x = 1; x < W - 1; x++) {
            unsigned s = in[y - 1][x - 1] + 2 * in[y - 1][x] + in[y - 1][x + 1] + 2 * in[y][x - 1] + 4 * in[y][x]
                + 2 * in[y][x + 1] + in[y + 1][x - 1] + 2 * in[y + 1][x] + in[y + 1][x + 1];
            out[y][x] = (uint8_t)((s + 8) >> 4);
        }
    }
}

static void grey(void)
{
    const uint8_t *p = rgb;
    uint8_t *to = &in[0][0];

    for (int i = 0; i < W * H; i++) to[i] = (uint8_t)((77 * p[3 * i] + 150 * p[3 * i + 1] + 29 * p[3 * i + 2]) >> 8);
}

int main(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < W * H * 3; i++) rgb[i] = (uint8_t)(i * 2654435761u >> 23);
    for (int r = 0; r < 60; r++) {
        grey();
        blur();
        for (int i = 0; i < W * H; i++) {
            uint8_t v = (&out[0][0])[i], w = (&old[0][0])[i];
            (&old[0][0])[i] = (uint8_t)((v + w + 1) >> 1);
            (&out[0][0])[i] = v > 128 ? 255 : v;
        }
        unsigned diff = 0;
        for (int i = 0; i < W * H; i++) diff += (unsigned)abs((&out[0][0])[i] - (&in[0][0])[i]);
        sum = sum * 31 + diff;
        rgb[r * 97] ^= 0x55;
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
