/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory access with fix-ups; the copying itself is in host-x86_64.S. */
#include "guestmem.h"
#include "host.h"
#include "map.h"
#include "tagged.h"
#include "thread.h"

#include <errno.h>
#include <string.h>

#define USER_TOP 0x7ffffffff000ull

/* The address the kernel would access for the calling thread. */
static uint64_t accessed(uint64_t addr)
{
    return lu_self && lu_self->tagged ? lu_untag(addr) : addr;
}

static bool is_user(uint64_t addr, size_t n)
{
    return addr < USER_TOP && n <= USER_TOP - addr;
}

bool lu_copy_from_guest(void *to, uint64_t from, size_t n)
{
    from = accessed(from);
    return is_user(from, n) && lu_host_copy(to, (const void *)from, n) == 0;
}

int64_t lu_struct_from_guest(void *to, size_t n, uint64_t from, uint64_t size, size_t least)
{
    if (size < least) {
        return -EINVAL;
    }
    if (size > LU_PAGE) {
        return -E2BIG;
    }
    memset(to, 0, n);
    for (uint64_t at = n; at < size; at++) {
        char more;
        if (!lu_copy_from_guest(&more, from + at, 1)) {
            return -EFAULT;
        }
        if (more) {
            return -E2BIG;
        }
    }
    return lu_copy_from_guest(to, from, size < n ? size : n) ? 0 : -EFAULT;
}

bool lu_copy_to_guest(uint64_t to, const void *from, size_t n)
{
    to = accessed(to);
    return is_user(to, n) && lu_host_copy((void *)to, from, n) == 0;
}

long lu_str_from_guest(char *buf, uint64_t from, size_t size)
{
    from = accessed(from);
    if (!is_user(from, 1)) {
        return -EFAULT;
    }
    long n = lu_host_copy_str(buf, (const char *)from, size);
    return n == -1 ? -EFAULT : n == -2 ? -ENAMETOOLONG : n;
}

bool lu_copy_fixup(uint64_t *rip)
{
    uint64_t at = *rip;

    if (at == (uint64_t)lu_host_copy_insn) {
        *rip = (uint64_t)lu_host_copy_fault;
        return true;
    }
    if (at == (uint64_t)lu_host_copy_str_insn) {
        *rip = (uint64_t)lu_host_copy_str_fault;
        return true;
    }
    return false;
}
