/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of RISC-V: siginfo, ucontext with integer registers (pc in the place of x0) and D
 * state, then a record of the vector state if the program has used vectors.
 * [kernel arch/riscv/include/uapi/asm/{ucontext,sigcontext,ptrace}.h] */
#include "abi/riscv64/frame.h"
#include "guestmem.h"
#include "tcg/cpu-riscv.h"
#include "thread.h"

#include <string.h>

typedef struct Context {
    uint64_t pc, x[31];         /* x1..x31 */
    union {
        struct {
            uint64_t f[32];
            uint32_t fcsr;
        } d;
        struct {
            uint32_t padding[129];
            uint32_t reserved;  /* must be 0 */
            uint32_t magic, size;   /* of the first further record; none: both 0 */
        } extra;
        uint8_t q[528] __attribute__((aligned(16)));
    } fp;
} Context;

typedef struct Frame {
    uint8_t info[128];
    uint64_t uc_flags, uc_link;
    uint64_t uc_stack[3];
    uint64_t uc_sigmask;
    uint8_t unused[120];
    Context mc __attribute__((aligned(16)));
} Frame;
_Static_assert(offsetof(Frame, mc) == 128 + 176 && sizeof(Context) == 784, "struct rt_sigframe");

#define V_MAGIC 0x53465457u

/* What follows a record's magic and size for vectors; then the registers; then an empty record. */
typedef struct Vectors {
    uint64_t vstart, vl, vtype, vcsr, vlenb;
    uint64_t datap;             /* address of the registers */
} Vectors;

typedef struct Head {
    uint32_t magic, size;
} Head;

static unsigned register_bytes(const RvCpu *cpu)
{
    return 32 * cpu->model->vlenb;
}

/* Size that the record names: with its head. */
static unsigned record_bytes(const RvModel *model)
{
    return (unsigned)(sizeof(Head) + sizeof(Vectors)) + 32 * model->vlenb;
}

unsigned lu_rv_frame_bytes(const RvModel *model)
{
    const unsigned vectors = rv_has_vectors(model) ? record_bytes(model) : 0;

    return (unsigned)((sizeof(Frame) + vectors + 15) & ~(size_t)15);
}

/* at is the address behind the frame, where the first record's head ends. */
static bool push_vectors(const RvCpu *cpu, uint64_t at)
{
    const Vectors v = {
        cpu->vstart, cpu->vl, cpu->vtype, (uint64_t)cpu->vxrm << 1 | cpu->vxsat, cpu->model->vlenb,
        at + sizeof v,
    };
    const Head end = { 0, 0 };

    return lu_copy_to_guest(at, &v, sizeof v) && lu_copy_to_guest(v.datap, cpu->v, register_bytes(cpu)) &&
           lu_copy_to_guest(v.datap + register_bytes(cpu), &end, sizeof end);
}

/* The registers may be where the handler said. */
static bool pop_vectors(RvCpu *cpu, uint64_t at)
{
    Vectors v;
    Head end;

    if (!lu_copy_from_guest(&v, at, sizeof v) || !lu_copy_from_guest(cpu->v, v.datap, register_bytes(cpu)) ||
        !lu_copy_from_guest(&end, at + sizeof v + register_bytes(cpu), sizeof end) || end.magic || end.size) {
        return false;
    }
    rv_v_state_set(cpu, v.vl, v.vtype, v.vstart, v.vcsr);
    return true;
}

bool lu_rv_frame_push(LuThread *t, uint64_t sp, int sig, const void *info, const LuAction *act,
                      uint64_t mask)
{
    RvCpu *cpu = (RvCpu *)t->env;
    const bool vectors = rv_v_used(cpu);
    uint64_t at = (sp - (vectors ? lu_rv_frame_bytes(cpu->model) : sizeof(Frame))) & ~15ull;
    Frame f;

    memset(&f, 0, sizeof f);
    memcpy(f.info, info, sizeof f.info);
    lu_signal_alt_save(t, f.uc_stack);
    f.uc_sigmask = mask;
    f.mc.pc = cpu->env.pc;
    memcpy(f.mc.x, &cpu->x[1], sizeof f.mc.x);
    memcpy(f.mc.fp.d.f, cpu->f, sizeof f.mc.fp.d.f);
    f.mc.fp.d.fcsr = rv_fcsr_get(cpu);
    if (vectors) {
        f.mc.fp.extra.magic = V_MAGIC;
        f.mc.fp.extra.size = record_bytes(cpu->model);
    }
    if (!lu_copy_to_guest(at, &f, sizeof f) || (vectors && !push_vectors(cpu, at + sizeof f))) {
        return false;
    }
    cpu->x[RV_RA] = lu_sigreturn_addr;
    cpu->x[RV_SP] = at;
    cpu->x[RV_A0] = (uint64_t)sig;
    cpu->x[RV_A0 + 1] = at + offsetof(Frame, info);
    cpu->x[RV_A0 + 2] = at + offsetof(Frame, uc_flags);
    cpu->env.pc = act->handler;
    return true;
}

bool lu_rv_frame_pop(LuThread *t, uint64_t *mask)
{
    RvCpu *cpu = (RvCpu *)t->env;
    Frame f;

    if (!lu_copy_from_guest(&f, cpu->x[RV_SP], sizeof f) || f.mc.fp.extra.reserved) {
        return false;
    }
    const Head first = { f.mc.fp.extra.magic, f.mc.fp.extra.size };
    if (first.magic == V_MAGIC && rv_has_vectors(cpu->model)) {
        if (first.size != record_bytes(cpu->model) || !pop_vectors(cpu, cpu->x[RV_SP] + sizeof f)) {
            return false;
        }
    } else if (first.magic || first.size) {
        return false;
    }
    cpu->env.pc = f.mc.pc;
    memcpy(&cpu->x[1], f.mc.x, sizeof f.mc.x);
    memcpy(cpu->f, f.mc.fp.d.f, sizeof f.mc.fp.d.f);
    rv_fcsr_set(cpu, f.mc.fp.d.fcsr);
    *mask = f.uc_sigmask;
    lu_signal_alt_restore(t, f.uc_stack);
    return true;
}
