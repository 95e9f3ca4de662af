/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux on RISC-V, 64 bits: registers, auxiliary vector, own system calls. [RVU] [kernel
 * Documentation/arch/riscv] */
#include "abi/riscv64/frame.h"
#include "guestmem.h"
#include "options.h"
#include "target.h"
#include "tcg/cpu-riscv.h"
#include "thread.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* li a7, 139 (rt_sigreturn); ecall: what unwinders look for. */
static const uint32_t sigreturn[] = { 0x08b00893, 0x00000073 };

static void start_cpu(TcgEnv *env, const void *model)
{
    rv_cpu_reset((RvCpu *)env, model);
}

static const void *parse_model(const char *text, const char **bad, size_t *length, const char **why)
{
    RvModelError e;
    const RvModel *m = rv_model_parse(text, &e);

    *bad = e.at;
    *length = e.length;
    *why = e.why;
    return m;
}

static void set_tls(TcgEnv *env, uint64_t tls)
{
    ((RvCpu *)env)->x[RV_TP] = tls;
}

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static bool vectors_off;                /* since execve */

/* Vectors that may not be used are not told. */
static unsigned fill_auxv(const void *model, LuAux *out)
{
    const uint64_t v = vectors_off ? (uint64_t)1 << ('v' - 'a') : 0;

    out[0] = (LuAux){ AT_HWCAP, rv_hwcap(model) & ~v };
    out[1] = (LuAux){ AT_MINSIGSTKSZ, lu_rv_frame_bytes(model) };
    return 2;
}

/* The quad-precision float ABI needs registers we do not have. [RISC-V psABI 3.1] */
static bool check_elf(uint32_t flags)
{
    return (flags & EF_RISCV_FLOAT_ABI) != EF_RISCV_FLOAT_ABI_QUAD;
}

static uint64_t same_flags(uint64_t flags)
{
    return flags;
}

#define NR_HWPROBE 258
#define NR_FLUSH_ICACHE 259
#define HWPROBE_WHICH_CPUS 1

/* riscv_hwprobe(pairs, count, cpu set size, cpu set, flags): all CPUs are alike. */
static int64_t hwprobe(const uint64_t *a)
{
    if (a[4] & ~(uint64_t)HWPROBE_WHICH_CPUS) {
        return -EINVAL;
    }
    for (uint64_t i = 0; i < a[1]; i++) {
        int64_t pair[2];
        if (!lu_copy_from_guest(pair, a[0] + 16 * i, sizeof pair)) {
            return -EFAULT;
        }
        int64_t value = rv_hwprobe(lu_model, pair[0]);
        if (a[4] & HWPROBE_WHICH_CPUS) {
            if (value != pair[1]) {
                static const uint8_t none[128];
                return lu_copy_to_guest(a[3], none, a[2] < sizeof none ? a[2] : sizeof none)
                           ? 0
                           : -EFAULT;
            }
            continue;
        }
        pair[0] = value == -1 && pair[0] != 4 ? -1 : pair[0];
        pair[1] = value == -1 ? 0 : value;
        if (!lu_copy_to_guest(a[0] + 16 * i, pair, sizeof pair)) {
            return -EFAULT;
        }
    }
    return 0;
}

static bool own_syscall(LuThread *t, unsigned nr, const uint64_t *a, int64_t *result)
{
    if (nr == NR_FLUSH_ICACHE) {
        if (a[1] > a[0]) {
            tcg_invalidate(a[0], a[1] - a[0]);
        }
        *result = 0;
        return true;
    }
    if (nr == NR_HWPROBE) {
        *result = hwprobe(a);
        return true;
    }
    return false;
}

#define PR_SET_ICACHE_FLUSH_CTX 71
#define PR_RISCV_V_SET_CONTROL 69
#define PR_RISCV_V_GET_CONTROL 70

/* Use of vectors: now, which nothing but an execve turns off, and after that. A CPU that may not use them has a model
 * without. [kernel Documentation/arch/riscv/vector.rst] DEVIATION: what comes after execve is the process's, not the
 * thread's. */
enum { V_DEFAULT = 0, V_OFF = 1, V_ON = 2, V_MASK = 3, V_NEXT_SHIFT = 2, V_INHERIT = 16, V_ALL = 31 };

static unsigned vectors_next;           /* without V_MASK */

static int64_t get_vectors(const RvCpu *cpu)
{
    return (rv_has_vectors(cpu->model) ? V_ON : V_OFF) | vectors_next;
}

static int64_t set_vectors(RvCpu *cpu, uint64_t ctrl)
{
    const unsigned now = ctrl & V_MASK, next = ctrl >> V_NEXT_SHIFT & V_MASK;

    if (ctrl & ~(uint64_t)V_ALL || now > V_ON || next > V_ON) {
        return -EINVAL;
    }
    if (now == V_OFF && rv_has_vectors(cpu->model)) {
        return -EPERM;
    }
    if (now == V_ON && !rv_has_vectors(cpu->model)) {
        cpu->model = lu_model;
        tcg_mode_changed(&cpu->env);
    }
    vectors_next = next << V_NEXT_SHIFT | (ctrl & V_INHERIT);
    return 0;
}

/* Over execve: what comes after it, as a number. */
static bool exec_get(const TcgEnv *env, char *text, size_t size)
{
    snprintf(text, size, "%u", vectors_next);
    return vectors_next >> V_NEXT_SHIFT & V_MASK;
}

static const RvModel *model_without_vectors(void)
{
    char text[512];
    RvModelError e;
    /* what all others need */
    const int n = snprintf(text, sizeof text, "%s,zve32x=false", lu_options.cpu ? lu_options.cpu : rv_models[0].name);

    return n < (int)sizeof text ? rv_model_parse(text, &e) : NULL;
}

static bool exec_set(TcgEnv *env, const char *text)
{
    RvCpu *cpu = (RvCpu *)env;
    char *end;
    const unsigned long next = strtoul(text, &end, 10);
    const unsigned now = next >> V_NEXT_SHIFT & V_MASK;

    if (*end || next > V_ALL || now < V_OFF || now > V_ON || !rv_has_vectors(cpu->model)) {
        return false;
    }
    if (now == V_OFF) {
        const RvModel *without = model_without_vectors();
        if (!without || rv_has_vectors(without)) {
            return false;
        }
        cpu->model = without;
        vectors_off = true;
    }
    vectors_next = next & V_INHERIT ? (unsigned)next & ~(unsigned)V_MASK : 0;
    return true;
}

static bool own_prctl(LuThread *t, const uint64_t *a, int64_t *result)
{
    RvCpu *cpu = (RvCpu *)t->env;

    if ((int)a[0] == PR_RISCV_V_SET_CONTROL || (int)a[0] == PR_RISCV_V_GET_CONTROL) {
        if (!rv_has_vectors(lu_model)) {
            *result = -EINVAL;
        } else {
            *result = (int)a[0] == PR_RISCV_V_GET_CONTROL ? get_vectors(cpu) : set_vectors(cpu, a[1]);
        }
        return true;
    }
    if ((int)a[0] == PR_SET_ICACHE_FLUSH_CTX) {
        *result = 0;
        return true;
    }
    return false;
}

static void write_cpuinfo(const void *model, int fd)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    char isa[512];

    rv_isa_string(model, isa, sizeof isa);
    for (long i = 0; i < n; i++) {
        dprintf(fd, "processor\t: %ld\nhart\t\t: %ld\nisa\t\t: %s\nmmu\t\t: sv48\n\n", i, i, isa);
    }
}

const LuAbi lu_abi_riscv64 = {
    .name = "riscv64", .machine = "riscv64",
    .guest = &rv_guest, .elf_machine = EM_RISCV,
    .arg_off = offsetof(RvCpu, x) + RV_A0 * 8, .nr_off = offsetof(RvCpu, x) + RV_A7 * 8,
    .sp_off = offsetof(RvCpu, x) + RV_SP * 8,
    .syscall_len = 4, .action_restorer = false,
    .pie_base = 0x550000000000,
    .sigreturn = sigreturn, .sigreturn_bytes = sizeof sigreturn,
    .models = rv_models, .model_size = sizeof(RvModel), .model_parse = parse_model,
    .model_options = "Behind the name: EXTENSION=true or EXTENSION=false, as the ISA string names it, and vlen=128 or\n"
                     "vlen=256, the length of vector registers in bits: -cpu rv64,v=true,vlen=256\n",
    .cpu_start = start_cpu, .tls_set = set_tls, .auxv = fill_auxv, .cpuinfo = write_cpuinfo,
    .elf_check = check_elf, .frame_push = lu_rv_frame_push, .frame_pop = lu_rv_frame_pop,
    .regs_get = lu_rv_regs_get, .regs_set = lu_rv_regs_set,
    .gregs_bytes = LU_RV_GREGS, .fpregs_bytes = LU_RV_FPREGS, .gdb = lu_rv_gdb,
    .open_to_host = same_flags, .open_to_guest = same_flags,
    .syscall = own_syscall, .prctl = own_prctl, .exec_get = exec_get, .exec_set = exec_set,
};
