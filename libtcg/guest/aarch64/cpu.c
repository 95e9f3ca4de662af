/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64 CPU models, reset, and the floating point registers [ArmARM C5.2, D19.2]. ID registers are as Linux shows
 * them at EL0: what it hides reads as the least capable value [Linux cpu-feature-registers]. */
#include "tcg/cpu-aarch64.h"

#include "guest/aarch64/ext.h"
#include "guest/aarch64/insn.h"

#include <string.h>
#include <sys/random.h>

/* Values made from a set of features, by the rows of ext.def. */

enum { ISAR0, ISAR1, ISAR2, PFR0, PFR1, MMFR2 };

#define SUM_ISAR0(f, name, reg, shift, add, ...) SUM_FIELD(f, name, ISAR0, reg, shift, add)
#define SUM_ISAR1(f, name, reg, shift, add, ...) SUM_FIELD(f, name, ISAR1, reg, shift, add)
#define SUM_ISAR2(f, name, reg, shift, add, ...) SUM_FIELD(f, name, ISAR2, reg, shift, add)
#define SUM_PFR0(f, name, reg, shift, add, ...)  SUM_FIELD(f, name, PFR0, reg, shift, add)
#define SUM_PFR1(f, name, reg, shift, add, ...)  SUM_FIELD(f, name, PFR1, reg, shift, add)
#define SUM_MMFR2(f, name, reg, shift, add, ...) SUM_FIELD(f, name, MMFR2, reg, shift, add)
#define SUM_FIELD(f, name, want, reg, shift, add) \
    + ((want) == (reg) && (f) & A64_FEAT(name) ? (uint64_t)(add) << (shift) : 0)
#define OR_HWCAP(f, name, reg, shift, add, hwcap, hwcap2, text)  | ((f) & A64_FEAT(name) ? (hwcap) : 0)
#define OR_HWCAP2(f, name, reg, shift, add, hwcap, hwcap2, text) | ((f) & A64_FEAT(name) ? (hwcap2) : 0)

#define ARMV8_0 \
    (A64_FEAT(base) | A64_FEAT(fp) | A64_FEAT(asimd) | A64_FEAT(aes) | A64_FEAT(pmull) | A64_FEAT(sha1) \
     | A64_FEAT(sha2) | A64_FEAT(crc32))
#define ARMV8_2 \
    (ARMV8_0 | A64_FEAT(lse) | A64_FEAT(rdm) | A64_FEAT(lor) | A64_FEAT(fp16) | A64_FEAT(dotprod) \
     | A64_FEAT(lrcpc) | A64_FEAT(dpb))
#define MAX \
    (ARMV8_2 | A64_FEAT(jscvt) | A64_FEAT(fcma) | A64_FEAT(sha3) | A64_FEAT(sm3) | A64_FEAT(sm4) \
     | A64_FEAT(sha512) | A64_FEAT(fhm) | A64_FEAT(dit) | A64_FEAT(lse2) | A64_FEAT(lrcpc2) | A64_FEAT(flagm) \
     | A64_FEAT(ssbs) | A64_FEAT(sb) | A64_FEAT(pauth) | A64_FEAT(dpb2) | A64_FEAT(flagm2) | A64_FEAT(frintts) \
     | A64_FEAT(i8mm) | A64_FEAT(bf16) \
     | A64_FEAT(dgh) | A64_FEAT(rng) | A64_FEAT(bti) | A64_FEAT(wfxt) | A64_FEAT(cssc) | A64_FEAT(hbc) \
     | A64_FEAT(xs))

/* CTR_EL0: 64-byte lines, and IDC = DIC = 0, so that guests say what code they change. DCZID_EL0: 64 bytes. */
#define CTR_VIPT 0x84448004
#define CTR_PIPT 0x8444c004
#define DCZID_64 4

#define MODEL(name_, text_, midr_, ctr_, f) { \
        .name = name_, .text = text_, .midr = midr_, .ctr = ctr_, .dczid = DCZID_64, .features = f, \
        .hwcap = 0 A64_EXTENSIONS(OR_HWCAP, f), .hwcap2 = 0 A64_EXTENSIONS(OR_HWCAP2, f), \
        .id_isar0 = 0 A64_EXTENSIONS(SUM_ISAR0, f), .id_isar1 = 0 A64_EXTENSIONS(SUM_ISAR1, f), \
        .id_isar2 = 0 A64_EXTENSIONS(SUM_ISAR2, f), .id_pfr0 = 0 A64_EXTENSIONS(SUM_PFR0, f), \
        .id_pfr1 = 0 A64_EXTENSIONS(SUM_PFR1, f), .id_mmfr2 = 0 A64_EXTENSIONS(SUM_MMFR2, f), \
        .id_mmfr0 = 0xff000000, .id_dfr0 = 6, \
    }

const A64Model a64_models[] = {
    MODEL("max", "everything that is implemented", 0x000f0510, CTR_PIPT, MAX),
    MODEL("cortex-a53", "Arm Cortex-A53 r0p4", 0x410fd034, CTR_VIPT, ARMV8_0),
    MODEL("cortex-a57", "Arm Cortex-A57 r1p0", 0x411fd070, CTR_PIPT, ARMV8_0),
    MODEL("cortex-a72", "Arm Cortex-A72 r0p3", 0x410fd083, CTR_PIPT, ARMV8_0),
    MODEL("cortex-a76", "Arm Cortex-A76 r4p1", 0x414fd0b1, CTR_PIPT, ARMV8_2),
    MODEL("neoverse-n1", "Arm Neoverse N1 r3p1", 0x413fd0c1, CTR_PIPT, ARMV8_2 | A64_FEAT(ssbs)),
    { .name = NULL },
};

/* FPCR and FPSR [ArmARM C5.2.8, C5.2.10] */

enum {
    FPCR_AHP = 1 << 26, FPCR_DN = 1 << 25, FPCR_FZ = 1 << 24, FPCR_RMODE = 3 << 22, FPCR_RMODE_SHIFT = 22,
    FPCR_FZ16 = 1 << 19,
    FPSR_QC = 1 << 27, FPSR_IDC = 1 << 7,
};

static unsigned fp_mode(uint32_t fpcr)
{
    return FP_TINY_BEFORE | (fpcr & FPCR_AHP ? FP_AHP : 0) | (fpcr & FPCR_DN ? FP_DEFAULT_NAN : 0)
        | (fpcr & FPCR_FZ ? FP_FLUSH : 0) | (fpcr & FPCR_FZ16 ? FP_FLUSH16 : 0);
}

void a64_fpcr_set(A64Cpu *cpu, uint32_t v)
{
    static const uint8_t rounding[] = { FP_RNE, FP_RUP, FP_RDN, FP_RTZ };
    const unsigned before = cpu->env.fp.mode;

    v &= FPCR_AHP | FPCR_DN | FPCR_FZ | FPCR_RMODE | (cpu->model->features & A64_FEAT(fp16) ? FPCR_FZ16 : 0);
    cpu->fpcr = v;
    cpu->env.fp.mode = fp_mode(v);
    tcg_fp_round_set(&cpu->env, rounding[v >> FPCR_RMODE_SHIFT & 3]);
    if (cpu->env.fp.mode != before) {
        tcg_mode_changed(&cpu->env);
    }
}

/* The cumulative bits IOC DZC OFC UFC IXC are in the reverse order of FP_*. */

uint32_t a64_fpsr_get(A64Cpu *cpu)
{
    const unsigned f = tcg_fp_flags_get(&cpu->env);
    uint32_t v = (f & FP_NV ? 1 : 0) | (f & FP_DZ ? 2 : 0) | (f & FP_OF ? 4 : 0) | (f & FP_UF ? 8 : 0)
        | (f & FP_NX ? 16 : 0) | (f & FP_ID ? FPSR_IDC : 0);

    if (cpu->qc.u64[0] | cpu->qc.u64[1]) {
        v |= FPSR_QC;
    }
    return v | (cpu->fpsr_qc & FPSR_QC);
}

void a64_fpsr_set(A64Cpu *cpu, uint32_t v)
{
    tcg_fp_flags_set(&cpu->env, (v & 1 ? FP_NV : 0) | (v & 2 ? FP_DZ : 0) | (v & 4 ? FP_OF : 0)
                     | (v & 8 ? FP_UF : 0) | (v & 16 ? FP_NX : 0) | (v & FPSR_IDC ? FP_ID : 0));
    cpu->qc.u64[0] = cpu->qc.u64[1] = 0;
    cpu->fpsr_qc = v & FPSR_QC;
}

void a64_cpu_reset(A64Cpu *cpu, const A64Model *model)
{
    TcgEnv *env = &cpu->env;

    memset((char *)cpu + sizeof(TcgEnv), 0, sizeof(*cpu) - sizeof(TcgEnv));
    cpu->model = model;
    tcg_flags_set(env, 0);
    env->pc = 0;
    env->fp = (FpEnv){ .round = FP_RNE, .mode = fp_mode(0) };
    env->excl_addr = ~0ull;
    /* Without entropy the keys are guessable: worth no failure, the guest is not protected from its emulator. */
    if (getrandom(cpu->pac_key, sizeof(cpu->pac_key), GRND_NONBLOCK) < 0) {
        memset(cpu->pac_key, 0x5a, sizeof(cpu->pac_key));
    }
}
