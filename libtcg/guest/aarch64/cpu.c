/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64 CPU models, reset, and the floating point registers [ArmARM C5.2, D19.2]. ID registers are as Linux shows
 * them at EL0: what it hides reads as the least capable value [Linux cpu-feature-registers]. */
#include "tcg/cpu-aarch64.h"

#include "guest/aarch64/ext.h"
#include "guest/aarch64/insn.h"

#include <string.h>
#include <sys/random.h>

/* Values made from a set of features, by the rows of ext.def. */

enum { ISAR0, ISAR1, ISAR2, PFR0, PFR1, MMFR2, ZFR0 };

#define SUM_ISAR0(f, name, reg, shift, add, ...) SUM_FIELD(f, name, ISAR0, reg, shift, add)
#define SUM_ISAR1(f, name, reg, shift, add, ...) SUM_FIELD(f, name, ISAR1, reg, shift, add)
#define SUM_ISAR2(f, name, reg, shift, add, ...) SUM_FIELD(f, name, ISAR2, reg, shift, add)
#define SUM_PFR0(f, name, reg, shift, add, ...)  SUM_FIELD(f, name, PFR0, reg, shift, add)
#define SUM_PFR1(f, name, reg, shift, add, ...)  SUM_FIELD(f, name, PFR1, reg, shift, add)
#define SUM_MMFR2(f, name, reg, shift, add, ...) SUM_FIELD(f, name, MMFR2, reg, shift, add)
#define SUM_ZFR0(f, name, reg, shift, add, ...)  SUM_FIELD(f, name, ZFR0, reg, shift, add)
#define SUM_FIELD(f, name, want, reg, shift, add) \
    + ((want) == (reg) && (f) & A64_FEAT(name) ? (uint64_t)(add) << (shift) : 0)
#define OR_HWCAP(f, name, reg, shift, add, hwcap, hwcap2, text)  | ((f) & A64_FEAT(name) ? (hwcap) : 0)
#define OR_HWCAP2(f, name, reg, shift, add, hwcap, hwcap2, text) | ((f) & A64_FEAT(name) ? (hwcap2) : 0)

#define ALL_SVE \
    (A64_FEAT(sve) | A64_FEAT(sve2) | A64_FEAT(sveaes) | A64_FEAT(svepmull) | A64_FEAT(svebitperm) | A64_FEAT(svesha3) \
     | A64_FEAT(svesm4) | A64_FEAT(svei8mm) | A64_FEAT(svef32mm) | A64_FEAT(svef64mm) | A64_FEAT(svebf16))
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
     | A64_FEAT(xs) | ALL_SVE)

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
        .id_zfr0 = 0 A64_EXTENSIONS(SUM_ZFR0, f), \
        .id_mmfr0 = 0xff000000, .id_dfr0 = 6, \
        .sve_lengths = (f) & A64_FEAT(sve) ? (1 << A64_VQ_MAX) - 1 : 0, \
        .sve_default = (f) & A64_FEAT(sve) ? A64_VQ_MAX : 0, \
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

/* A model with options. */

static A64Model chosen;

const A64Model *a64_model(unsigned index)
{
    return index == A64_MODEL_CHOSEN ? &chosen : &a64_models[index];
}

/* Programs are told the features of f only. */
static void tell_features(A64Model *m, uint64_t f)
{
    m->hwcap = 0 A64_EXTENSIONS(OR_HWCAP, f);
    m->hwcap2 = 0 A64_EXTENSIONS(OR_HWCAP2, f);
    m->id_pfr0 = 0 A64_EXTENSIONS(SUM_PFR0, f);
    m->id_zfr0 = 0 A64_EXTENSIONS(SUM_ZFR0, f);
}

/* What the options of a command line ask for. */
typedef struct SveOptions {
    bool none;                  /* sve=off */
    bool untold;                /* sve-hwcap=off */
    uint8_t on, off;            /* lengths */
    unsigned max, start;        /* in units of 16 bytes; 0: not said */
} SveOptions;

static bool parse_number(const char *s, size_t length, unsigned *out)
{
    unsigned v = 0;

    for (size_t i = 0; i < length; i++) {
        if (s[i] < '0' || s[i] > '9' || v > 10000) {
            return false;
        }
        v = v * 10 + (unsigned)(s[i] - '0');
    }
    *out = v;
    return length > 0;
}

static bool starts(const char *s, size_t length, const char *name, size_t *at)
{
    *at = strlen(name);
    return *at < length && !strncmp(s, name, *at);
}

static bool parse_switch(const char *s, size_t length, bool *on)
{
    *on = (length == 2 && !strncmp(s, "on", 2)) || (length == 4 && !strncmp(s, "true", 4));
    return *on || (length == 3 && !strncmp(s, "off", 3)) || (length == 5 && !strncmp(s, "false", 5));
}

static bool parse_option(SveOptions *o, const char *s, size_t length)
{
    unsigned n;
    size_t at;
    bool on;

    if (starts(s, length, "sve=", &at)) {
        return parse_switch(s + at, length - at, &on) && (o->none = !on, true);
    }
    if (starts(s, length, "sve-hwcap=", &at)) {
        return parse_switch(s + at, length - at, &on) && (o->untold = !on, true);
    }
    if (starts(s, length, "sve-max-vq=", &at)) {
        return parse_number(s + at, length - at, &o->max) && o->max >= 1 && o->max <= A64_VQ_MAX;
    }
    if (starts(s, length, "sve-default-vector-length=", &at)) {
        if (length - at == 2 && !strncmp(s + at, "-1", 2)) {
            o->start = A64_VQ_MAX;
            return true;
        }
        return parse_number(s + at, length - at, &n) && n && n % 16 == 0 && (o->start = n / 16);
    }
    for (unsigned k = 0; k < A64_VQ_MAX; k++) {
        static const char *const names[A64_VQ_MAX] = { "sve128=", "sve256=" };
        if (starts(s, length, names[k], &at) && parse_switch(s + at, length - at, &on)) {
            *(on ? &o->on : &o->off) |= (uint8_t)(1u << k);
            return true;
        }
    }
    return false;
}

/* Of the lengths below the longest, powers of two cannot be missing [ArmARM A2 FEAT_SVE]: of two there is only one
 * way, that the longer one is off. */
static bool apply(A64Model *m, const SveOptions *o)
{
    unsigned set = o->max ? (1u << o->max) - 1 : (1u << A64_VQ_MAX) - 1;

    if (o->none) {
        m->features &= ~ALL_SVE;
        tell_features(m, m->features);
        m->sve_lengths = m->sve_default = 0;
        return !o->on;
    }
    if (o->on) {
        set = (2u << (31 - __builtin_clz(o->on))) - 1;
    }
    set &= ~(unsigned)o->off;
    if (!m->sve_lengths || (set & o->on) != o->on || (o->max && set >> o->max) || !(set & 1)) {
        return false;
    }
    if (o->untold) {
        tell_features(m, m->features & ~ALL_SVE);
    }
    m->sve_lengths = (uint8_t)set;
    m->sve_default = (uint8_t)a64_vq_allowed(m, o->start ? o->start : A64_VQ_MAX);
    return true;
}

const A64Model *a64_model_parse(const char *text, const char **bad, size_t *length, const char **why)
{
    const A64Model *base = a64_models;
    SveOptions o = { .none = false };

    *bad = text;
    *why = "there is no such option here";
    *length = strcspn(text, ",");
    while (base->name && (strlen(base->name) != *length || strncmp(base->name, text, *length))) {
        base++;
    }
    if (!base->name || !text[*length]) {
        return base->name ? base : NULL;
    }
    while ((*bad)[*length]) {
        *bad += *length + 1;
        *length = strcspn(*bad, ",");
        if (!base->sve_lengths || !parse_option(&o, *bad, *length)) {
            return NULL;
        }
    }
    *why = "these vector lengths are not possible together";
    chosen = *base;
    return apply(&chosen, &o) ? &chosen : NULL;
}

/* SVE state [ArmARM B1.2.2] [Linux arm64 sve] */

unsigned a64_vq_allowed(const A64Model *model, unsigned vq)
{
    while (vq > 1 && !(vq <= A64_VQ_MAX && model->sve_lengths >> (vq - 1) & 1)) {
        vq--;
    }
    return vq;
}

void a64_vq_set(A64Cpu *cpu, unsigned vq)
{
    if (vq != cpu->vq) {
        a64_sve_syscall(cpu);
        cpu->vq = (uint8_t)vq;
        tcg_mode_changed(&cpu->env);
    }
}

void a64_sve_use(A64Cpu *cpu, bool used)
{
    if (!used) {
        memset(cpu->zh, 0, sizeof(cpu->zh));
        memset(cpu->p, 0, sizeof(cpu->p));
        cpu->ffr = 0;
    }
    if (cpu->sve_used != used) {
        cpu->sve_used = used;
        tcg_mode_changed(&cpu->env);
    }
}

void a64_sve_syscall(A64Cpu *cpu)
{
    if (cpu->sve_used) {
        memset(cpu->zh, 0, sizeof(cpu->zh));
        memset(cpu->p, 0, sizeof(cpu->p));
        cpu->ffr = 0;
    }
}

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
    cpu->vq = model->sve_default;
    /* Without entropy the keys are guessable: worth no failure, the guest is not protected from its emulator. */
    if (getrandom(cpu->pac_key, sizeof(cpu->pac_key), GRND_NONBLOCK) < 0) {
        memset(cpu->pac_key, 0x5a, sizeof(cpu->pac_key));
    }
}
