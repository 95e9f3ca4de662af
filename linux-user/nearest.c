/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean", for names that come from a function. */
#include "options.h"

#include "base/near.h"

const char *lu_nearest(const char *word, const char *(*next)(unsigned i))
{
    const char *name;
    Near n;

    near_init(&n, word);
    for (unsigned i = 0; (name = next(i)); i++) {
        near_try(&n, name);
    }
    return n.best;
}
