/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": of the names offered, the one with the fewest letters to change. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

typedef struct Near {
    const char *word;       /* borrowed */
    const char *best;       /* borrowed; NULL if no name offered so far is near enough */
    unsigned limit;
} Near;

/* Starts with a word that was not found. Words and names over 63 letters match nothing. */
void near_init(Near *n, const char *word);

/* Offers a name; it must live as long as n->best is used. */
void near_try(Near *n, const char *name);

#endif
