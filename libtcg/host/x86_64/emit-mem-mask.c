/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores of some of 16 bytes (ldm, stm) and of one lane of them (ldl, stl).
 *
 * With AVX-512 a load is a move under a mask: what that leaves out is not accessed and does not fault [SDM 1 15.6.4].
 * Without it, a load of all 16 bytes if they lie in one page, where all of them fault if one does; bytes across a
 * page are out of line.
 *
 * In machines the TLB is read inline, of all 16 bytes (emit-soft.c); what is not plain memory there is out of line. */
#include "host/x86_64/emit-mem.h"
#include "host/x86_64/emit-vec.h"

enum { PAGE = 4096, K1 = 1 };

static void move_mask(Emit *E, TcgRef mask)
{
    enc_vex_rr(&E->e, O_0F(0x92), false, false, K1, 0, ra_use(E, mask));       /* kmovw */
}

/* Where a function may have to do it: flags in memory, operands in registers. */
static Mem operands(Emit *E, const TcgIns *i, Opnd *base, Opnd *mask)
{
    fl_flush(E);
    fl_clobber(E);
    *base = (Opnd){ .kind = OP_REG, .reg = ra_use(E, i->a) };
    *mask = (Opnd){ .kind = OP_REG, .reg = ra_use(E, i->b) };
    return mem_b(base->reg, (int16_t)i->aux);
}

/* d &= bytes of ones where the mask has bits. t: a scratch register */
static void keep_chosen(Emit *E, int d, int mask, int t)
{
    static const uint64_t bits = 0x8040201008040201, low = 0, high = 0x0101010101010101;

    enc_rr(&E->e, O_66(0x6e), false, xr(t), mask, false);                       /* movd */
    enc_rm(&E->e, O_66_38(0x00), false, xr(t), em_pool_mem(), false, 0);        /* pshufb */
    em_pool(E, low, high, 0);
    enc_rm(&E->e, O_66(0xdb), false, xr(t), em_pool_mem(), false, 0);           /* pand */
    em_pool(E, bits, bits, 0);
    enc_rm(&E->e, O_66(0x74), false, xr(t), em_pool_mem(), false, 0);           /* pcmpeqb */
    em_pool(E, bits, bits, 0);
    enc_rr(&E->e, O_66(0xdb), false, xr(d), xr(t), false);
}

void em_load_masked(Emit *E, const TcgIns *i)
{
    Opnd base, mask;

    if (E->soft) {
        em_call(E, i);
        return;
    }
    if (hx86_features & HX_AVX512) {
        const Mem m = mem_b(ra_use(E, i->a), (int16_t)i->aux);
        move_mask(E, i->b);
        const int d = ra_def(E, E->i, 0);
        em_fault_point(E);
        enc_evex_rm(&E->e, O_F2(0x6f), false, xr(d), 0, m, K1, true);           /* vmovdqu8 */
        return;
    }
    const Mem m = operands(E, i, &base, &mask);
    /* All registers before the first jump: what makes room for them is code. */
    const int t = ra_scratch(E, false), v = ra_scratch(E, true), d = ra_def(E, E->i, 0);
    x_lea(&E->e, false, t, m);
    x_alu_ri(&E->e, X_AND, false, t, PAGE - 1);
    x_alu_ri(&E->e, X_CMP, false, t, PAGE - 16);
    uint8_t *across = x_jcc(&E->e, X_A);
    enc_rr(&E->e, 0xf7, false, 0, mask.reg, false);                             /* test */
    enc32(&E->e, 0xffff);
    uint8_t *none = x_jcc(&E->e, X_E);
    em_fault_point(E);
    x_vload(&E->e, TCG_V128, d, m);
    keep_chosen(E, d, mask.reg, v);
    em_cold_fn(E, i, across, d, base, mask, (Opnd){ .kind = OP_NONE });
    Cold *c = em_cold_add(E, COLD_NOTHING, none);
    c->reg = d;
    c->back = E->e.p;
}

/* No byte of the 16. */
void em_cold_nothing(Emit *E, const Cold *c)
{
    x_here(&E->e, c->jump);
    enc_rr(&E->e, O_66(0xef), false, xr(c->reg), xr(c->reg), false);            /* pxor */
    x_jmp_to(&E->e, c->back);
}

/* Scratch registers are few in machines: an integer operand that the code uses where it is, in memory unless its
 * register is a guest's. */
static Opnd out_of_way(Emit *E, TcgRef v)
{
    ra_to_memory(E, v);
    return ra_opnd(E, v, true, false);
}

static Mem at_host(Mem m, int addend)
{
    m.index = (int8_t)addend;
    m.scale = 0;
    return m;
}

static void store_masked_soft(Emit *E, const TcgIns *i)
{
    fl_flush(E);
    fl_clobber(E);
    const Opnd mask = out_of_way(E, i->b), base = { .kind = OP_REG, .reg = ra_use(E, i->a) };
    const int v = ra_use(E, i->c), t = ra_scratch(E, false), u = ra_scratch(E, false);
    const Mem m = mem_b(base.reg, (int16_t)i->aux);
    uint8_t *some = NULL;

    em_soft_compare(E, TCG_STORE, m, 0, 15, t, u);
    uint8_t *miss = x_jcc(&E->e, X_NE);
    em_soft_addend(E, TCG_STORE, t);
    if (mask.kind == OP_MEM) {
        x_load(&E->e, false, u, mask.mem);
    } else {
        x_mov_rr(&E->e, false, u, mask.reg);
    }
    if (hx86_features & HX_AVX512) {
        enc_vex_rr(&E->e, O_0F(0x92), false, false, K1, 0, u);                  /* kmovw */
        enc_evex_rm(&E->e, O_F2(0x7f), false, xr(v), 0, at_host(m, t), K1, false);
    } else {
        enc8(&E->e, 0x66);
        x_alu_ri(&E->e, X_CMP, false, u, -1);
        some = x_jcc(&E->e, X_NE);
        x_vstore(&E->e, TCG_V128, v, at_host(m, t));
    }
    em_cold_fn(E, i, miss, -1, base, mask, (Opnd){ .kind = OP_REG, .reg = v })->jump2 = some;
}

/* A move under a mask does not forward what it stores to loads that follow, so that the first bytes of the 16, which is
 * what copies and loops come down to at their ends, are plain stores of 8, 4, 2 and 1 of them. */
void em_store_masked(Emit *E, const TcgIns *i)
{
    Opnd base, mask;

    if (E->soft) {
        store_masked_soft(E, i);
        return;
    }
    const Mem m = operands(E, i, &base, &mask);
    const int v = ra_use(E, i->c);
    enc8(&E->e, 0x66);
    x_alu_ri(&E->e, X_CMP, false, mask.reg, -1);
    uint8_t *some = x_jcc(&E->e, X_NE);
    em_fault_point(E);
    x_vstore(&E->e, TCG_V128, v, m);
    em_cold_fn(E, i, some, -1, base, mask, (Opnd){ .kind = OP_REG, .reg = v })->kind = COLD_STORE_SOME;
}

static void cold_fault_point(Emit *E, const Cold *c)
{
    em_fault_point(E);
    E->faults[E->nfaults - 1].pc_delta = (uint16_t)(c->pc - E->b->start_pc);
    E->faults[E->nfaults - 1].flags_form = TCG_FF_ENV;
}

/* The low 1 << n bytes of x to p, if the mask in rcx has as many; p and x move on. The jump taken if that is all. */
static uint8_t *first_bytes(Emit *E, const Cold *c, int p, int x, unsigned n)
{
    static const unsigned op[4] = { O_66_3A(0x14), O_66_3A(0x15), O_66(0x7e), O_66(0xd6) };
    const unsigned bytes = 1u << n;

    enc_rr(&E->e, 0xf6, false, 0, RCX, true);                                   /* test cl, top bit of those */
    enc8(&E->e, 1u << (bytes - 1));
    uint8_t *less = x_jcc(&E->e, X_E), *all = NULL;
    cold_fault_point(E, c);
    enc_rm(&E->e, op[n], false, xr(x), mem_b(p, 0), false, n < 2);              /* pextrb, pextrw, movd, movq */
    if (n < 2) {
        enc8(&E->e, 0);
    }
    if (n) {
        enc_rr(&E->e, O_66(0x73), false, 3, xr(x), false);                      /* psrldq */
        enc8(&E->e, bytes);
        x_alu_ri(&E->e, X_ADD, true, p, (int32_t)bytes);
        x_shift_i(&E->e, X_SHR, false, RCX, bytes);
        all = x_jcc(&E->e, X_E);
    }
    x_here(&E->e, less);
    return all;
}

/* Not all bytes of the 16. */
void em_cold_store_some(Emit *E, const Cold *c)
{
    const int base = c->ops[0].reg, mask = c->ops[1].reg, v = c->ops[2].reg, p = mask == RDX ? RAX : RDX;
    const int x = XMM0;
    const Mem to = mem_b(base, (int16_t)c->ins->aux);

    em_keep(&E->e, c->live, true);
    x_vmov(&E->e, x, v);
    x_lea(&E->e, true, p, to);
    enc_rr(&E->e, O_0F(0xb7), false, RCX, mask, false);                         /* movzx ecx, mask */
    const int t = p == RAX ? RDX : RAX;
    x_lea(&E->e, false, t, mem_b(RCX, 1));
    enc_rr(&E->e, 0x85, false, t, RCX, false);
    uint8_t *others = x_jcc(&E->e, X_NE);
    uint8_t *done[4];
    enc_rr(&E->e, 0x85, false, RCX, RCX, false);
    done[0] = x_jcc(&E->e, X_E);
    for (int n = 3; n >= 0; n--) {
        uint8_t *all = first_bytes(E, c, p, x, (unsigned)n);
        done[n] = n ? all : done[0];
    }
    for (unsigned n = 0; n < 4; n++) {
        x_here(&E->e, done[n]);
    }
    em_keep(&E->e, c->live, false);
    x_jmp_to(&E->e, c->back);

    x_here(&E->e, others);
    if (hx86_features & HX_AVX512) {
        enc_vex_rr(&E->e, O_0F(0x92), false, false, K1, 0, RCX);
        cold_fault_point(E, c);
        enc_evex_rm(&E->e, O_F2(0x7f), false, xr(x), 0, mem_b(p, 0), K1, false);
    } else {
        /* the function adds the displacement */
        x_lea(&E->e, true, p, mem_b(p, -(int16_t)c->ins->aux));
        x_store(&E->e, true, p, em_arg(0));
        x_store(&E->e, true, RCX, em_arg(1));
        x_vstore(&E->e, TCG_V128, x, em_arg(2));
        em_store_pc(E, c->pc);
        x_mov_ri(&E->e, RDX, c->ins->aux | (uint32_t)c->ins->type << 16);
        x_load(&E->e, true, RAX, mem_helper(HX_FIRST_OP + c->ins->op));
        x_call_m(&E->e, mem_helper(HX_CALL_FULL));
    }
    em_keep(&E->e, c->live, false);
    x_jmp_to(&E->e, c->back);
}

/* Lanes */

static const unsigned lane_load[4] = { O_66_3A(0x20), O_66(0xc4), O_66_3A(0x22), O_66_3A(0x22) };      /* pinsr */
static const unsigned lane_store[4] = { O_66_3A(0x14), O_66_3A(0x15), O_66_3A(0x16), O_66_3A(0x16) };  /* pextr */

/* The jump over an access whose bit is not set, or NULL. */
static uint8_t *skip_lane(Emit *E, const TcgIns *i, const Opnd *mask)
{
    const unsigned bit = TCG_LANE_INDEX(i->aux) << TCG_LANE(i->aux);

    if (i->aux & TCG_LANE_ALWAYS) {
        return NULL;
    }
    if (mask->kind == OP_REG) {
        enc_rr(&E->e, 0xf7, false, 0, mask->reg, false);                        /* test */
        enc32(&E->e, 1u << bit);
    } else {
        Mem m = mask->mem;
        m.disp += (int32_t)(bit / 8);
        enc_rm(&E->e, 0xf6, false, 0, m, false, 1);
        enc8(&E->e, 1u << bit % 8);
    }
    return x_jcc(&E->e, X_E);
}

static void move_lane(Emit *E, const TcgIns *i, const unsigned opc[4], int v, Mem m)
{
    const unsigned lane = TCG_LANE(i->aux);

    enc_rm(&E->e, opc[lane], lane == 3, xr(v), m, false, 1);
    enc8(&E->e, TCG_LANE_INDEX(i->aux));
}

/* v: what is loaded into, which is a scratch register, or stored. */
static void lane_access(Emit *E, const TcgIns *i, const Opnd *mask, int base, int v)
{
    const bool store = i->op == TCG_OP_stl;
    const TcgAccess access = store ? TCG_STORE : TCG_LOAD;
    const Mem m = mem_b(base, 0);
    uint8_t *miss = NULL;
    int t = -1, u = -1;

    if (E->soft) {              /* all registers before the first jump */
        t = ra_scratch(E, false);
        u = ra_scratch(E, false);
    }
    uint8_t *skip = skip_lane(E, i, mask);
    if (E->soft) {
        em_soft_compare(E, access, m, 0, (1 << TCG_LANE(i->aux)) - 1, t, u);
        miss = x_jcc(&E->e, X_NE);
        em_soft_addend(E, access, t);
    } else {
        em_fault_point(E);
    }
    move_lane(E, i, store ? lane_store : lane_load, v, E->soft ? at_host(m, t) : m);
    if (skip) {
        x_here(&E->e, skip);
    }
    if (miss) {
        const Opnd of = { .kind = OP_REG, .reg = base }, value = { .kind = OP_REG, .reg = v };
        em_cold_fn(E, i, miss, store ? -1 : v, of, *mask, value);
    }
}

static Opnd lane_mask(Emit *E, const TcgIns *i)
{
    if (i->aux & TCG_LANE_ALWAYS) {
        return (Opnd){ .kind = OP_NONE };
    }
    return E->soft ? out_of_way(E, i->b) : (Opnd){ .kind = OP_REG, .reg = ra_use(E, i->b) };
}

void em_load_lane(Emit *E, const TcgIns *i)
{
    fl_flush(E);
    fl_clobber(E);
    const Opnd mask = lane_mask(E, i);
    const int base = ra_use(E, i->a);
    /* A guest's register keeps its value until no part of the instruction can fault. */
    const int d = ra_def_copy(E, E->i, i->c, ~SCRATCH_XMM);

    lane_access(E, i, &mask, base, d);
}

void em_store_lane(Emit *E, const TcgIns *i)
{
    fl_flush(E);
    fl_clobber(E);
    const Opnd mask = lane_mask(E, i);
    const int base = ra_use(E, i->a);

    lane_access(E, i, &mask, base, ra_use(E, i->c));
}
