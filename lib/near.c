/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": the name with the fewest letters to change. */
#include "base/near.h"

#include <string.h>

#define MAX_NAME 63

/* Levenshtein distance of words of at most MAX_NAME letters. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[MAX_NAME + 1], n = (unsigned)strlen(b);

    for (unsigned j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            unsigned insert = row[j - 1] + 1, drop = row[j] + 1;
            diagonal = row[j];
            row[j] = change < insert ? change : insert;
            row[j] = drop < row[j] ? drop : row[j];
        }
    }
    return row[n];
}

void near_init(Near *n, const char *word)
{
    size_t len = strlen(word);

    n->word = len > MAX_NAME ? "" : word;
    n->best = NULL;
    n->limit = len < 3 ? 1 : len < 6 ? 2 : 3;
}

void near_try(Near *n, const char *name)
{
    size_t len = strlen(name);

    if (!*n->word || len > MAX_NAME || len < 2) {
        return;
    }
    unsigned d = distance(n->word, name);
    if (d <= n->limit && (!n->best || d < n->limit || d == 0)) {
        n->limit = d;
        n->best = name;
    }
}
