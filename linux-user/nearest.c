/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": the name with the fewest letters to change. */
#include "options.h"

#include <string.h>

#define MAX_NAME 31

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

const char *lu_nearest(const char *word, const char *(*next)(unsigned i))
{
    const char *best = NULL, *name;
    size_t len = strlen(word);
    unsigned limit = len < 3 ? 1 : len < 6 ? 2 : 3;

    if (len > MAX_NAME) {
        return NULL;
    }
    for (unsigned i = 0; (name = next(i)); i++) {
        if (strlen(name) > MAX_NAME || strlen(name) < 2) {
            continue;
        }
        unsigned d = distance(word, name);
        if (d <= limit) {
            limit = d - (d > 0);
            best = name;
        }
    }
    return best;
}
