/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of AArch64: siginfo, ucontext with FP, exception and SVE records, frame record.
 * [kernel arch/arm64/include/uapi/asm/sigcontext.h] [Linux arm64 sve] */
#include "abi/aarch64/frame.h"
#include "guestmem.h"
#include "tcg/cpu-aarch64.h"
#include "thread.h"

#include <signal.h>
#include <string.h>

#ifndef SA_EXPOSE_TAGBITS
#define SA_EXPOSE_TAGBITS 0x800
#endif

#define FPSIMD_MAGIC 0x46508001u
#define ESR_MAGIC 0x45535201u
#define EXTRA_MAGIC 0x45585401u
#define SVE_MAGIC 0x53564501u

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

/* Behind it, if SVE is in use: z0..z31 of vl bytes, p0..p15 and FFR of vl / 8 bytes each. */
typedef struct Sve {
    Head head;
    uint16_t vl, flags, reserved[2];
} Sve;

typedef struct Extra {
    Head head;
    uint64_t data;              /* where more records are: right behind these */
    uint32_t size, reserved[3];
} Extra;

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

/* Bytes of the SVE record of vectors of vq * 16 bytes; 0: without registers. */
#define SVE_BYTES(vq) ((sizeof(Sve) + (vq) * (32u * 16 + 17 * 2) + 15) & ~15u)

/* What of the records is written, at most: FP, exception, SVE, end. They fit, so that frames need no extra space. */
#define RECORDS (sizeof(Fpsimd) + sizeof(Esr) + SVE_BYTES(A64_VQ_MAX) + sizeof(Head))
_Static_assert(RECORDS <= 4096, "all records fit");
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

/* Registers only if they are in use. Returns the record's size. */
static unsigned put_sve(uint8_t *at, const A64Cpu *cpu)
{
    const unsigned vl = cpu->vq * 16u, size = SVE_BYTES(cpu->sve_used ? cpu->vq : 0u);
    const Sve head = { .head = { SVE_MAGIC, size }, .vl = (uint16_t)vl };

    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (unsigned i = 0; cpu->sve_used && i < 32; i++, at += vl) {
        memcpy(at, &cpu->v[i], 16);
        memcpy(at + 16, &cpu->zh[i], vl - 16);
    }
    for (unsigned i = 0; cpu->sve_used && i < 17; i++, at += vl / 8) {
        memcpy(at, i < 16 ? &cpu->p[i] : &cpu->ffr, vl / 8);
    }
    return size;
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

/* The tag of an address of the lower half [Linux arm64 tagged-pointers]. */
static uint64_t without_tag(uint64_t addr)
{
    return addr & (uint64_t)((int64_t)(addr << 8) >> 8);
}

/* A handler sees the tag of a fault's address only if it asks [man 2 sigaction, SA_EXPOSE_TAGBITS]. */
static void hide_tag(Frame *f, int sig, uint64_t flags)
{
    siginfo_t info;

    if ((flags & SA_EXPOSE_TAGBITS) || (sig != SIGSEGV && sig != SIGBUS && sig != SIGILL && sig != SIGFPE)) {
        return;
    }
    memcpy(&info, f->info, sizeof info);
    if (info.si_code > 0) {
        info.si_addr = (void *)without_tag((uint64_t)info.si_addr);
        memcpy(f->info, &info, sizeof info);
    }
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
        f->mc.fault_address = without_tag(t->fault.addr);
        Esr esr = { { ESR_MAGIC, sizeof esr }, make_esr(&t->fault) };
        memcpy(at, &esr, sizeof esr);
        at += sizeof esr;
    }
    if (cpu->vq) {
        at += put_sve(at, cpu);
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
    hide_tag(&f, sig, act->flags);
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

/* Records while they are looked for. */
typedef struct Records {
    uint64_t at, end;           /* guest addresses */
    bool have_fp, have_sve, have_extra;
    uint64_t extra, extra_bytes;
    Fpsimd fp;
    Sve sve;
    uint64_t sve_at;            /* of its registers, or 0 */
} Records;

static bool get_fpsimd(Records *r, const Head *h)
{
    const bool good = !r->have_fp && h->size >= sizeof r->fp;

    r->have_fp = true;
    return good && lu_copy_from_guest(&r->fp, r->at, sizeof r->fp);
}

/* The vector length cannot be changed this way [Linux arm64 sve 6]. */
static bool get_sve(Records *r, const Head *h, const A64Cpu *cpu)
{
    if (r->have_sve || !cpu->vq || h->size < sizeof r->sve || !lu_copy_from_guest(&r->sve, r->at, sizeof r->sve)) {
        return false;
    }
    r->have_sve = true;
    r->sve_at = h->size > sizeof r->sve ? r->at + sizeof r->sve : 0;
    return r->sve.vl == cpu->vq * 16u && !r->sve.flags && (!r->sve_at || h->size >= SVE_BYTES(cpu->vq));
}

static bool get_extra(Records *r, const Head *h)
{
    Extra e;

    if (r->have_extra || h->size < sizeof e || !lu_copy_from_guest(&e, r->at, sizeof e)) {
        return false;
    }
    r->have_extra = true;
    r->extra = e.data;
    r->extra_bytes = e.size;
    return !(e.data & 15) && !(e.size & 15) && e.size <= 0x10000;
}

/* The end of the records: more may be right behind it. False: there is something wrong; *more: go on there. */
static bool end_records(Records *r, const Head *h, bool *more)
{
    *more = r->extra != 0;
    if (h->size || (*more && r->extra != ((r->at + sizeof *h + 15) & ~(uint64_t)15))) {
        return false;
    }
    r->at = r->extra;
    r->end = r->extra + r->extra_bytes;
    r->extra = 0;
    return true;
}

/* Records may be in any order; unknown ones end the search as an error, as in the kernel. */
static bool find_records(Records *r, const A64Cpu *cpu)
{
    bool good = true, more = true;

    while (good && more) {
        Head h;
        if (r->end - r->at < sizeof h || !lu_copy_from_guest(&h, r->at, sizeof h)) {
            return false;
        }
        if (h.magic == 0) {
            good = end_records(r, &h, &more);
            continue;
        }
        if (h.size < sizeof h || (h.size & 15) || h.size > r->end - r->at) {
            return false;
        }
        good = h.magic == FPSIMD_MAGIC  ? get_fpsimd(r, &h)
               : h.magic == SVE_MAGIC   ? get_sve(r, &h, cpu)
               : h.magic == EXTRA_MAGIC ? get_extra(r, &h)
                                        : h.magic == ESR_MAGIC;
        r->at += h.size;
    }
    return good && r->have_fp;
}

/* Bits 127 to 0 of z are those of the FP record. Without registers SVE is as in a new process. */
static bool set_sve(A64Cpu *cpu, const Records *r)
{
    uint8_t regs[SVE_BYTES(A64_VQ_MAX)];
    const unsigned vl = cpu->vq * 16u;

    a64_sve_syscall(cpu);
    if (!r->sve_at) {
        return true;
    }
    if (!lu_copy_from_guest(regs, r->sve_at, 32 * vl + 17 * vl / 8)) {
        return false;
    }
    a64_sve_use(cpu, true);
    for (unsigned i = 0; i < 32; i++) {
        memcpy(&cpu->zh[i], regs + i * vl + 16, vl - 16);
    }
    for (unsigned i = 0; i < 17; i++) {
        memcpy(i < 16 ? &cpu->p[i] : &cpu->ffr, regs + 32 * vl + i * (vl / 8), vl / 8);
    }
    return true;
}

static bool get_records(A64Cpu *cpu, uint64_t at)
{
    Records r = { .at = at, .end = at + sizeof((Context *)NULL)->records };

    if (!find_records(&r, cpu) || !set_sve(cpu, &r)) {
        return false;
    }
    memcpy(cpu->v, r.fp.v, sizeof cpu->v);
    a64_fpcr_set(cpu, r.fp.fpcr);
    a64_fpsr_set(cpu, r.fp.fpsr);
    return true;
}

bool lu_a64_frame_pop(LuThread *t, uint64_t *mask)
{
    A64Cpu *cpu = (A64Cpu *)t->env;
    Frame f;
    size_t fixed = sizeof f - sizeof f.mc.records;

    if ((cpu->sp & 15) || !lu_copy_from_guest(&f, cpu->sp, fixed) || !get_records(cpu, cpu->sp + fixed)) {
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
