/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64 registers as core files and debuggers see them. [kernel arch/arm64/include/uapi/asm/ptrace.h:
 * user_pt_regs, user_fpsimd_state] [GDB manual, G.5.1 AArch64 features] */
#include "abi/aarch64/frame.h"
#include "gdb.h"
#include "tcg/cpu-aarch64.h"

#include <stddef.h>
#include <string.h>

typedef struct Pt {
    uint64_t regs[31], sp, pc, pstate;
} Pt;
_Static_assert(sizeof(Pt) == LU_A64_GREGS, "struct user_pt_regs");

typedef struct Fp {
    TcgVal v[32];
    uint32_t fpsr, fpcr, reserved[2];
} Fp;
_Static_assert(sizeof(Fp) == LU_A64_FPREGS, "struct user_fpsimd_state");

void lu_a64_regs_get(TcgEnv *env, LuRegs *out)
{
    A64Cpu *cpu = (A64Cpu *)env;
    Pt pt = { .sp = cpu->sp, .pc = env->pc, .pstate = lu_a64_pstate_get(cpu) };
    Fp fp = { .fpsr = a64_fpsr_get(cpu), .fpcr = cpu->fpcr };

    memcpy(pt.regs, cpu->x, sizeof pt.regs);
    memcpy(fp.v, cpu->v, sizeof fp.v);
    memcpy(out->g, &pt, sizeof pt);
    memcpy(out->fp, &fp, sizeof fp);
}

void lu_a64_regs_set(TcgEnv *env, const LuRegs *in)
{
    A64Cpu *cpu = (A64Cpu *)env;
    Pt pt;
    Fp fp;

    memcpy(&pt, in->g, sizeof pt);
    memcpy(&fp, in->fp, sizeof fp);
    memcpy(cpu->x, pt.regs, sizeof pt.regs);
    cpu->sp = pt.sp;
    env->pc = pt.pc;
    lu_a64_pstate_set(cpu, pt.pstate);
    memcpy(cpu->v, fp.v, sizeof fp.v);
    a64_fpcr_set(cpu, fp.fpcr);
    a64_fpsr_set(cpu, fp.fpsr);
}

#define G(name, type, bytes, field) { name, type, bytes, offsetof(LuRegs, g) + offsetof(Pt, field), 0 }
#define X(n) G("x" #n, "int", 8, regs[n])
#define FP(name, type, bytes, field) { name, type, bytes, offsetof(LuRegs, fp) + offsetof(Fp, field), 1 }
#define V(n) FP("v" #n, "aarch64v", 16, v[n])
#define EIGHT(F, a, b, c, d, e, f, g, h) F(a), F(b), F(c), F(d), F(e), F(f), F(g), F(h)

static const LuGdbReg regs[] = {
    EIGHT(X, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(X, 8, 9, 10, 11, 12, 13, 14, 15),
    EIGHT(X, 16, 17, 18, 19, 20, 21, 22, 23), X(24), X(25), X(26), X(27), X(28), X(29), X(30),
    G("sp", "data_ptr", 8, sp), G("pc", "code_ptr", 8, pc), G("cpsr", "int", 4, pstate),
    EIGHT(V, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(V, 8, 9, 10, 11, 12, 13, 14, 15),
    EIGHT(V, 16, 17, 18, 19, 20, 21, 22, 23), EIGHT(V, 24, 25, 26, 27, 28, 29, 30, 31),
    FP("fpsr", "int", 4, fpsr), FP("fpcr", "int", 4, fpcr),
    { NULL, NULL, 0, 0, 0 },
};

static const char types[] =
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/><vector id=\"v2u\" type=\"uint64\" count=\"2\"/>"
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v4u\" type=\"uint32\" count=\"4\"/>"
    "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/><vector id=\"v16u\" type=\"uint8\" count=\"16\"/>"
    "<vector id=\"v1u\" type=\"uint128\" count=\"1\"/>"
    "<union id=\"vnd\"><field name=\"f\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/></union>"
    "<union id=\"vns\"><field name=\"f\" type=\"v4f\"/><field name=\"u\" type=\"v4u\"/></union>"
    "<union id=\"vnh\"><field name=\"u\" type=\"v8u\"/></union>"
    "<union id=\"vnb\"><field name=\"u\" type=\"v16u\"/></union>"
    "<union id=\"vnq\"><field name=\"u\" type=\"v1u\"/></union>"
    "<union id=\"aarch64v\"><field name=\"d\" type=\"vnd\"/><field name=\"s\" type=\"vns\"/>"
    "<field name=\"h\" type=\"vnh\"/><field name=\"b\" type=\"vnb\"/><field name=\"q\" type=\"vnq\"/></union>";

const LuGdbAbi lu_a64_gdb = {
    .architecture = "aarch64",
    .features = { "org.gnu.gdb.aarch64.core", "org.gnu.gdb.aarch64.fpu", NULL },
    .types = types, .regs = regs, .pc = 32,
};
