/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64 registers as core files and debuggers see them. [kernel arch/arm64/include/uapi/asm/ptrace.h:
 * user_pt_regs, user_fpsimd_state] [GDB manual, G.5.1 AArch64 features] */
#include "abi/aarch64/frame.h"
#include "gdb-regs.h"
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

/* SVE: registers are as long as the longest vector. */
typedef struct Sve {
    uint8_t z[32][16 * A64_VQ_MAX];
    uint64_t p[16], ffr, vg;
} Sve;
_Static_assert(sizeof(Sve) <= sizeof((LuRegs *)0)->v, "room in LuRegs");

static void sve_get(const A64Cpu *cpu, Sve *out)
{
    for (unsigned i = 0; i < 32; i++) {
        memcpy(out->z[i], &cpu->v[i], 16);
        memcpy(out->z[i] + 16, &cpu->zh[i], 16);
    }
    memcpy(out->p, cpu->p, sizeof out->p);
    out->ffr = cpu->ffr;
    out->vg = 2u * cpu->vq;
}

/* Bits above the vector length stay 0. */
static void sve_set(A64Cpu *cpu, const Sve *in)
{
    const uint64_t all = ((uint64_t)1 << 16 * cpu->vq) - 1;

    a64_sve_use(cpu, true);
    for (unsigned i = 0; i < 32; i++) {
        memcpy(&cpu->v[i], in->z[i], 16);
        if (cpu->vq > 1) {
            memcpy(&cpu->zh[i], in->z[i] + 16, 16);
        }
    }
    for (unsigned i = 0; i < 16; i++) {
        cpu->p[i] = in->p[i] & all;
    }
    cpu->ffr = in->ffr & all;
}

void lu_a64_regs_get(TcgEnv *env, LuRegs *out)
{
    A64Cpu *cpu = (A64Cpu *)env;
    Pt pt = { .sp = cpu->sp, .pc = env->pc, .pstate = lu_a64_pstate_get(cpu) };
    Fp fp = { .fpsr = a64_fpsr_get(cpu), .fpcr = cpu->fpcr };

    memcpy(pt.regs, cpu->x, sizeof pt.regs);
    memcpy(fp.v, cpu->v, sizeof fp.v);
    memcpy(out->g, &pt, sizeof pt);
    memcpy(out->fp, &fp, sizeof fp);
    if (cpu->model->sve_lengths) {
        Sve sve;
        sve_get(cpu, &sve);
        memcpy(out->v, &sve, sizeof sve);
    }
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
    if (cpu->model->sve_lengths) {
        Sve sve, now;
        memcpy(&sve, in->v, sizeof sve);
        sve_get(cpu, &now);
        for (unsigned i = 0; i < 32; i++) {
            if (memcmp(&fp.v[i], &cpu->v[i], sizeof fp.v[i])) {
                memcpy(sve.z[i], &fp.v[i], sizeof fp.v[i]);     /* set as a V register */
            }
        }
        if (memcmp(&sve, &now, sizeof sve)) {
            sve_set(cpu, &sve);
        }
    } else {
        memcpy(cpu->v, fp.v, sizeof fp.v);
    }
    a64_fpcr_set(cpu, fp.fpcr);
    a64_fpsr_set(cpu, fp.fpsr);
}

#define G(name, type, bytes, field) { name, type, bytes, offsetof(LuRegs, g) + offsetof(Pt, field), 0 }
#define X(n) G("x" #n, "int", 8, regs[n])
#define FP(name, type, bytes, field) { name, type, bytes, offsetof(LuRegs, fp) + offsetof(Fp, field), 1 }
#define V(n) FP("v" #n, "aarch64v", 16, v[n])

#define CORE_REGS \
    EIGHT(X, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(X, 8, 9, 10, 11, 12, 13, 14, 15), \
    EIGHT(X, 16, 17, 18, 19, 20, 21, 22, 23), X(24), X(25), X(26), X(27), X(28), X(29), X(30), \
    G("sp", "data_ptr", 8, sp), G("pc", "code_ptr", 8, pc), G("cpsr", "int", 4, pstate)
#define STATUS_REGS FP("fpsr", "int", 4, fpsr), FP("fpcr", "int", 4, fpcr)

static const LuGdbReg regs[] = {
    CORE_REGS, EIGHT(V, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(V, 8, 9, 10, 11, 12, 13, 14, 15),
    EIGHT(V, 16, 17, 18, 19, 20, 21, 22, 23), EIGHT(V, 24, 25, 26, 27, 28, 29, 30, 31), STATUS_REGS,
    { NULL, NULL, 0, 0, 0 },
};

/* With SVE, the V registers are the debugger's own view of the others. [GDB manual, G.5.1, feature sve] */
#define S(name, type, bytes, field) { name, type, bytes, offsetof(LuRegs, v) + offsetof(Sve, field), 1 }
#define Z16(n) S("z" #n, "svev", 16, z[n])
#define Z32(n) S("z" #n, "svev", 32, z[n])
#define P16(n) S("p" #n, "svep", 2, p[n])
#define P32(n) S("p" #n, "svep", 4, p[n])
#define SVE_REGS(Z, P, bytes) \
    CORE_REGS, EIGHT(Z, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(Z, 8, 9, 10, 11, 12, 13, 14, 15), \
    EIGHT(Z, 16, 17, 18, 19, 20, 21, 22, 23), EIGHT(Z, 24, 25, 26, 27, 28, 29, 30, 31), STATUS_REGS, \
    EIGHT(P, 0, 1, 2, 3, 4, 5, 6, 7), EIGHT(P, 8, 9, 10, 11, 12, 13, 14, 15), \
    S("ffr", "svep", bytes, ffr), S("vg", "int", 8, vg), { NULL, NULL, 0, 0, 0 }

static const LuGdbReg regs_sve16[] = { SVE_REGS(Z16, P16, 2) };
static const LuGdbReg regs_sve32[] = { SVE_REGS(Z32, P32, 4) };


static const char types[] =
    VECTOR("v2d", "ieee_double", "2") VECTOR("v2u", "uint64", "2") VECTOR("v4f", "ieee_single", "4")
    VECTOR("v4u", "uint32", "4") VECTOR("v8u", "uint16", "8") VECTOR("v16u", "uint8", "16")
    VECTOR("v1u", "uint128", "1")
    "<union id=\"vnd\">" FIELD("f", "v2d") FIELD("u", "v2u") "</union>"
    "<union id=\"vns\">" FIELD("f", "v4f") FIELD("u", "v4u") "</union>"
    "<union id=\"vnh\">" FIELD("u", "v8u") "</union>"
    "<union id=\"vnb\">" FIELD("u", "v16u") "</union>"
    "<union id=\"vnq\">" FIELD("u", "v1u") "</union>"
    "<union id=\"aarch64v\">" FIELD("d", "vnd") FIELD("s", "vns") FIELD("h", "vnh") FIELD("b", "vnb")
    FIELD("q", "vnq") "</union>";

#define SVE_TYPES(quads, doubles, words, halves, bytes, bits) \
    VECTOR("svevd", "ieee_double", doubles) VECTOR("sveud", "uint64", doubles) \
    VECTOR("svevs", "ieee_single", words) VECTOR("sveus", "uint32", words) VECTOR("sveuh", "uint16", halves) \
    VECTOR("sveub", "uint8", bytes) VECTOR("sveuq", "uint128", quads) VECTOR("svep", "uint8", bits) \
    "<union id=\"svend\">" FIELD("f", "svevd") FIELD("u", "sveud") "</union>" \
    "<union id=\"svens\">" FIELD("f", "svevs") FIELD("u", "sveus") "</union>" \
    "<union id=\"svenh\">" FIELD("u", "sveuh") "</union>" \
    "<union id=\"svenb\">" FIELD("u", "sveub") "</union>" \
    "<union id=\"svenq\">" FIELD("u", "sveuq") "</union>" \
    "<union id=\"svev\">" FIELD("q", "svenq") FIELD("d", "svend") FIELD("s", "svens") FIELD("h", "svenh") \
    FIELD("b", "svenb") "</union>"

#define SVE_FEATURES .architecture = "aarch64", \
    .features = { "org.gnu.gdb.aarch64.core", "org.gnu.gdb.aarch64.sve", NULL }, .pc = 32

const LuGdbAbi *lu_a64_gdb(const TcgEnv *env)
{
    static const LuGdbAbi plain = {
        .architecture = "aarch64",
        .features = { "org.gnu.gdb.aarch64.core", "org.gnu.gdb.aarch64.fpu", NULL },
        .types = { NULL, types }, .regs = regs, .pc = 32,
    };
    static const LuGdbAbi sve16 = {
        SVE_FEATURES, .types = { NULL, SVE_TYPES("1", "2", "4", "8", "16", "2") }, .regs = regs_sve16,
    };
    static const LuGdbAbi sve32 = {
        SVE_FEATURES, .types = { NULL, SVE_TYPES("2", "4", "8", "16", "32", "4") }, .regs = regs_sve32,
    };
    const A64Cpu *cpu = (const A64Cpu *)env;

    return !cpu->model->sve_lengths ? &plain : cpu->vq == 1 ? &sve16 : &sve32;
}
