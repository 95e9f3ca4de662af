/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library's own vector code: copying, comparing, searching. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char a[65536], b[65536];

int main(void)
{
    uint64_t sum = 0;

    memset(a, 'x', sizeof a - 1);
    for (unsigned r = 0; r < 4000; r++) {
        memcpy(b, a, sizeof b);
        b[60000 - r] = 'y';
        sum = sum * 31 + strlen(b) + (uint64_t)(strchr(b, 'y') - b) + (unsigned)(memcmp(a, b, sizeof a) < 0);
        memmove(b + 1, b, 40000);
        for (unsigned n = 1; n < 200; n += 7) {
            memcpy(b + n, a + 3 * n, n);
            sum += strlen(a + sizeof a - 1 - n);
        }
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
