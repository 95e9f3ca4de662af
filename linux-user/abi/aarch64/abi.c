/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux on AArch64: registers, auxiliary vector, flags. [ArmARM DDI 0487] [kernel arch/arm64 UAPI]
 */
#include "abi/aarch64/frame.h"
#include "guestmem.h"
#include "target.h"
#include "tcg/cpu-aarch64.h"
#include "thread.h"

#include <elf.h>
#include <errno.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <unistd.h>

#include "abi/aarch64/cpuinfo.h"
#include "abi/aarch64/sve.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* mov x8, #139 (rt_sigreturn); svc #0: what unwinders look for. */
static const uint32_t sigreturn[] = { 0xd2801168, 0xd4000001 };

static bool has_bti;            /* the CPU model has */

static void start_cpu(TcgEnv *env, const void *model)
{
    has_bti = ((const A64Model *)model)->hwcap2 >> 17 & 1;      /* HWCAP2_BTI */
    a64_cpu_reset((A64Cpu *)env, model);
}

static bool guard(void)
{
    if (has_bti) {
        a64_guard();
    }
    return has_bti;
}

static const void *parse_model(const char *text, const char **bad, size_t *length, const char **why)
{
    return a64_model_parse(text, bad, length, why);
}

static void set_tls(TcgEnv *env, uint64_t tls)
{
    ((A64Cpu *)env)->tpidr = tls;
}

static uint64_t get_tls(const TcgEnv *env)
{
    return ((const A64Cpu *)env)->tpidr;
}

static unsigned fill_auxv(const void *model, LuAux *out)
{
    const A64Model *m = model;

    out[0] = (LuAux){ AT_HWCAP, m->hwcap };
    out[1] = (LuAux){ AT_HWCAP2, m->hwcap2 };
    out[2] = (LuAux){ AT_MINSIGSTKSZ, LU_A64_MINSIGSTKSZ };
    return 3;
}

static bool check_elf(uint32_t flags)
{
    return true;
}

/* The four flags of open(2) that Arm numbers its own way. */
static const struct {
    uint32_t guest, host;
} open_flags[] = {
    { 040000, 0200000 },        /* O_DIRECTORY */
    { 0100000, 0400000 },       /* O_NOFOLLOW */
    { 0200000, 040000 },        /* O_DIRECT */
    { 0400000, 0100000 },       /* O_LARGEFILE */
};
#define OPEN_FLAGS_MASK 0740000ull

static uint64_t to_host(uint64_t flags)
{
    uint64_t out = flags & ~OPEN_FLAGS_MASK;

    for (unsigned i = 0; i < 4; i++) {
        out |= flags & open_flags[i].guest ? open_flags[i].host : 0;
    }
    return out;
}

static uint64_t to_guest(uint64_t flags)
{
    uint64_t out = flags & ~OPEN_FLAGS_MASK;

    for (unsigned i = 0; i < 4; i++) {
        out |= flags & open_flags[i].host ? open_flags[i].guest : 0;
    }
    return out;
}

static bool own_syscall(LuThread *t, unsigned nr, const uint64_t *a, int64_t *result)
{
    return false;
}

/* Pointer authentication keys: random ones on request. */
static int64_t reset_keys(A64Cpu *cpu, uint64_t which)
{
    if (which & ~(uint64_t)0x1f) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < 5; i++) {
        if (!which || (which & 1u << i)) {
            if (getentropy(cpu->pac_key[i], sizeof cpu->pac_key[i])) {
                return -EAGAIN;
            }
        }
    }
    return 0;
}

static bool own_prctl(LuThread *t, const uint64_t *a, int64_t *result)
{
    switch ((int)a[0]) {
    case PR_PAC_RESET_KEYS:
        *result = a[2] || a[3] || a[4] ? -EINVAL : reset_keys((A64Cpu *)t->env, a[1]);
        return true;
    case PR_SET_TAGGED_ADDR_CTRL:
        /* The other bits are those of memory tagging. */
        *result = (a[1] & ~(uint64_t)PR_TAGGED_ADDR_ENABLE) || a[2] || a[3] || a[4] ? -EINVAL : 0;
        if (*result == 0) {
            t->tagged = a[1] & PR_TAGGED_ADDR_ENABLE;
        }
        return true;
    case PR_GET_TAGGED_ADDR_CTRL:
        *result = a[1] || a[2] || a[3] || a[4] ? -EINVAL : t->tagged;
        return true;
    case PR_SVE_SET_VL:
        *result = lu_a64_sve_set((A64Cpu *)t->env, a[1]);
        return true;
    case PR_SVE_GET_VL:
        *result = lu_a64_sve_get((A64Cpu *)t->env);
        return true;
    default:
        return false;
    }
}

static void enter_syscall(TcgEnv *env)
{
    a64_sve_syscall((A64Cpu *)env);
}

static void write_cpuinfo(const void *model, int fd)
{
    lu_a64_cpuinfo(model, fd);
}

const LuAbi lu_abi_aarch64 = {
    .name = "aarch64",
    .machine = "aarch64",
    .platform = "aarch64",
    .guest = &a64_guest,
    .elf_machine = EM_AARCH64,
    .arg_off = offsetof(A64Cpu, x),
    .nr_off = offsetof(A64Cpu, x) + 8 * 8,
    .sp_off = offsetof(A64Cpu, sp),
    .syscall_len = 4,
    .prot_guard = A64_PROT_BTI,
    .guard_note = 0xc0000000,   /* GNU_PROPERTY_AARCH64_FEATURE_1_AND: bit 0 is BTI */
    .action_restorer = true,
    .pie_base = 0x550000000000,
    .sigreturn = sigreturn,
    .sigreturn_bytes = sizeof sigreturn,
    .models = a64_models,
    .model_size = sizeof(A64Model),
    .model_parse = parse_model,
    .default_model = "max,sve-hwcap=off",   /* the C library's SVE copies are slower here than its others */
    .model_options = "and behind max, with commas: sve=on|off, sve-hwcap=on|off (told to programs),\n"
                     "sve128=on|off, sve256=on|off (vector lengths in bits), sve-max-vq=1|2,\n"
                     "sve-default-vector-length=BYTES (32)\n",
    .cpu_start = start_cpu,
    .guard = guard,
    .tls_set = set_tls, .tls_get = get_tls,
    .auxv = fill_auxv,
    .cpuinfo = write_cpuinfo,
    .elf_check = check_elf,
    .frame_push = lu_a64_frame_push,
    .frame_pop = lu_a64_frame_pop,
    .regs_get = lu_a64_regs_get, .regs_set = lu_a64_regs_set,
    .gregs_bytes = LU_A64_GREGS, .fpregs_bytes = LU_A64_FPREGS, .gdb = lu_a64_gdb,
    .open_to_host = to_host,
    .open_to_guest = to_guest,
    .syscall = own_syscall,
    .syscall_enter = enter_syscall,
    .exec_get = lu_a64_sve_exec_get,
    .exec_set = lu_a64_sve_exec_set,
    .prctl = own_prctl,
};
