/* SPDX-License-Identifier: BSD-2-Clause */
/* From the guest's registers to a row of syscalls.def and back. */
#include "path.h"
#include "seccomp.h"
#include "syscall.h"
#include "tagged.h"
#include "target.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "syscall-numbers.h"

/* Letters: see syscalls.def. A row whose arguments have a path goes through the look-up. */
#define HAS_PATH(args) (sizeof args > 1 && __builtin_strchr(args, 's') != 0)
#define ROW_PASS(nr, name, args) [nr] = { #name, args, 0, SYS_##name, HAS_PATH(args) },
#define ROW_CALL(nr, name, args) [nr] = { #name, args, lu_sys_##name, -1, false },
#define ROW_NONE(nr, name, args, err) [nr] = { #name, args, 0, -(err) - 1, false },

const LuSysRow lu_sys_rows[LU_NROWS] = {
#include "syscalls.def"
};

static int64_t pass_paths(LuThread *t, const LuSysRow *row, const uint64_t *a)
{
    LuPath path[2];
    uint64_t args[6];
    const char *at_flags = strchr(row->args, 'A');
    bool follow = !at_flags || !(a[at_flags - row->args] & AT_SYMLINK_NOFOLLOW);
    unsigned used = 0;

    for (unsigned i = 0; i < 6; i++) {
        args[i] = a[i];
    }
    for (unsigned i = 0; row->args[i] && i < 6; i++) {
        if (row->args[i] == 's' && used < 2) {
            args[i] = lu_path_arg(&path[used++], a[i], follow);
        }
    }
    return lu_pass(t, row->host_nr, args);
}

static int64_t call_unknown(unsigned nr, const char *name)
{
    static uint64_t said[LU_NROWS / 64 + 1];

    if (nr < LU_NROWS && !(said[nr / 64] & 1ull << (nr % 64)) && log_on(LOG_UNIMP)) {
        said[nr / 64] |= 1ull << (nr % 64);
        log_printf("system call %u (%s) is not implemented\n", nr, name ? name : "unknown");
    }
    return -ENOSYS;
}

static int64_t call_row(LuThread *t, unsigned nr, const LuSysRow *row, const uint64_t *a)
{
    if (row->fn) {
        return row->fn(t, a);
    }
    if (row->paths) {
        return pass_paths(t, row, a);
    }
    if (row->host_nr >= 0) {
        return lu_pass(t, row->host_nr, a);
    }
    int err = -row->host_nr - 1;
    return err == ENOSYS ? call_unknown(nr, row->name) : -err;
}

static int64_t call(LuThread *t, unsigned nr, const uint64_t *a)
{
    int64_t result;

    if (__builtin_expect(t->dispatch, 0) && !lu_dispatch_allows(t, nr, &result)) {
        return result;
    }
    if (__builtin_expect(t->seccomp || t->seccomp_strict, 0) && !lu_seccomp_allows(t, nr, a, &result)) {
        return result;
    }
    if (nr < LU_NROWS && lu_sys_rows[nr].name) {
        if (__builtin_expect(t->tagged, 0)) {
            LuTagged plain;
            lu_tagged_begin(&plain, &lu_sys_rows[nr], a);
            result = call_row(t, nr, &lu_sys_rows[nr], plain.args);
            lu_tagged_end(&plain);
            return result;
        }
        return call_row(t, nr, &lu_sys_rows[nr], a);
    }
    if (lu_target->abi->syscall(t, nr, a, &result)) {
        return result;
    }
    return call_unknown(nr, NULL);
}

void lu_syscall(LuThread *t)
{
    uint64_t *args = lu_args(t);
    uint64_t nr = *(uint64_t *)((char *)t->env + lu_target->abi->nr_off);
    const bool traced = t->trace.on;
    int64_t result;

    if (lu_target->abi->syscall_enter) {
        lu_target->abi->syscall_enter(t->env);
    }
    if (__builtin_expect(traced, 0)) {
        nr = lu_trace_enter(t, nr);
    }
    if (__builtin_expect(lu_strace_on, 0)) {
        const uint64_t a[6] = { args[0], args[1], args[2], args[3], args[4], args[5] };
        lu_strace_enter(t, (unsigned)nr, a);
        result = call(t, nr > LU_NROWS ? LU_NROWS : (unsigned)nr, args);
        lu_strace_leave(t, (unsigned)nr, a, result);
    } else {
        result = call(t, nr > LU_NROWS ? LU_NROWS : (unsigned)nr, args);
    }
    if (__builtin_expect(t->gdb.nudged, 0)) {
        t->gdb.nudged = false;
        result = result == -EINTR && t->head == t->tail ? -LU_ERESTARTNOINTR : result;
    }
    if (__builtin_expect(result <= -LU_ERESTARTSYS && result >= -LU_ENORESULT, 0)) {
        t->restart = result == -LU_ENORESULT ? 0 : (int)-result;
    } else {
        args[0] = (uint64_t)result;
    }
    if (__builtin_expect(t->trace.on, 0)) {
        lu_trace_leave(t, result);
    }
}
