/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of flags and constants for -strace. Each table ends with a NULL name. */
#ifndef LU_STRACE_NAMES_H
#define LU_STRACE_NAMES_H

#include <stdint.h>

typedef struct LuFlag {
    const char *name;
    uint64_t value;
} LuFlag;

extern const LuFlag lu_open_flags[], lu_at_flags[], lu_prot_flags[], lu_map_flags[],
    lu_clone_flags[], lu_wait_flags[], lu_access_flags[], lu_signal_names[], lu_mask_names[],
    lu_fcntl_names[], lu_madvise_names[], lu_rlimit_names[], lu_clock_names[], lu_whence_names[],
    lu_socket_families[], lu_futex_names[], lu_errno_names[];

#endif
