/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE loads and stores. [ArmARM C8.2]
 *
 * One call of a64_h_sve_mem each; but contiguous ones of one or two registers, and loads of one element for all, are
 * IR where all elements are active. That is looked at before: if some are not, the block goes on at the same
 * instruction with the context A64_CONTEXT_PARTIAL, up to the next predicate that is made. */
#include "guest/aarch64/insn-sve.h"

enum { PAGE = 4096 };

/* Bytes of a vector in memory, of elements that may be smaller there. */
static unsigned memory_bytes(const TcgBuild *b, const A64Args *a)
{
    return a64_vq(b) * 16u >> (a->size - a->msize);
}

static TcgRef plus(TcgBuild *b, TcgRef x, int64_t v)
{
    return v ? tcg_add(b, TCG_I64, x, tcg_const(b, (uint64_t)v)) : x;
}

static TcgRef scaled(TcgBuild *b, const A64Args *a)
{
    return tcg_shl(b, TCG_I64, a64_x(b, a->rm), tcg_const(b, (unsigned)a->msize));
}

/* Base plus rm elements, or plus imm4s units of bytes. */
static TcgRef address(TcgBuild *b, const A64Args *a, bool indexed, unsigned unit)
{
    const TcgRef base = a64_x_sp(b, a->rn);

    return indexed ? tcg_add(b, TCG_I64, base, scaled(b, a)) : plus(b, base, (int64_t)a->imm4s * unit);
}

static void access(TcgBuild *b, const A64SveMem *m, TcgRef base)
{
    tcg_hcall(b, A64_H_sve_mem, TCG_NONE, tcg_const(b, a64_sve_mem_pack(m)), base, 0);
}

static A64SveMem fields(const A64Args *a)
{
    return (A64SveMem){
        .zt = (uint8_t)a->zd, .pg = (uint8_t)a->pg, .zm = (uint8_t)a->zm, .msize = (uint8_t)a->msize,
        .size = (uint8_t)a->size, .regs = (uint8_t)a->regs, .is_signed = a->msigned,
    };
}

static void whole(TcgBuild *b, const A64Args *a, bool store)
{
    const TcgRef base = address(b, a, a->indexed, a64_vq(b) * 16);
    TcgRef x[A64_VQ_MAX];

    for (unsigned k = 0; k < a64_vq(b); k++) {
        if (store) {
            tcg_st(b, TCG_V128, TCG_MO_128, base, k * 16, a64_z(b, a->zd, k));
        } else {
            x[k] = tcg_ld(b, TCG_V128, TCG_MO_128, base, k * 16);
        }
    }
    for (unsigned k = 0; !store && k < a64_vq(b); k++) {
        a64_put_z(b, a->zd, k, x[k]);
    }
}

/* Bits for the bytes of piece k that belong to active elements. */
static TcgRef chosen(TcgBuild *b, const A64Args *a, unsigned k)
{
    TcgRef p = a64_p(b, a->pg);

    if (a->size) {
        p = tcg_and(b, TCG_I64, p, tcg_const(b, a64_pred_all(a64_vq(b)) & a64_pred_elements((unsigned)a->size)));
        p = tcg_op2(b, TCG_OP_mul, TCG_I64, p, tcg_const(b, (1u << (1u << a->size)) - 1));
    }
    return k ? tcg_shr(b, TCG_I64, p, tcg_const(b, 16 * k)) : p;
}

static void partial(TcgBuild *b, const A64Args *a, bool store)
{
    const TcgRef base = address(b, a, a->indexed, a64_vq(b) * 16);
    TcgRef x[A64_VQ_MAX];

    for (unsigned k = 0; k < a64_vq(b); k++) {
        if (store) {
            tcg_stm(b, base, (int16_t)(k * 16), chosen(b, a, k), a64_z(b, a->zd, k));
        } else {
            x[k] = tcg_ldm(b, base, (int16_t)(k * 16), chosen(b, a, k));
        }
    }
    for (unsigned k = 0; !store && k < a64_vq(b); k++) {
        a64_put_z(b, a->zd, k, x[k]);
    }
}

/* Elements that are smaller in memory: all of them fit in 16 bytes. */

static TcgType bytes_type(unsigned bytes)
{
    return bytes == 16 ? TCG_V128 : bytes == 8 ? TCG_F64 : bytes == 4 ? TCG_F32 : TCG_F16;
}

static unsigned bytes_memop(unsigned bytes)
{
    return (unsigned)__builtin_ctz(bytes);
}

/* Each step doubles the lanes' size; the last one makes the pieces, from the lower and the upper half. */
static void widened(TcgBuild *b, const A64Args *a)
{
    const unsigned bytes = memory_bytes(b, a), z = (unsigned)a->msize, last = (unsigned)a->size - 1;
    const TcgOp op = a->msigned ? TCG_OP_vsxtl : TCG_OP_vzxtl;
    const TcgType t = bytes_type(bytes);
    TcgRef x = tcg_ld(b, t, bytes_memop(bytes), address(b, a, a->indexed, bytes), 0), r[A64_VQ_MAX];

    x = bytes == 16 ? x : tcg_op(b, TCG_OP_vzext, TCG_V128, t, x, 0, 0);
    for (unsigned k = z; k < last; k++) {
        x = v1(b, op, k, x);
    }
    for (unsigned k = 0; k < a64_vq(b); k++) {
        r[k] = v1(b, op, last | (k ? TCG_V_HIGH : 0), x);
    }
    for (unsigned k = 0; k < a64_vq(b); k++) {
        a64_put_z(b, a->zd, k, r[k]);
    }
}

static void narrowed(TcgBuild *b, const A64Args *a)
{
    const unsigned bytes = memory_bytes(b, a);
    unsigned z = (unsigned)a->size - 1;
    const TcgRef base = address(b, a, a->indexed, bytes), low = a64_z(b, a->zd, 0);
    TcgRef x = a64_vq(b) > 1 ? v2(b, TCG_OP_vuzp1, z, low, a64_z(b, a->zd, 1)) : v1(b, TCG_OP_vxtn, z, low);

    while (z > (unsigned)a->msize) {
        x = v1(b, TCG_OP_vxtn, --z, x);
    }
    if (bytes < 16) {
        x = tcg_op(b, TCG_OP_vlow, bytes_type(bytes), 0, x, 0, 0);
    }
    tcg_st(b, bytes_type(bytes), bytes_memop(bytes), base, 0, x);
}

/* Two registers, whose elements take turns in memory. */
static void pairs(TcgBuild *b, const A64Args *a, bool store)
{
    const unsigned vq = a64_vq(b), z = (unsigned)a->size;
    const TcgRef base = address(b, a, a->indexed, vq * 32);
    const int second = (a->zd + 1) & 31;
    TcgRef x[2 * A64_VQ_MAX];

    for (unsigned k = 0; k < 2 * vq; k++) {
        if (store) {
            x[k] = v2(b, k % 2 ? TCG_OP_vzip2 : TCG_OP_vzip1, z, a64_z(b, a->zd, k / 2), a64_z(b, second, k / 2));
            tcg_st(b, TCG_V128, TCG_MO_128, base, k * 16, x[k]);
        } else {
            x[k] = tcg_ld(b, TCG_V128, TCG_MO_128, base, k * 16);
        }
    }
    for (unsigned k = 0; !store && k < vq; k++) {
        a64_put_z(b, a->zd, k, v2(b, TCG_OP_vuzp1, z, x[2 * k], x[2 * k + 1]));
        a64_put_z(b, second, k, v2(b, TCG_OP_vuzp2, z, x[2 * k], x[2 * k + 1]));
    }
}

static void contiguous(TcgBuild *b, const A64Args *a, bool store)
{
    A64SveMem m = fields(a);

    if (a->regs <= (a->size == a->msize ? 2 : 1) && a64_pred_full(b, a->pg, (unsigned)a->size)) {
        if (a->regs == 2) {
            pairs(b, a, store);
        } else if (a->size == a->msize) {
            whole(b, a, store);
        } else if (store) {
            narrowed(b, a);
        } else {
            widened(b, a);
        }
        return;
    }
    if (a->regs == 1 && a->size == a->msize) {
        partial(b, a, store);
        return;
    }
    m.store = store;
    access(b, &m, address(b, a, a->indexed, memory_bytes(b, a) * (unsigned)a->regs));
}

void a64_tr_sve_ld_contiguous(TcgBuild *b, const A64Args *a)
{
    contiguous(b, a, false);
}

void a64_tr_sve_st_contiguous(TcgBuild *b, const A64Args *a)
{
    contiguous(b, a, true);
}

/* rm may be the zero register. */
void a64_tr_sve_ld_first(TcgBuild *b, const A64Args *a)
{
    A64SveMem m = fields(a);
    A64Args plain = *a;

    plain.indexed = true;
    if (tcg_build_context(b) != A64_CONTEXT_PARTIAL && a64_pred_full(b, a->pg, (unsigned)a->size)) {
        const unsigned bytes = memory_bytes(b, a);
        const TcgRef at = tcg_and(b, TCG_I64, address(b, a, true, 0), tcg_const(b, PAGE - 1));
        a64_sve_leave_if(b, TCG_GTU, tcg_cmp(b, TCG_I64, at, tcg_const(b, PAGE - bytes)));
        if (a->size == a->msize) {
            whole(b, &plain, false);
        } else {
            widened(b, &plain);
        }
        return;
    }
    m.fault = A64_SVE_FAULT_FIRST;
    access(b, &m, address(b, a, true, 0));
}

void a64_tr_sve_ld_none(TcgBuild *b, const A64Args *a)
{
    A64SveMem m = fields(a);

    m.fault = A64_SVE_FAULT_NONE;
    access(b, &m, address(b, a, false, memory_bytes(b, a)));
}

/* An element, 128 or 256 bits in all of a vector. */

void a64_tr_sve_ld1r(TcgBuild *b, const A64Args *a)
{
    A64SveMem m = fields(a);

    if (!a->msigned && a64_pred_full(b, a->pg, (unsigned)a->size)) {
        const TcgRef base = plus(b, a64_x_sp(b, a->rn), (int64_t)a->imm6 << a->msize);
        const TcgRef x = v1(b, TCG_OP_vdup, (unsigned)a->size, tcg_ld(b, TCG_I64, (unsigned)a->msize, base, 0));
        for (unsigned k = 0; k < a64_vq(b); k++) {
            a64_put_z(b, a->zd, k, x);
        }
        return;
    }
    m.vector = A64_SVE_REPLICATE;
    m.scale = (uint8_t)a->msize;
    access(b, &m, plus(b, a64_x_sp(b, a->rn), (int64_t)a->imm6 << a->msize));
}

void a64_tr_sve_ld1rq(TcgBuild *b, const A64Args *a)
{
    A64SveMem m = fields(a);

    m.vector = A64_SVE_REPLICATE;
    m.scale = 4;
    access(b, &m, address(b, a, a->indexed, 16));
}

void a64_tr_sve_ld1ro(TcgBuild *b, const A64Args *a)
{
    A64SveMem m = fields(a);

    if (a64_vq(b) < 2) {
        a64_undefined(b);
        return;
    }
    m.regs = 1;
    access(b, &m, address(b, a, a->indexed, 32));
}

/* Gathers and scatters: a vector of offsets, or of addresses. */

static void vector_offsets(TcgBuild *b, const A64Args *a, unsigned fault, bool store)
{
    A64SveMem m = fields(a);

    m.fault = (uint8_t)fault;
    m.store = store;
    m.regs = 1;
    m.scale = (uint8_t)a->scale;
    m.vector = (uint8_t)(!a->offset ? A64_SVE_OFFSET : a->xs ? A64_SVE_OFFSET_SXTW : A64_SVE_OFFSET_UXTW);
    access(b, &m, a64_x_sp(b, a->rn));
}

static void vector_base(TcgBuild *b, const A64Args *a, unsigned fault, bool store, TcgRef offset)
{
    A64SveMem m = fields(a);

    m.fault = (uint8_t)fault;
    m.store = store;
    m.regs = 1;
    m.zm = (uint8_t)a->zn;
    m.vector = (uint8_t)(a->size == 2 ? A64_SVE_OFFSET_UXTW : A64_SVE_OFFSET);
    access(b, &m, offset);
}

static TcgRef offset(TcgBuild *b, const A64Args *a)
{
    return tcg_const(b, (uint64_t)a->imm5 << a->msize);
}

void a64_tr_sve_gather(TcgBuild *b, const A64Args *a)
{
    vector_offsets(b, a, A64_SVE_FAULT_ALL, false);
}

void a64_tr_sve_gather_first(TcgBuild *b, const A64Args *a)
{
    vector_offsets(b, a, A64_SVE_FAULT_FIRST, false);
}

void a64_tr_sve_scatter(TcgBuild *b, const A64Args *a)
{
    vector_offsets(b, a, A64_SVE_FAULT_ALL, true);
}

void a64_tr_sve_gather_base(TcgBuild *b, const A64Args *a)
{
    vector_base(b, a, A64_SVE_FAULT_ALL, false, offset(b, a));
}

void a64_tr_sve_gather_first_base(TcgBuild *b, const A64Args *a)
{
    vector_base(b, a, A64_SVE_FAULT_FIRST, false, offset(b, a));
}

void a64_tr_sve_scatter_base(TcgBuild *b, const A64Args *a)
{
    vector_base(b, a, A64_SVE_FAULT_ALL, true, offset(b, a));
}

void a64_tr_sve_gather_nt(TcgBuild *b, const A64Args *a)
{
    vector_base(b, a, A64_SVE_FAULT_ALL, false, a64_x(b, a->rm));
}

void a64_tr_sve_scatter_nt(TcgBuild *b, const A64Args *a)
{
    vector_base(b, a, A64_SVE_FAULT_ALL, true, a64_x(b, a->rm));
}

void a64_tr_sve_prf(TcgBuild *b, const A64Args *a)
{
}

/* Whole registers */

void a64_tr_sve_ldr_z(TcgBuild *b, const A64Args *a)
{
    const TcgRef base = plus(b, a64_x_sp(b, a->rn), (int64_t)a->imm9z * (int)a64_vq(b) * 16);
    TcgRef x[A64_VQ_MAX];

    for (unsigned k = 0; k < a64_vq(b); k++) {
        x[k] = tcg_ld(b, TCG_V128, TCG_MO_128, base, k * 16);
    }
    for (unsigned k = 0; k < a64_vq(b); k++) {
        a64_put_z(b, a->zd, k, x[k]);
    }
}

void a64_tr_sve_str_z(TcgBuild *b, const A64Args *a)
{
    const TcgRef base = plus(b, a64_x_sp(b, a->rn), (int64_t)a->imm9z * (int)a64_vq(b) * 16);

    for (unsigned k = 0; k < a64_vq(b); k++) {
        tcg_st(b, TCG_V128, TCG_MO_128, base, k * 16, a64_z(b, a->zd, k));
    }
}

static unsigned pred_size(const TcgBuild *b)
{
    return a64_vq(b) == 1 ? TCG_MO_16 : TCG_MO_32;
}

void a64_tr_sve_ldr_p(TcgBuild *b, const A64Args *a)
{
    const TcgRef base = plus(b, a64_x_sp(b, a->rn), (int64_t)a->imm9z * (int)a64_vq(b) * 2);

    a64_put_p(b, a->pd, tcg_ld(b, TCG_I64, pred_size(b), base, 0));
}

void a64_tr_sve_str_p(TcgBuild *b, const A64Args *a)
{
    const TcgRef base = plus(b, a64_x_sp(b, a->rn), (int64_t)a->imm9z * (int)a64_vq(b) * 2);

    tcg_st(b, TCG_I64, pred_size(b), base, 0, a64_p(b, a->pd));
}
