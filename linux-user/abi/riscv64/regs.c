/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V registers as core files and debuggers see them. [kernel arch/riscv/include/uapi/asm/ptrace.h:
 * user_regs_struct, __riscv_d_ext_state] [GDB manual, G.5.11 RISC-V features] */
#include "abi/riscv64/frame.h"
#include "gdb-regs.h"
#include "tcg/cpu-riscv.h"

#include <stddef.h>
#include <string.h>

typedef struct Pt {
    uint64_t pc, x[31];         /* x1..x31 */
} Pt;
_Static_assert(sizeof(Pt) == LU_RV_GREGS, "struct user_regs_struct");

typedef struct Fp {
    uint64_t f[32];
    uint32_t fcsr, padding;
} Fp;
_Static_assert(sizeof(Fp) == LU_RV_FPREGS, "struct __riscv_d_ext_state");

/* Vectors. The control registers are told, and not taken over. */
typedef struct Vectors {
    uint8_t v[32 * RV_V_MAX_BYTES];
    uint64_t vstart, vxsat, vxrm, vcsr, vl, vtype, vlenb;
} Vectors;
_Static_assert(sizeof(Vectors) <= sizeof((LuRegs *)0)->v, "room in LuRegs");

void lu_rv_regs_get(TcgEnv *env, LuRegs *out)
{
    RvCpu *cpu = (RvCpu *)env;
    Pt pt = { .pc = env->pc };
    Fp fp = { .fcsr = rv_fcsr_get(cpu) };

    memcpy(pt.x, &cpu->x[1], sizeof pt.x);
    memcpy(fp.f, cpu->f, sizeof fp.f);
    memcpy(out->g, &pt, sizeof pt);
    memcpy(out->fp, &fp, sizeof fp);
    if (rv_has_vectors(cpu->model)) {
        Vectors v = {
            .vstart = cpu->vstart, .vxsat = cpu->vxsat, .vxrm = cpu->vxrm,
            .vcsr = (uint64_t)cpu->vxrm << 1 | cpu->vxsat, .vl = cpu->vl, .vtype = cpu->vtype,
            .vlenb = cpu->model->vlenb,
        };
        memcpy(v.v, cpu->v, sizeof v.v);
        memcpy(out->v, &v, sizeof v);
    }
}

void lu_rv_regs_set(TcgEnv *env, const LuRegs *in)
{
    RvCpu *cpu = (RvCpu *)env;
    Pt pt;
    Fp fp;

    memcpy(&pt, in->g, sizeof pt);
    memcpy(&fp, in->fp, sizeof fp);
    env->pc = pt.pc & ~1ull;
    memcpy(&cpu->x[1], pt.x, sizeof pt.x);
    memcpy(cpu->f, fp.f, sizeof fp.f);
    rv_fcsr_set(cpu, fp.fcsr);
    if (rv_has_vectors(cpu->model) && memcmp(cpu->v, in->v, 32 * (size_t)cpu->model->vlenb)) {
        memcpy(cpu->v, in->v, 32 * (size_t)cpu->model->vlenb);
        cpu->v_used = 1;
    }
}

#define G(name, type, field) { name, type, 8, offsetof(LuRegs, g) + offsetof(Pt, field), 0 }
#define X(name, n) G(name, n == 1 ? "code_ptr" : n < 5 || n == 8 ? "data_ptr" : "int", x[n - 1])
#define F(name, n) { name, "ieee_double", 8, offsetof(LuRegs, fp) + offsetof(Fp, f[n]), 1 }

#define SCALAR_REGS \
    { "zero", "int", 8, LU_GDB_ZERO, 0 }, \
    X("ra", 1), X("sp", 2), X("gp", 3), X("tp", 4), X("t0", 5), X("t1", 6), X("t2", 7), X("fp", 8), \
    X("s1", 9), X("a0", 10), X("a1", 11), X("a2", 12), X("a3", 13), X("a4", 14), X("a5", 15), X("a6", 16), \
    X("a7", 17), X("s2", 18), X("s3", 19), X("s4", 20), X("s5", 21), X("s6", 22), X("s7", 23), X("s8", 24), \
    X("s9", 25), X("s10", 26), X("s11", 27), X("t3", 28), X("t4", 29), X("t5", 30), X("t6", 31), \
    G("pc", "code_ptr", pc), \
    F("ft0", 0), F("ft1", 1), F("ft2", 2), F("ft3", 3), F("ft4", 4), F("ft5", 5), F("ft6", 6), F("ft7", 7), \
    F("fs0", 8), F("fs1", 9), F("fa0", 10), F("fa1", 11), F("fa2", 12), F("fa3", 13), F("fa4", 14), \
    F("fa5", 15), F("fa6", 16), F("fa7", 17), F("fs2", 18), F("fs3", 19), F("fs4", 20), F("fs5", 21), \
    F("fs6", 22), F("fs7", 23), F("fs8", 24), F("fs9", 25), F("fs10", 26), F("fs11", 27), F("ft8", 28), \
    F("ft9", 29), F("ft10", 30), F("ft11", 31), \
    { "fcsr", "int", 4, offsetof(LuRegs, fp) + offsetof(Fp, fcsr), 1 }

/* [GDB manual, G.5.11 RISC-V features: vector, csr] */
#define V16(n) { "v" #n, "riscv_vector", 16, offsetof(LuRegs, v) + (n) * 16, 2 }
#define V32(n) { "v" #n, "riscv_vector", 32, offsetof(LuRegs, v) + (n) * 32, 2 }
#define CONTROL(name) { #name, "int", 8, offsetof(LuRegs, v) + offsetof(Vectors, name), 3 }
#define VECTOR_REGS(V) \
    EIGHT(V, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(V, 8, 9, 10, 11, 12, 13, 14, 15), \
    EIGHT(V, 16, 17, 18, 19, 20, 21, 22, 23), EIGHT(V, 24, 25, 26, 27, 28, 29, 30, 31), \
    CONTROL(vstart), CONTROL(vxsat), CONTROL(vxrm), CONTROL(vcsr), CONTROL(vl), CONTROL(vtype), CONTROL(vlenb)

static const LuGdbReg regs[] = { SCALAR_REGS, { NULL, NULL, 0, 0, 0 } };
static const LuGdbReg regs_v16[] = { SCALAR_REGS, VECTOR_REGS(V16), { NULL, NULL, 0, 0, 0 } };
static const LuGdbReg regs_v32[] = { SCALAR_REGS, VECTOR_REGS(V32), { NULL, NULL, 0, 0, 0 } };

#define TYPES(quads, longs, words, shorts, bytes) \
    VECTOR("bytes", "uint8", bytes) VECTOR("shorts", "uint16", shorts) VECTOR("words", "uint32", words) \
    VECTOR("longs", "uint64", longs) VECTOR("quads", "uint128", quads) \
    "<union id=\"riscv_vector\">" FIELD("b", "bytes") FIELD("s", "shorts") FIELD("w", "words") FIELD("l", "longs") \
    FIELD("q", "quads") "</union>"

#define SCALAR_FEATURES "org.gnu.gdb.riscv.cpu", "org.gnu.gdb.riscv.fpu"
#define VECTOR_FEATURES SCALAR_FEATURES, "org.gnu.gdb.riscv.vector", "org.gnu.gdb.riscv.csr"

const LuGdbAbi *lu_rv_gdb(const TcgEnv *env)
{
    static const LuGdbAbi plain = {
        .architecture = "riscv:rv64", .features = { SCALAR_FEATURES, NULL }, .regs = regs, .pc = 32,
    };
    static const LuGdbAbi v16 = {
        .architecture = "riscv:rv64", .features = { VECTOR_FEATURES, NULL },
        .types = { [2] = TYPES("1", "2", "4", "8", "16") }, .regs = regs_v16, .pc = 32,
    };
    static const LuGdbAbi v32 = {
        .architecture = "riscv:rv64", .features = { VECTOR_FEATURES, NULL },
        .types = { [2] = TYPES("2", "4", "8", "16", "32") }, .regs = regs_v32, .pc = 32,
    };
    const RvModel *model = ((const RvCpu *)env)->model;

    return !rv_has_vectors(model) ? &plain : model->vlenb == 16 ? &v16 : &v32;
}
