/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of AArch64: siginfo, ucontext with FP and exception records, frame record.
 * [kernel arch/arm64/include/uapi/asm/sigcontext.h] */
#include "abi/aarch64/frame.h"
#include "guestmem.h"
#include "tcg/cpu-aarch64.h"
#include "thread.h"

#include <signal.h>
#include <string.h>

#define FPSIMD_MAGIC 0x46508001u
#define ESR_MAGIC 0x45535201u
#define EXTRA_MAGIC 0x45585401u

typedef struct Head {
    uint32_t magic, size;
} Head;

typedef struct Fpsimd {
    Head head;
    uint32_t fpsr, fpcr;
    TcgVal v[32];
} Fpsimd;
_Static_assert(sizeof(Fpsimd) == 0x210, "struct fpsimd_context");

typedef struct Esr {
    Head head;
    uint64_t esr;
} Esr;

typedef struct Context {
    uint64_t fault_address;
    uint64_t regs[31];
    uint64_t sp, pc, pstate;
    uint8_t records[4096] __attribute__((aligned(16)));
} Context;

typedef struct Frame {
    uint8_t info[128];
    uint64_t uc_flags, uc_link;
    uint64_t uc_stack[3];
    uint64_t uc_sigmask;
    uint8_t unused[120];
    Context mc __attribute__((aligned(16)));
} Frame;
_Static_assert(offsetof(Frame, mc) == 128 + 176 && sizeof(Context) == 288 + 4096,
               "struct rt_sigframe");

/* What of the records is written: FP, exception, end. */
#define RECORDS (sizeof(Fpsimd) + sizeof(Esr) + sizeof(Head))
#define WRITTEN (offsetof(Frame, mc) + offsetof(Context, records) + RECORDS)

#define PSTATE_SSBS (1u << 12)
#define PSTATE_DIT (1u << 24)
#define PSTATE_BTYPE 10

uint64_t lu_a64_pstate_get(const A64Cpu *cpu)
{
    return tcg_flags_get(&cpu->env) | cpu->btype << PSTATE_BTYPE |
           (cpu->dit ? PSTATE_DIT : 0) | (cpu->ssbs ? PSTATE_SSBS : 0);
}

void lu_a64_pstate_set(A64Cpu *cpu, uint64_t v)
{
    cpu->btype = v >> PSTATE_BTYPE & 3;
    cpu->dit = (v & PSTATE_DIT) != 0;
    cpu->ssbs = (v & PSTATE_SSBS) != 0;
    tcg_flags_set(&cpu->env, (uint32_t)v & 0xf0000000u);
}

static void put_fpsimd(Fpsimd *f, A64Cpu *cpu)
{
    f->head = (Head){ FPSIMD_MAGIC, sizeof *f };
    f->fpsr = a64_fpsr_get(cpu);
    f->fpcr = cpu->fpcr;
    memcpy(f->v, cpu->v, sizeof f->v);
}

/* Syndrome of a fault at EL0: data or instruction abort. [ArmARM D24.2.45 ESR_ELx] */
static uint64_t make_esr(const TcgFault *f)
{
    uint64_t class = f->exec ? 0x20 : 0x24;
    uint64_t status = f->sig == SIGBUS         ? (f->code == BUS_ADRALN ? 0x21 : 0x10)
                      : f->code == SEGV_ACCERR ? 0x0f
                                               : 0x07;

    return class << 26 | 1u << 25 | (f->write ? 1u << 6 : 0) | status;
}

static void fill_frame(Frame *f, LuThread *t, const void *info, uint64_t mask)
{
    A64Cpu *cpu = (A64Cpu *)t->env;
    uint8_t *at = f->mc.records;

    memcpy(f->info, info, sizeof f->info);
    lu_signal_alt_save(t, f->uc_stack);
    f->uc_sigmask = mask;
    memcpy(f->mc.regs, cpu->x, sizeof f->mc.regs);
    f->mc.sp = cpu->sp;
    f->mc.pc = cpu->env.pc;
    f->mc.pstate = lu_a64_pstate_get(cpu);
    put_fpsimd((Fpsimd *)at, cpu);
    at += sizeof(Fpsimd);
    if (t->fault.sig) {
        f->mc.fault_address = t->fault.addr;
        Esr esr = { { ESR_MAGIC, sizeof esr }, make_esr(&t->fault) };
        memcpy(at, &esr, sizeof esr);
        at += sizeof esr;
    }
    memset(at, 0, sizeof(Head));
}

bool lu_a64_frame_push(LuThread *t, uint64_t sp, int sig, const void *info, const LuAction *act,
                       uint64_t mask)
{
    A64Cpu *cpu = (A64Cpu *)t->env;
    Frame f;
    uint64_t record[2] = { cpu->x[29], cpu->x[30] };
    uint64_t record_at = (sp - sizeof record) & ~15ull;
    uint64_t at = (record_at - sizeof f) & ~15ull;

    memset(&f, 0, WRITTEN);
    fill_frame(&f, t, info, mask);
    if (!lu_copy_to_guest(record_at, record, sizeof record) || !lu_copy_to_guest(at, &f, WRITTEN)) {
        return false;
    }
    cpu->x[0] = (uint64_t)sig;
    if (act->flags & SA_SIGINFO) {
        cpu->x[1] = at + offsetof(Frame, info);
        cpu->x[2] = at + offsetof(Frame, uc_flags);
    }
    cpu->x[29] = record_at;
    cpu->x[30] = act->flags & 0x04000000 ? act->restorer : lu_sigreturn_addr;
    cpu->sp = at;
    cpu->btype = a64_call_btype();
    cpu->env.pc = act->handler;
    return true;
}

/* Records may be in any order; unknown ones end the search as an error, as in the kernel. */
static bool get_records(A64Cpu *cpu, const uint8_t *r)
{
    bool have_fp = false;

    for (size_t at = 0; at + sizeof(Head) <= 4096;) {
        Head h;
        memcpy(&h, r + at, sizeof h);
        if (h.magic == 0) {
            return h.size == 0 && have_fp;
        }
        if (h.size < sizeof h || (h.size & 15) || h.size > 4096 - at) {
            return false;
        }
        if (h.magic == FPSIMD_MAGIC) {
            if (have_fp || h.size < sizeof(Fpsimd)) {
                return false;
            }
            const Fpsimd *f = (const Fpsimd *)(r + at);
            memcpy(cpu->v, f->v, sizeof cpu->v);
            a64_fpcr_set(cpu, f->fpcr);
            a64_fpsr_set(cpu, f->fpsr);
            have_fp = true;
        } else if (h.magic != ESR_MAGIC) {
            return false;
        }
        at += h.size;
    }
    return false;
}

bool lu_a64_frame_pop(LuThread *t, uint64_t *mask)
{
    A64Cpu *cpu = (A64Cpu *)t->env;
    Frame f;
    size_t fixed = sizeof f - sizeof f.mc.records;

    if ((cpu->sp & 15) || !lu_copy_from_guest(&f, cpu->sp, fixed) ||
        !lu_copy_from_guest(f.mc.records, cpu->sp + fixed, sizeof f.mc.records)) {
        return false;
    }
    if (!get_records(cpu, f.mc.records)) {
        return false;
    }
    memcpy(cpu->x, f.mc.regs, sizeof cpu->x);
    cpu->sp = f.mc.sp;
    cpu->env.pc = f.mc.pc;
    lu_a64_pstate_set(cpu, f.mc.pstate);
    *mask = f.uc_sigmask;
    lu_signal_alt_restore(t, f.uc_stack);
    return true;
}
