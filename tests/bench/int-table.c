/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer loops: words counted in a hash table with string keys, string scanning. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (1 << 17)
static struct { char *key; unsigned count; } table[SLOTS];

static unsigned *slot(const char *s, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)s[i]) * 16777619u;
    for (unsigned i = h;; i++) {
        i &= SLOTS - 1;
        if (!table[i].key) {
            table[i].key = malloc(n + 1);
            memcpy(table[i].key, s, n);
            table[i].key[n] = 0;
        }
        if (!strncmp(table[i].key, s, n) && !table[i].key[n]) return &table[i].count;
    }
}

int main(void)
{
    static char text[1 << 20];
    uint32_t s = 3;
    size_t n = 0;
    while (n + 16 < sizeof text) {
        s = s * 1664525 + 1013904223;
        n += (size_t)sprintf(text + n, "%x ", (s >> 14) & 0xffff);
    }
    for (int r = 0; r < 15; r++) {
        char *p = text;
        while (*p) {
            char *e = strchr(p, ' ');
            if (!e) break;
            ++*slot(p, (size_t)(e - p));
            p = e + 1;
        }
    }
    unsigned max = 0, used = 0;
    for (int i = 0; i < SLOTS; i++) {
        used += table[i].key != NULL;
        max = table[i].count > max ? table[i].count : max;
    }
    printf("%u %u\n", used, max);
    return 0;
}
