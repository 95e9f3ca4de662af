/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory seen from the emulator. Guest addresses are host addresses; these functions survive
 * bad ones. */
#ifndef LU_GUESTMEM_H
#define LU_GUESTMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies n bytes; false if some of them are not accessible (a part may have been copied). */
bool lu_copy_from_guest(void *to, uint64_t from, size_t n);

/* A structure that grows with the kernel, of which n bytes are known; the guest's has size. to gets those, and zeros
 * for what the guest's has not. What it has behind them must be 0 [man 2 openat2, Extensibility]. 0; -EINVAL: shorter
 * than least; -E2BIG; -EFAULT. */
int64_t lu_struct_from_guest(void *to, size_t n, uint64_t from, uint64_t size, size_t least);
bool lu_copy_to_guest(uint64_t to, const void *from, size_t n);

/* Copies a string with its NUL into buf: its length, -EFAULT, or -ENAMETOOLONG if it does not fit.
 */
long lu_str_from_guest(char *buf, uint64_t from, size_t size);

/* Called by the handler of SIGSEGV and SIGBUS: if rip is in one of the copy routines above, where
 * to go on. */
bool lu_copy_fixup(uint64_t *rip);

static inline bool lu_put32(uint64_t to, uint32_t v)
{
    return lu_copy_to_guest(to, &v, 4);
}

static inline bool lu_put64(uint64_t to, uint64_t v)
{
    return lu_copy_to_guest(to, &v, 8);
}

#endif
