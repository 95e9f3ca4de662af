/* SPDX-License-Identifier: BSD-2-Clause */
/* The C half of the host routines. */
#include "host.h"

#include <stdbool.h>
#include <ucontext.h>

void lu_host_syscall_fixup(long long *gregs)
{
    uint64_t rip = (uint64_t)gregs[REG_RIP];

    if (rip < (uint64_t)lu_host_syscall_begin || rip > (uint64_t)lu_host_syscall_insn) {
        return;
    }
    /* rcx was cleared before the SYSCALL instruction, which overwrites it: so if it is set, the
     * kernel began the call and has put rip back to restart it. */
    bool began = rip == (uint64_t)lu_host_syscall_insn && gregs[REG_RCX] != 0;
    gregs[REG_RIP] = (long long)(began ? lu_host_syscall_again : lu_host_syscall_early);
}
