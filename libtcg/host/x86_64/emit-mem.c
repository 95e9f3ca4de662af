/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads, stores and inline atomic operations.
 *
 * x86-64 keeps loads in order with loads and stores with stores [SDM 3A 9.2.3], so acquire loads and release stores
 * are plain moves; only a sequentially consistent store needs a fence after it. */
#include "host/x86_64/emit-mem.h"

static inline Mem address(Emit *E, const TcgIns *i)
{
    uint64_t k;

    if (!(i->aux & TCG_MO_INDEX)) {
        if (ra_const(E, i->a, &k)) {
            uint64_t at = k + (uint64_t)(int64_t)(int32_t)i->b;
            if (at == (uint64_t)(int64_t)(int32_t)at) {
                return (Mem){ RNONE, RNONE, 0, (int32_t)at, NULL };
            }
        }
        return mem_b(ra_use(E, i->a), (int32_t)i->b);
    }
    unsigned scale = i->aux >> TCG_MO_SCALE_SHIFT & 7;
    int base = ra_use(E, i->a), index = ra_use(E, i->b);
    if (scale <= 3) {
        return mem_bi(base, index, scale, 0);
    }
    int t = ra_scratch(E, false);
    x_lea(&E->e, true, t, mem_bi(index, index, 0, 0));
    return mem_bi(base, t, 3, 0);
}

Mem em_address(Emit *E, const TcgIns *i)
{
    return address(E, i);
}

static inline void drop_address(Emit *E, const TcgIns *i)
{
    ra_drop(E, i->a);
    if (i->aux & TCG_MO_INDEX) {
        ra_drop(E, i->b);
    }
}

/* Emits the alignment check; the flags were given up before. The address may come back in a register. */
static Mem check_align(Emit *E, const TcgIns *i, Mem m, bool write)
{
    unsigned mask = (1u << (i->aux & TCG_MO_SIZE)) - 1;

    if (!(i->aux & TCG_MO_ALIGN) || mask == 0) {
        return m;
    }
    int t = m.base;
    if (m.index != RNONE || m.disp || t == RNONE) {
        t = ra_scratch(E, false);
        x_lea(&E->e, true, t, m);
        m = mem_b(t, 0);
    }
    enc_rr(&E->e, 0xf6, false, 0, t, true);
    enc8(&E->e, mask);
    Cold *c = em_cold_add(E, COLD_ALIGN, x_jcc(&E->e, X_NE));
    c->reg = t;
    c->reg2 = write;
    c->form = tcg_last_begin(i->aux);
    c->back = E->e.p;
    return m;
}

static bool needs_flags(const TcgIns *i)
{
    return (i->aux & TCG_MO_ALIGN) || (i->op == TCG_OP_st && (i->aux & TCG_MO_SC) == TCG_MO_SC);
}

void x_vload(Enc *e, TcgType t, int dst, Mem m)
{
    switch (t) {
    case TCG_F16:
        enc_rm(e, O_66(0xc4), false, xr(dst), m, false, 1);    /* pinsrw */
        enc8(e, 0);
        break;
    case TCG_F32: enc_rm(e, O_F3(0x10), false, xr(dst), m, false, 0); break;
    case TCG_F64: enc_rm(e, O_F2(0x10), false, xr(dst), m, false, 0); break;
    default:      enc_rm(e, O_0F(0x10), false, xr(dst), m, false, 0); break;
    }
}

void x_vstore(Enc *e, TcgType t, int src, Mem m)
{
    switch (t) {
    case TCG_F16:
        enc_rm(e, O_66_3A(0x15), false, xr(src), m, false, 1); /* pextrw */
        enc8(e, 0);
        break;
    case TCG_F32: enc_rm(e, O_F3(0x11), false, xr(src), m, false, 0); break;
    case TCG_F64: enc_rm(e, O_F2(0x11), false, xr(src), m, false, 0); break;
    default:      enc_rm(e, O_0F(0x11), false, xr(src), m, false, 0); break;
    }
}

void x_vmov(Enc *e, int dst, int src)
{
    if (dst != src) {
        enc_rr(e, O_0F(0x28), false, xr(dst), xr(src), false);
    }
}

static inline __attribute__((always_inline)) void load_int(Enc *e, const TcgIns *i, int d, Mem m)
{
    bool sign = i->aux & TCG_MO_SIGN, w = i->type == TCG_I64;

    switch (i->aux & TCG_MO_SIZE) {
    case TCG_MO_8:  enc_rm(e, sign ? O_0F(0xbe) : O_0F(0xb6), sign && w, d, m, false, 0); break;
    case TCG_MO_16: enc_rm(e, sign ? O_0F(0xbf) : O_0F(0xb7), sign && w, d, m, false, 0); break;
    case TCG_MO_32: enc_rm(e, sign && w ? 0x63 : 0x8b, sign && w, d, m, false, 0); break;
    default:        enc_rm(e, 0x8b, true, d, m, false, 0); break;
    }
}

void em_load_int(Enc *e, const TcgIns *i, int d, Mem m)
{
    load_int(e, i, d, m);
}

/* Swaps the low bytes of a register that holds a zero-extended value, then sign-extends if asked. */
static void swap_loaded(Emit *E, const TcgIns *i, int d)
{
    unsigned size = i->aux & TCG_MO_SIZE;
    bool w = size == TCG_MO_64;

    if (size == TCG_MO_8) {
        return;
    }
    if (w || d > 7) {
        enc8(&E->e, 0x40 | (unsigned)w << 3 | (unsigned)(d > 7));
    }
    enc8(&E->e, 0x0f);
    enc8(&E->e, 0xc8 | (unsigned)(d & 7));
    if (size == TCG_MO_16) {
        x_shift_i(&E->e, i->aux & TCG_MO_SIGN ? X_SAR : X_SHR, false, d, 16);
    }
    if ((i->aux & TCG_MO_SIGN) && i->type == TCG_I64 && !w) {
        enc_rr(&E->e, 0x63, true, d, d, false);
    }
}

void em_load(Emit *E, const TcgIns *i)
{
    TcgIns plain = *i;

    if (E->soft) {
        em_soft_load(E, i);
        return;
    }

    if (i->aux & TCG_MO_BE || needs_flags(i)) {
        fl_clobber(E);
    }
    Mem m = address(E, i);
    if (i->aux & TCG_MO_ALIGN) {
        m = check_align(E, i, m, false);
    }
    if (i->aux & TCG_MO_BE) {
        plain.aux &= (uint16_t)~TCG_MO_SIGN;
    }
    drop_address(E, i);
    if (is_vec_type((TcgType)i->type)) {
        /* A load of a scalar has zeroes above it, so that it may be the vzext too; it is the load that faults. */
        const uint32_t at = E->i;
        const TcgRef to = i->type == TCG_F32 || i->type == TCG_F64 ? ra_widened(E) : at;
        E->i = at;
        int d = ra_def(E, to, 0);
        em_fault_point(E);
        x_vload(&E->e, (TcgType)i->type, d, m);
        E->i = to;
        return;
    }
    int d = ra_def(E, E->i, 0);
    em_fault_point(E);
    load_int(&E->e, &plain, d, m);
    if (i->aux & TCG_MO_BE) {
        swap_loaded(E, i, d);
    }
}

static void store_imm(Enc *e, unsigned size, Mem m, int32_t k)
{
    switch (size) {
    case TCG_MO_8:
        enc_rm(e, 0xc6, false, 0, m, false, 1);
        enc8(e, (uint8_t)k);
        break;
    case TCG_MO_16:
        enc8(e, 0x66);
        enc_rm(e, 0xc7, false, 0, m, false, 2);
        enc8(e, (uint8_t)k);
        enc8(e, (uint8_t)(k >> 8));
        break;
    default:
        enc_rm(e, 0xc7, size == TCG_MO_64, 0, m, false, 4);
        enc32(e, (uint32_t)k);
        break;
    }
}

static inline void store_reg(Enc *e, unsigned size, Mem m, int r)
{
    switch (size) {
    case TCG_MO_8:
        enc_rm(e, 0x88, false, r, m, true, 0);
        break;
    case TCG_MO_16:
        enc8(e, 0x66);
        enc_rm(e, 0x89, false, r, m, false, 0);
        break;
    default:
        enc_rm(e, 0x89, size == TCG_MO_64, r, m, false, 0);
        break;
    }
}

void em_store_reg(Enc *e, unsigned size, Mem m, int r)
{
    store_reg(e, size, m, r);
}

void em_store_imm(Enc *e, unsigned size, Mem m, int32_t k)
{
    store_imm(e, size, m, k);
}

void em_store(Emit *E, const TcgIns *i)
{
    unsigned size = i->aux & TCG_MO_SIZE;
    int32_t k;

    if (E->soft) {
        em_soft_store(E, i);
        return;
    }
    if (i->aux & TCG_MO_BE || needs_flags(i)) {
        fl_clobber(E);
    }
    Mem m = address(E, i);
    if (i->aux & TCG_MO_ALIGN) {
        m = check_align(E, i, m, true);
    }
    if (is_vec(E, i->c)) {
        int v = ra_use(E, i->c);
        em_fault_point(E);
        x_vstore(&E->e, (TcgType)i->type, v, m);
    } else if (ra_imm32(E, i->c, size == TCG_MO_64, &k) && !(i->aux & TCG_MO_BE)) {
        em_fault_point(E);
        store_imm(&E->e, size, m, k);
    } else if (i->aux & TCG_MO_BE) {
        int t = ra_scratch(E, false);
        TcgIns swap = *i;
        swap.aux &= (uint16_t)~TCG_MO_SIGN;
        ra_move(E, t, i->c);
        swap_loaded(E, &swap, t);
        em_fault_point(E);
        store_reg(&E->e, size, m, t);
    } else {
        int v = ra_use(E, i->c);
        em_fault_point(E);
        store_reg(&E->e, size, m, v);
    }
    if ((i->aux & TCG_MO_SC) == TCG_MO_SC) {
        enc8(&E->e, 0xf0);                          /* lock or dword [rsp], 0 */
        x_alu_mi(&E->e, X_OR, false, mem_b(RSP, 0), 0);
    }
}

/* Atomics */

/* reg := its low bytes extended as the operation asks */
void em_extend_result(Emit *E, const TcgIns *i, int r)
{
    bool sign = i->aux & TCG_MO_SIGN, w = i->type == TCG_I64;

    switch (i->aux & TCG_MO_SIZE) {
    case TCG_MO_8:  enc_rr(&E->e, sign ? O_0F(0xbe) : O_0F(0xb6), sign && w, r, r, true); break;
    case TCG_MO_16: enc_rr(&E->e, sign ? O_0F(0xbf) : O_0F(0xb7), sign && w, r, r, false); break;
    case TCG_MO_32:
        if (sign && w) {
            enc_rr(&E->e, 0x63, true, r, r, false);
        } else {
            x_mov_rr(&E->e, false, r, r);
        }
        break;
    default: break;
    }
}

/* A locked instruction with opcode opc (0F map if wide) on memory and a register. */
void em_locked(Enc *e, unsigned size, unsigned opc8, unsigned opc, bool lock, int r, Mem m)
{
    if (lock) {
        enc8(e, 0xf0);
    }
    if (size == TCG_MO_16) {
        enc8(e, 0x66);
    }
    enc_rm(e, size == TCG_MO_8 ? opc8 : opc, size == TCG_MO_64, r, m, size == TCG_MO_8, 0);
}

static void exchange(Emit *E, const TcgIns *i)
{
    unsigned size = i->aux & TCG_MO_SIZE;

    fl_clobber(E);
    Mem m = check_align(E, i, mem_b(ra_use(E, i->a), 0), true);
    int d = ra_scratch(E, false);
    ra_move(E, d, i->b);
    em_fault_point(E);
    if (i->op == TCG_OP_xadd) {
        em_locked(&E->e, size, O_0F(0xc0), O_0F(0xc1), true, d, m);
    } else {
        em_locked(&E->e, size, 0x86, 0x87, false, d, m);
    }
    em_extend_result(E, i, d);
    ra_def_in(E, E->i, d);
}

static bool compare_and_swap(Emit *E, const TcgIns *i)
{
    unsigned size = i->aux & TCG_MO_SIZE;

    if (size == TCG_MO_128) {
        return false;
    }
    fl_clobber(E);
    ra_take(E, RAX);
    Mem m = check_align(E, i, mem_b(ra_use(E, i->a), 0), true);
    int n = ra_use(E, i->c);
    ra_move(E, RAX, i->b);
    em_fault_point(E);
    em_locked(&E->e, size, O_0F(0xb0), O_0F(0xb1), true, n, m);
    em_extend_result(E, i, RAX);
    ra_def_in(E, E->i, RAX);
    return true;
}

/* Old value in rax, new value in rdx, until nobody came in between. */
static bool update_loop(Emit *E, const TcgIns *i)
{
    static const uint8_t alu[] = { [TCG_OP_xand - TCG_OP_xand] = X_AND, [TCG_OP_xor_ - TCG_OP_xand] = X_OR,
                                   [TCG_OP_xxor - TCG_OP_xand] = X_XOR };
    unsigned size = i->aux & TCG_MO_SIZE;
    bool w = size == TCG_MO_64;

    if (i->op > TCG_OP_xxor) {
        return false;
    }
    fl_clobber(E);
    ra_take(E, RAX);
    ra_take(E, RDX);
    int base = ra_reg_of(E, i->a), v = ra_reg_of(E, i->b);
    uint64_t k;
    bool constant = ra_const(E, i->b, &k) && (int64_t)k == (int32_t)k;
    if ((base < 0 || E->r[ra_resolve(E, i->a)].hreg >= 0) && !constant && v < 0) {
        return false;                               /* two operands for one scratch register */
    }
    Mem m = mem_b(ra_use(E, i->a), 0);
    if ((i->aux & TCG_MO_ALIGN) && size) {
        m = check_align(E, i, m, true);
    }
    Opnd o = ra_opnd(E, i->b, w, true);
    TcgIns plain = *i;
    plain.aux &= (uint16_t)~TCG_MO_SIGN;
    plain.type = TCG_I64;
    em_fault_point(E);
    load_int(&E->e, &plain, RAX, m);
    uint8_t *again = E->e.p;
    x_mov_rr(&E->e, true, RDX, RAX);
    int op = alu[i->op - TCG_OP_xand];
    if (o.kind == OP_IMM) {
        x_alu_ri(&E->e, op, w, RDX, o.imm);
    } else if (o.kind == OP_MEM) {
        x_alu_rm(&E->e, op, w, RDX, o.mem);
    } else {
        x_alu_rr(&E->e, op, w, RDX, o.reg);
    }
    em_fault_point(E);
    em_locked(&E->e, size, O_0F(0xb0), O_0F(0xb1), true, RDX, m);
    x_jcc_to(&E->e, X_NE, again);
    em_extend_result(E, i, RAX);
    ra_def_in(E, E->i, RAX);
    return true;
}

static bool load_exclusive(Emit *E, const TcgIns *i)
{
    if ((i->aux & TCG_MO_SIZE) == TCG_MO_128) {
        return false;
    }
    fl_clobber(E);
    int base = ra_use(E, i->a);
    Mem m = check_align(E, i, mem_b(base, 0), false);
    int d = ra_scratch(E, false);
    TcgIns plain = *i;
    plain.aux &= (uint16_t)~TCG_MO_SIGN;
    plain.type = TCG_I64;
    em_fault_point(E);
    load_int(&E->e, &plain, d, m);
    x_store(&E->e, true, base, mem_env(offsetof(TcgEnv, excl_addr)));
    x_store(&E->e, true, d, mem_env(offsetof(TcgEnv, excl_val)));
    if (i->aux & TCG_MO_SIGN) {
        em_extend_result(E, i, d);
    }
    ra_def_in(E, E->i, d);
    return true;
}

static bool store_exclusive(Emit *E, const TcgIns *i)
{
    unsigned size = i->aux & TCG_MO_SIZE;

    if (size == TCG_MO_128) {
        return false;
    }
    fl_clobber(E);
    ra_take(E, RAX);
    int base = ra_use(E, i->a);
    Mem m = check_align(E, i, mem_b(base, 0), true);
    int v = ra_use(E, i->b);
    x_load(&E->e, true, RAX, mem_env(offsetof(TcgEnv, excl_val)));
    x_alu_rm(&E->e, X_CMP, true, base, mem_env(offsetof(TcgEnv, excl_addr)));
    uint8_t *no = x_jcc(&E->e, X_NE);
    em_fault_point(E);
    em_locked(&E->e, size, O_0F(0xb0), O_0F(0xb1), true, v, m);
    x_here(&E->e, no);
    enc_rr(&E->e, O_0F(0x90 | X_NE), false, 0, RAX, true);
    enc_rr(&E->e, O_0F(0xb6), false, RAX, RAX, true);
    enc_rm(&E->e, 0xc7, true, 0, mem_env(offsetof(TcgEnv, excl_addr)), false, 4);
    enc32(&E->e, ~0u);
    ra_def_in(E, E->i, RAX);
    return true;
}

bool em_atomic(Emit *E, const TcgIns *i)
{
    if (E->soft && i->op != TCG_OP_clrex && i->op != TCG_OP_fence) {
        return em_soft_atomic(E, i);
    }
    switch (i->op) {
    case TCG_OP_xadd: case TCG_OP_xchg:
        exchange(E, i);
        return true;
    case TCG_OP_cas:  return compare_and_swap(E, i);
    case TCG_OP_ll:   return load_exclusive(E, i);
    case TCG_OP_sc:   return store_exclusive(E, i);
    case TCG_OP_clrex:
        enc_rm(&E->e, 0xc7, true, 0, mem_env(offsetof(TcgEnv, excl_addr)), false, 4);
        enc32(&E->e, ~0u);
        return true;
    case TCG_OP_fence:
        if (i->aux & TCG_FENCE_WR) {
            fl_clobber(E);
            enc8(&E->e, 0xf0);
            x_alu_mi(&E->e, X_OR, false, mem_b(RSP, 0), 0);
        }
        return true;
    default:
        return update_loop(E, i);
    }
}
