/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions out of line: one call for each, which checks its rules, finds its operands, runs the kernel and
 * merges the result. [RVU 31] */
#include "guest/riscv/v.h"

#include <string.h>

#pragma GCC optimize ("O3")

/* Kernels. */
#define ALL(k) { rv_v_##k##_8, rv_v_##k##_16, rv_v_##k##_32, rv_v_##k##_64 }
#define NARROW(k) { rv_v_##k##_8, rv_v_##k##_16, rv_v_##k##_32, NULL }
#define FLOAT(k) { NULL, rv_v_##k##_16, rv_v_##k##_32, rv_v_##k##_64 }
#define FROM32(k) { NULL, NULL, rv_v_##k##_32, rv_v_##k##_64 }
#define FROM64(k) { NULL, NULL, NULL, rv_v_##k##_64 }
#define ONLY32(k) { NULL, NULL, rv_v_##k##_32, NULL }
#define FWIDE(k) { NULL, rv_v_##k##_16, rv_v_##k##_32, NULL }
#define FCONV(k) NARROW(k)
#define ONE(k) { rv_v_##k, rv_v_##k, rv_v_##k, rv_v_##k }

#include "guest/riscv/v-kernels.h"

static RvVKernel *const kernels[RV_V_COUNT][4] = {
#define V(name, shape, flags, kernels) [RV_V_##name] = kernels,
#include "guest/riscv/rvv.def"
#undef V
};

bool rv_v_has_kernel(RvVOp op, unsigned sew)
{
    return kernels[op][sew];
}

uint64_t rv_v_pack(const RvVInsn *i)
{
    return i->op | (uint64_t)i->vd << RV_VP_VD | (uint64_t)i->vs1 << RV_VP_VS1 | (uint64_t)i->vs2 << RV_VP_VS2
        | (uint64_t)i->vm << RV_VP_VM | (uint64_t)i->form << RV_VP_FORM | (uint64_t)i->nf << RV_VP_NF
        | (uint64_t)i->eew << RV_VP_EEW;
}

RvVInsn rv_v_unpack(uint64_t w)
{
    return (RvVInsn){
        .op = (uint8_t)w, .vd = w >> RV_VP_VD & 31, .vs1 = w >> RV_VP_VS1 & 63, .vs2 = w >> RV_VP_VS2 & 31,
        .vm = w >> RV_VP_VM & 1, .form = w >> RV_VP_FORM & 7, .nf = w >> RV_VP_NF & 7, .eew = w >> RV_VP_EEW & 3,
    };
}

/* Copies of the low 1 << sew bytes of x. */
static void fill(void *to, uint64_t x, unsigned sew, unsigned n)
{
    switch (sew) {
    case 0: memset(to, (int)(x & 255), n); break;
    case 1: for (unsigned i = 0; i < n; i++) ((RvU16 *)to)[i] = (uint16_t)x; break;
    case 2: for (unsigned i = 0; i < n; i++) ((RvU32 *)to)[i] = (uint32_t)x; break;
    default: for (unsigned i = 0; i < n; i++) ((RvU64 *)to)[i] = x; break;
    }
}

/* A floating point register as a scalar of 1 << sew bytes. [RVU 31.13] */
static uint64_t unbox(uint64_t f, unsigned sew)
{
    if (sew == 2) {
        return f >> 32 == 0xffffffff ? (uint32_t)f : 0x7fc00000;
    }
    if (sew == 1) {
        return f >> 16 == 0xffffffffffff ? (uint16_t)f : 0x7e00;
    }
    return f;
}

static uint64_t scalar(unsigned form, unsigned field, uint64_t x, unsigned sew)
{
    switch (form) {
    case RV_V_VI: return (uint64_t)(int64_t)((int32_t)((uint32_t)field << 27) >> 27);
    case RV_V_VU: return field;
    case RV_V_VF: return unbox(x, sew);
    default:      return x;
    }
}

/* Eight bits as bytes of 0 or 1, and back. */
static uint64_t spread(uint8_t bits)
{
    const uint64_t each = (bits * 0x0101010101010101u) & 0x8040201008040201u;

    return (each + 0x00406070787c7e7fu) >> 7 & 0x0101010101010101u;
}

static uint8_t gather(uint64_t bytes)
{
    return (uint8_t)(bytes * 0x0102040810204080u >> 56);
}

/* Active elements of the temporary go to vd: those whose byte in m is not 0. */
#define MERGE(U) \
    static void merge_##U(U *restrict d, const U *restrict t, const uint8_t *restrict m, unsigned from, unsigned to) \
    { \
        for (unsigned i = from; i < to; i++) { \
            d[i] = m[i] ? t[i] : d[i]; \
        } \
    }
MERGE(RvU8) MERGE(RvU16) MERGE(RvU32) MERGE(RvU64)

static void merge(void *d, const void *t, const RvV *v, unsigned eew)
{
    if (v->start >= v->n) {
        return;
    }
    if (!v->mask) {
        memcpy((char *)d + ((size_t)v->start << eew), (const char *)t + ((size_t)v->start << eew),
               (size_t)(v->n - v->start) << eew);
        return;
    }
    uint8_t m[RV_V_GROUP_BYTES];
    for (unsigned k = 0; k * 8 < v->n; k++) {
        const uint64_t bytes = spread(v->mask[k]);
        memcpy(m + k * 8, &bytes, 8);
    }
    switch (eew) {
    case 0:  merge_RvU8(d, t, m, v->start, v->n); break;
    case 1:  merge_RvU16(d, t, m, v->start, v->n); break;
    case 2:  merge_RvU32(d, t, m, v->start, v->n); break;
    default: merge_RvU64(d, t, m, v->start, v->n); break;
    }
}

/* Bits of a mask from bytes of 0 and 1. */
static void merge_bits(uint8_t *d, const uint8_t *t, const RvV *v)
{
    for (unsigned k = v->start / 8; k * 8 < v->n && v->start < v->n; k++) {
        uint64_t bytes;
        unsigned keep = k * 8 < v->start ? (1u << (v->start & 7)) - 1 : 0;
        keep |= v->n < k * 8 + 8 ? 0xffu << (v->n & 7) & 0xff : 0;
        keep |= v->mask ? (uint8_t)~v->mask[k] : 0;
        memcpy(&bytes, t + k * 8, 8);       /* of bytes behind the last, which are whatever they are, nothing is used */
        d[k] = (uint8_t)((d[k] & keep) | (gather(bytes & 0x0101010101010101u) & ~keep));
    }
}

static void run(RvV *v, RvVShape s, RvVKernel *kernel, uint8_t *vd, unsigned sew)
{
    uint8_t tmp[RV_V_GROUP_BYTES] __attribute__((aligned(32)));

    v->d = tmp;
    v->c = vd;
    switch (s) {
    case RV_VS_XELEM: case RV_VS_XMASK:
        kernel(v);
        break;
    case RV_VS_WHOLE: case RV_VS_MASK: case RV_VS_COMPRESS:
        v->d = vd;              /* the kernel is careful itself */
        kernel(v);
        break;
    case RV_VS_SELEM:
        if (v->start < v->n) {
            memcpy(vd, &v->x, (size_t)1 << sew);
        }
        break;
    case RV_VS_REDUCE: case RV_VS_WREDUCE:
        if (v->n) {
            kernel(v);
            memcpy(vd, tmp, (size_t)1 << (sew + (s == RV_VS_WREDUCE)));
        }
        break;
    case RV_VS_CARRYOUT: case RV_VS_COMPARE: case RV_VS_MASK1:
        kernel(v);
        merge_bits(vd, tmp, v);
        break;
    case RV_VS_FOURS: case RV_VS_FOURS1: case RV_VS_FOURS_S: case RV_VS_FOURS_X:
    case RV_VS_EIGHTS:
        if (!v->start) {        /* kernels read a group before they write it */
            v->d = vd;
            kernel(v);
            break;
        }
        /* fall through */
    default:
        kernel(v);
        merge(vd, tmp, v, sew + (s == RV_VS_WIDE || s == RV_VS_WIDEW || s == RV_VS_WIDEN1));
        break;
    }
}

/* Legal, but for what vstart, vl and frm say? */
static __attribute__((noinline)) bool legal(RvCpu *cpu, uint64_t word, uint64_t key)
{
    const RvVInsn i = rv_v_unpack(word);
    const RvVType t = rv_v_legal_type(cpu->vtype);

    if (cpu->vtype >> 63 || !rv_v_legal(cpu->model, &i, t) || !kernels[i.op][t.sew]) {
        return false;
    }
    *rv_v_legal_slot(cpu, key) = key;
    return true;
}

/* Leaves if the instruction is illegal. */
static inline void check(RvCpu *cpu, uint64_t word, RvVShape s, bool fp)
{
    const uint64_t key = rv_v_key(word, cpu->vtype);
    bool good = cpu->vtype >> 63 == 0 && *rv_v_legal_slot(cpu, key) == key;

    good = good || legal(cpu, word, key);
    if ((cpu->vl | cpu->vstart) & (rv_v_group_elements(s) - 1)) {
        good = false;
    }
    if ((cpu->vstart && rv_v_needs_start_0(s)) || (fp && cpu->frm > 4) || !good) {
        tcg_helper_leave(&cpu->env, TCG_EXIT_UNDEF);
    }
}

/* x: the packed instruction; y: its scalar, if it has one. Gives what goes to an x or f register. The fields are taken
 * one by one: a struct of bytes is slow to read back. */
uint64_t rv_h_v_exec(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    const RvVOp op = (RvVOp)(x & 255);
    const unsigned vd = x >> RV_VP_VD & 31, vs1 = x >> RV_VP_VS1 & 63, vs2 = x >> RV_VP_VS2 & 31;
    const unsigned form = x >> RV_VP_FORM & 7;
    const unsigned sew = cpu->vtype >> 3 & 3;
    const bool masked = !(x >> RV_VP_VM & 1);
    const RvVShape s = rv_v_shape(op);
    uint8_t copies[RV_V_GROUP_BYTES] __attribute__((aligned(32)));

    check(cpu, x, s, form == RV_V_VF || (rv_v_flags(op) & (RV_VF_FP | RV_VF_FPW)));
    const unsigned vlenb = cpu->model->vlenb;
    cpu->v_used = 1;
    RvV v;
    v.cpu = cpu;
    v.a = cpu->v + vs2 * vlenb;
    v.b = cpu->v + vs1 % 32 * vlenb;
    v.start = (unsigned)cpu->vstart;
    v.n = (unsigned)cpu->vl;
    v.vlmax = rv_v_vlmax(cpu->model, rv_v_legal_type(cpu->vtype));
    v.nf = x >> RV_VP_NF & 7;
    v.scalar = form != RV_V_VV;
    v.one_group = s == RV_VS_FOURS_S;
    v.x = v.result = 0;
    v.carry = v.mask = NULL;
    if (masked && (s == RV_VS_CARRY || s == RV_VS_CARRYOUT)) {
        v.carry = cpu->v;
    } else if (masked) {
        v.mask = cpu->v;
    }
    if (v.scalar) {
        v.x = scalar(form, vs1, y, sew);
        fill(copies, v.x, sew, v.n);
        v.b = copies;
    }
    run(&v, s, kernels[op][sew], cpu->v + vd * vlenb, sew);
    cpu->vstart = 0;
    return v.result;
}

/* The same where vtype was known when it was translated, and the rules were looked at then: vstart is 0, y the value of
 * the scalar, and the operands are where x says (v.h). */
uint64_t rv_h_v_known(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    uint8_t tmp[RV_V_GROUP_BYTES] __attribute__((aligned(32))), copies[RV_V_GROUP_BYTES] __attribute__((aligned(32)));
    uint8_t *vd = cpu->v + RV_VK_GET(x, VD);
    const unsigned eew = RV_VK_GET(x, EEW), where = RV_VK_GET(x, WHERE);
    RvV v;

    v.cpu = cpu;
    v.d = where == RV_VK_IN_PLACE ? vd : tmp;
    v.c = vd;
    v.a = cpu->v + RV_VK_GET(x, VS2);
    v.b = cpu->v + RV_VK_GET(x, VS1);
    v.mask = RV_VK_GET(x, MASKED) ? cpu->v : NULL;
    v.start = 0;
    v.n = (unsigned)cpu->vl;
    v.vlmax = RV_VK_GET(x, VLMAX);
    v.x = y;
    v.scalar = RV_VK_GET(x, SCALAR);
    v.one_group = RV_VK_GET(x, ONE_GROUP);
    if (v.scalar) {
        fill(copies, y, RV_VK_GET(x, SEW), v.n);
        v.b = copies;
    }
    kernels[RV_VK_GET(x, OP)][RV_VK_GET(x, SEW)](&v);
    if (where == RV_VK_MERGED && !v.mask) {
        memcpy(vd, tmp, (size_t)v.n << eew);
    } else if (where == RV_VK_MERGED) {
        merge(vd, tmp, &v, eew);
    } else if (where == RV_VK_ELEMENT && v.n) {
        memcpy(vd, tmp, (size_t)1 << eew);
    }
    return 0;
}

/* An operation in groups of four that was found legal when it was translated, and vl VLMAX: only the kernel. */
uint64_t rv_h_v_fours(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    const unsigned vlenb = cpu->model->vlenb;
    uint8_t *vd = cpu->v + (x >> RV_VP_VD & 31) * vlenb;
    RvV v;

    v.d = vd;
    v.c = vd;
    v.a = cpu->v + (x >> RV_VP_VS2 & 31) * vlenb;
    v.b = cpu->v + (x >> RV_VP_VS1 & 31) * vlenb;
    v.n = (unsigned)cpu->vl;
    kernels[x & 255][cpu->vtype >> 3 & 3](&v);
    return 0;
}

/* Fills vtail. */
uint64_t rv_h_v_tail(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    const size_t bytes = (size_t)cpu->vl << (cpu->vtype >> 3 & 3);

    memset(cpu->vtail, 0xff, bytes);
    memset(cpu->vtail + bytes, 0, sizeof cpu->vtail - bytes);
    return 0;
}

/* vsetvl and its kin: x the AVL, y the new vtype, z: 1 keep vl, 2 the AVL is an immediate. Gives vl. [RVU 31.6] */
uint64_t rv_h_vsetvl(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    const RvVType t = rv_v_type(cpu->model, y);

    cpu->vstart = 0;
    if (t.ill) {
        cpu->v_used = 1;        /* while vtype was legal, that told it (rv_v_used) */
        cpu->vtype = (uint64_t)1 << 63;
        return cpu->vl = 0;
    }
    const unsigned vlmax = rv_v_vlmax(cpu->model, t);
    const uint64_t avl = z == 1 ? cpu->vl : x;
    cpu->vtype = y;
    return cpu->vl = avl < vlmax ? avl : vlmax;
}

/* vstart 8, vxsat 9, vxrm 10, vcsr 15, vl 0xc20, vtype 0xc21, vlenb 0xc22. */
uint64_t rv_h_v_csr_read(TcgEnv *env, uint64_t csr, uint64_t y, uint64_t z)
{
    const RvCpu *cpu = (const RvCpu *)env;

    switch (csr) {
    case 8:     return cpu->vstart;
    case 9:     return cpu->vxsat;
    case 10:    return cpu->vxrm;
    case 15:    return (uint64_t)cpu->vxrm << 1 | cpu->vxsat;
    case 0xc20: return cpu->vl;
    case 0xc21: return cpu->vtype;
    default:    return cpu->model->vlenb;
    }
}

static void set_vxrm(RvCpu *cpu, unsigned v)
{
    if (cpu->vxrm != v) {
        cpu->vxrm = v;
        tcg_mode_changed(&cpu->env);
    }
}

/* vstart holds no more bits than an element's index needs [RVU 31.3.7]. */
uint64_t rv_h_v_csr_write(TcgEnv *env, uint64_t csr, uint64_t v, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;

    cpu->v_used = 1;
    switch (csr) {
    case 8:  cpu->vstart = v & (cpu->model->vlenb * 8u - 1); break;
    case 9:  cpu->vxsat = v & 1; break;
    case 10: set_vxrm(cpu, v & 3); break;
    default: cpu->vxsat = v & 1; set_vxrm(cpu, v >> 1 & 3); break;
    }
    return 0;
}

void rv_v_state_set(RvCpu *cpu, uint64_t vl, uint64_t vtype, uint64_t vstart, uint64_t vcsr)
{
    rv_h_vsetvl(&cpu->env, vl, vtype, 0);
    rv_h_v_csr_write(&cpu->env, 8, vstart, 0);
    rv_h_v_csr_write(&cpu->env, 15, vcsr, 0);
}
