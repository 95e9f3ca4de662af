/* SPDX-License-Identifier: BSD-2-Clause */
/* Variables that every fork writes, in the parent or the child. The kernel copies each page that is written after a
 * fork; side by side they share one. */
#ifndef BASE_FORKED_H
#define BASE_FORKED_H

/* At the definition of a variable, static or not; it becomes initialized data. The linker keeps a section that it does
 * not know together. */
#define BASE_FORKED __attribute__((section("forked")))

#endif
