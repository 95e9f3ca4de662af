/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer loops: a byte-oriented LZ compressor with hash chains and its decompressor, over text made here. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N (1 << 20)
static uint8_t text[N + 8], packed[2 * N], back[N + 8];
static int32_t head[1 << 15], prev[N];

static unsigned hash(const uint8_t *p)
{
    return (unsigned)((p[0] | p[1] << 8 | (uint32_t)p[2] << 16) * 2654435761u) >> 17;
}

static long pack(void)
{
    long out = 0, i = 0;
    memset(head, -1, sizeof head);
    while (i < N) {
        int best = 0, where = 0, tries = 16;
        for (int32_t c = head[hash(text + i)]; c >= 0 && tries-- && i - c < 65536; c = prev[c]) {
            int n = 0;
            while (n < 255 && i + n < N && text[c + n] == text[i + n]) n++;
            if (n > best) best = n, where = (int)(i - c);
        }
        int step = best >= 4 ? best : 1;
        if (best >= 4) {
            packed[out++] = (uint8_t)best;
            packed[out++] = (uint8_t)where;
            packed[out++] = (uint8_t)(where >> 8);
        } else {
            packed[out++] = 0;
            packed[out++] = text[i];
        }
        for (; step--; i++) {
            unsigned h = hash(text + i);
            prev[i] = head[h];
            head[h] = (int32_t)i;
        }
    }
    return out;
}

static void unpack(long size)
{
    long o = 0;
    for (long i = 0; i < size;) {
        int n = packed[i++];
        if (!n) {
            back[o++] = packed[i++];
            continue;
        }
        int d = packed[i] | packed[i + 1] << 8;
        i += 2;
        for (; n--; o++) back[o] = back[o - d];
    }
}

int main(void)
{
    static const char *words[] = { "the ", "quick ", "brown ", "fox ", "jumps ", "over ", "lazy ", "dog. ", "and ", "then\n" };
    uint32_t s = 7;
    long n = 0, size = 0;
    while (n < N) {
        s = s * 1103515245 + 12345;
        const char *w = words[(s >> 16) % 10];
        for (; *w && n < N; w++) text[n++] = (uint8_t)*w;
        if ((s >> 8) % 5 == 0 && n < N) text[n++] = (uint8_t)(s >> 24);
    }
    for (int r = 0; r < 3; r++) {
        size = pack();
        unpack(size);
    }
    printf("%ld %d\n", size, memcmp(text, back, N));
    return 0;
}
