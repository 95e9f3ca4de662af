/* SPDX-License-Identifier: BSD-2-Clause */
/* The life cycles of DESIGN 5 for arrays of device types, on a fake machine. */
#ifndef TESTS_DEV_LIFE_H
#define TESTS_DEV_LIFE_H

#include "dev/fake.h"

/* Prepares a new machine (d is NULL), then each device before its realize, where the defaults of its properties
 * do not do: back ends. */
typedef gboolean LifePrepare(DevBoard *b, Dev *d, GError **err);

/* All three tests and the sweeps for each type of the array that is not abstract. */
void life_test(const DevType *const *types, LifePrepare *prepare);

/* Runs the program again with an allocator whose use can be counted; call first in main. */
void life_start(char **argv);

#endif
