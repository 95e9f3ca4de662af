/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores of machines: the TLB of run/soft.h, read inline.
 *
 *      lea   t, [address]              index
 *      shr   t, 8                      (rorx t, base, 8 if the address is a register)
 *      and   t, (entries - 1) << 4
 *      lea   u, [address + size - 1]   page of the last byte: another one than the first byte's never matches its entry
 *      and   u, -4096
 *      cmp   u, [env + t + table]
 *      jne   cold
 *      mov   t, [env + t + table + 8]
 *      mov   value, [address + t]
 *
 * The cold code calls tcg_soft_fn_load or _store with the exact state, so that these may raise the guest's
 * exception. */
#include "host/x86_64/emit-mem.h"
#include "run/soft.h"

enum { ENTRY_SHIFT = TCG_PAGE_BITS - 4 };
_Static_assert(sizeof(TcgTlbEntry) == 16, "the index is scaled by shifting less");

static Mem table(const Emit *E, TcgAccess access, int index, size_t field)
{
    size_t at = offsetof(TcgSoft, tlb[E->mmu][access]) - sizeof(TcgSoft) - sizeof(TcgThread);
    Mem m = mem_env(at + field);

    m.index = (int8_t)index;
    return m;
}

static Mem plus(Mem m, int32_t disp)
{
    m.disp += disp;
    return m;
}

/* The guest's address as an operand, at most one register and a displacement that may grow; the register is locked. */
static Mem one_register(Emit *E, const TcgIns *i, int *own)
{
    Mem m = em_address(E, i);

    *own = -1;
    if (m.index != RNONE || m.base == RNONE || m.disp > INT32_MAX - 64) {
        *own = ra_scratch(E, false);
        x_lea(&E->e, true, *own, m);
        m = mem_b(*own, 0);
    }
    return m;
}

/* Code up to the conditional jump. Afterwards t holds the addend and u is free. */
static Cold *probe(Emit *E, const TcgIns *i, TcgAccess access, Mem m, int t, int u)
{
    int32_t last = (1 << (i->aux & TCG_MO_SIZE)) - 1;

    if (m.disp == 0 && (hx86_features & HX_BMI2)) {
        enc_vex_rr(&E->e, OPC(3, 3, 0xf0), false, false, t, 0, m.base);          /* rorx */
        enc8(&E->e, ENTRY_SHIFT);
    } else {
        x_lea(&E->e, false, t, m);
        x_shift_i(&E->e, X_SHR, false, t, ENTRY_SHIFT);
    }
    x_alu_ri(&E->e, X_AND, false, t, (TCG_TLB_ENTRIES - 1) << 4);
    x_lea(&E->e, true, u, plus(m, last));
    x_alu_ri(&E->e, X_AND, true, u, -4096);
    x_alu_rm(&E->e, X_CMP, true, u, table(E, access, t, offsetof(TcgTlbEntry, tag)));
    Cold *c = em_cold_add(E, COLD_SOFT, x_jcc(&E->e, X_NE));
    x_load(&E->e, true, t, table(E, access, t, offsetof(TcgTlbEntry, addend)));
    c->ins = i;
    c->mem = m;
    c->reg = -1;
    c->ops[0] = (Opnd){ .kind = OP_NONE };
    return c;
}

static Mem with(Mem m, int t)
{
    m.index = (int8_t)t;
    m.scale = 0;
    return m;
}

void em_soft_load(Emit *E, const TcgIns *i)
{
    bool vec = is_vec_type((TcgType)i->type);
    int own;

    fl_flush(E);
    fl_clobber(E);
    Mem m = one_register(E, i, &own);
    /* All registers are chosen first: nothing may be spilled between the probe and the access. If the destination is
     * a scratch register it serves as u; a pinned one must keep its value until the access cannot fault. */
    int d = ra_def(E, E->i, 0);
    bool scratch = !vec && (SCRATCH_GPR >> d & 1);
    int t = ra_scratch(E, false);
    int u = scratch ? d : ra_scratch(E, false);
    Cold *c = probe(E, i, TCG_LOAD, m, t, u);
    c->reg = d;
    if (vec) {
        x_vload(&E->e, (TcgType)i->type, d, with(m, t));
    } else {
        em_load_int(&E->e, i, d, with(m, t));
    }
    c->live = em_live_scratch(E, d);
    c->back = E->e.p;
}

void em_soft_store(Emit *E, const TcgIns *i)
{
    unsigned size = i->aux & TCG_MO_SIZE;
    Opnd o = { .kind = OP_IMM };
    uint64_t k = 0;
    int own;

    fl_flush(E);
    fl_clobber(E);
    Mem m = one_register(E, i, &own);
    if (is_vec(E, i->c)) {
        o = (Opnd){ .kind = OP_REG, .reg = ra_use(E, i->c) };
    } else if (ra_imm32(E, i->c, size == TCG_MO_64, &o.imm)) {
        o.kind = OP_IMM;
    } else if (ra_const(E, i->c, &k)) {
        o.kind = OP_NONE;                           /* too large to be an operand */
    } else {
        if (SCRATCH_GPR >> m.base & 1) {
            /* t, u and the address are three scratch registers: the value has to be elsewhere */
            int at = ra_reg_of(E, i->c);
            if (at >= 0 && at != m.base && (SCRATCH_GPR >> at & 1)) {
                ra_to_memory(E, i->c);
            }
        }
        o = ra_opnd(E, i->c, size == TCG_MO_64, true);
    }
    int t = ra_scratch(E, false), u = ra_scratch(E, false);
    Cold *c = probe(E, i, TCG_STORE, m, t, u);
    c->ops[0] = o;
    Mem to = with(m, t);
    if (o.kind == OP_REG && o.reg >= XMM0) {
        x_vstore(&E->e, (TcgType)i->type, o.reg, to);
    } else if (o.kind == OP_REG) {
        em_store_reg(&E->e, size, to, o.reg);
    } else if (o.kind == OP_IMM) {
        em_store_imm(&E->e, size, to, o.imm);
    } else {
        if (o.kind == OP_MEM) {
            x_load(&E->e, true, u, o.mem);
        } else {
            x_mov_ri(&E->e, u, k);
        }
        em_store_reg(&E->e, size, to, u);
    }
    c->live = em_live_scratch(E, -1);
    if ((i->aux & TCG_MO_SC) == TCG_MO_SC) {
        enc8(&E->e, 0xf0);                          /* lock or dword [rsp], 0 */
        x_alu_mi(&E->e, X_OR, false, mem_b(RSP, 0), 0);
    }
    c->back = E->e.p;
}

void em_soft_cold(Emit *E, const Cold *c)
{
    bool store = c->ins->op == TCG_OP_st;
    const Opnd *o = &c->ops[0];
    uint64_t k = 0;

    em_keep(&E->e, c->live, true);
    if (o->kind == OP_REG) {
        if (o->reg >= XMM0) {
            x_vstore(&E->e, TCG_V128, o->reg, em_arg(1));
        } else {
            x_store(&E->e, true, o->reg, em_arg(1));
        }
    } else if (store && o->kind == OP_IMM) {
        enc_rm(&E->e, 0xc7, true, 0, em_arg(1), false, 4);
        enc32(&E->e, (uint32_t)o->imm);
    }
    x_lea(&E->e, true, RAX, c->mem);
    x_store(&E->e, true, RAX, em_arg(0));
    if (o->kind == OP_MEM) {
        x_load(&E->e, true, RAX, o->mem);
        x_store(&E->e, true, RAX, em_arg(1));
    } else if (store && o->kind == OP_NONE && ra_const(E, c->ins->c, &k)) {
        x_mov_ri(&E->e, RAX, k);
        x_store(&E->e, true, RAX, em_arg(1));
    }
    em_store_pc(E, c->pc);
    x_mov_ri(&E->e, RDX, c->ins->aux | (uint32_t)c->ins->type << 16);
    x_load(&E->e, true, RAX, mem_helper(store ? HX_SOFT_STORE : HX_SOFT_LOAD));
    x_call_m(&E->e, mem_helper(HX_CALL_FULL));
    em_keep(&E->e, c->live, false);
    if (!store && c->reg >= XMM0) {
        x_vload(&E->e, (TcgType)c->ins->type == TCG_V128 ? TCG_V128 : TCG_F64, c->reg, em_arg(3));
    } else if (!store) {
        x_load(&E->e, true, c->reg, em_arg(3));
    }
    x_jmp_to(&E->e, c->back);
}
