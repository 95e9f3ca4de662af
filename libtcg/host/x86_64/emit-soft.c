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
 * In a group (below) the others of it only load the addend that the first one has found:
 *
 *      mov   t, [env + slot]
 *      test  t, t
 *      jz    cold
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

/* Groups */

/* What is open while the records are looked at. */
typedef struct Open {
    TcgRef root;                                    /* the address is this value and a constant */
    uint8_t op, group, members;                     /* group 0: not open */
    int64_t low, high, lead;                        /* offsets from the root: first and last byte, the leader's base */
} Open;

enum { GROUP_SPAN = 1024 };

/* The value behind additions of constants. */
static TcgRef root_of(const Emit *E, TcgRef v, int64_t *offset)
{
    uint64_t k;

    *offset = 0;
    for (;;) {
        const TcgIns *i = &E->ins[v];
        if (i->op != TCG_OP_add || i->type != TCG_I64 || !ra_const(E, i->b, &k) || (int64_t)k != (int32_t)k) {
            return v;
        }
        *offset += (int64_t)k;
        v = i->a;
    }
}

static void close_group(Emit *E, Open *o)
{
    if (!o->group) {
        return;
    }
    struct SoftGroup *g = &E->groups[o->group - 1];
    if (o->members == 1) {
        E->group[g->leader] = 0;
    }
    g->low = (int32_t)(o->low - o->lead);
    g->high = (int32_t)(o->high - o->lead);
    o->group = 0;
}

static void open_group(Emit *E, Open *o, TcgRef root, const TcgIns *i, uint32_t at, int64_t lead)
{
    if (E->ngroups == sizeof E->groups / sizeof *E->groups) {
        return;
    }
    o->root = root;
    o->op = i->op;
    o->members = 1;
    o->lead = lead;
    o->low = lead + (int32_t)i->b;
    o->high = o->low + (1 << (i->aux & TCG_MO_SIZE)) - 1;
    E->groups[E->ngroups++].leader = at;
    o->group = (uint8_t)E->ngroups;
    E->group[at] = o->group;
}

static bool join_group(Emit *E, Open *o, const TcgIns *i, uint32_t at, int64_t offset)
{
    int64_t low = offset + (int32_t)i->b, high = low + (1 << (i->aux & TCG_MO_SIZE)) - 1;

    low = low < o->low ? low : o->low;
    high = high > o->high ? high : o->high;
    if (high - low >= GROUP_SPAN || o->members == UINT8_MAX) {
        return false;
    }
    o->low = low;
    o->high = high;
    o->members++;
    E->group[at] = o->group;
    return true;
}

/* Accesses of one kind to addresses that differ by constants form a group, unless something in between may change the
 * TLB: the first looks whether all of them lie in one page, and leaves the addend for the others. */
void em_soft_groups(Emit *E)
{
    Open open[TCG_GROUPS] = { 0 };
    unsigned next = 0;

    memset(E->group, 0, E->n);
    E->ngroups = 0;
    for (uint32_t at = 1; at < E->n; at++) {
        const TcgIns *i = &E->ins[at];
        if (i->op == TCG_OP_hcall || i->op == TCG_OP_vcall) {
            for (unsigned k = 0; k < TCG_GROUPS; k++) {
                close_group(E, &open[k]);
            }
        }
        if ((i->op != TCG_OP_ld && i->op != TCG_OP_st) || (i->aux & TCG_MO_INDEX)) {
            continue;
        }
        int64_t offset;
        TcgRef root = root_of(E, i->a, &offset);
        unsigned k = 0;
        while (k < TCG_GROUPS && !(open[k].group && open[k].root == root && open[k].op == i->op)) {
            k++;
        }
        if (ra_const(E, root, &(uint64_t){ 0 }) || (k < TCG_GROUPS && join_group(E, &open[k], i, at, offset))) {
            continue;
        }
        k = k < TCG_GROUPS ? k : next++ % TCG_GROUPS;
        close_group(E, &open[k]);
        open_group(E, &open[k], root, i, at, offset);
        if (open[k].group) {
            E->groups[open[k].group - 1].slot = (uint8_t)k;
        }
    }
    for (unsigned k = 0; k < TCG_GROUPS; k++) {
        close_group(E, &open[k]);
    }
}

static Mem group_mem(const Emit *E, unsigned group)
{
    return mem_env(offsetof(TcgSoft, group) + E->groups[group].slot * sizeof(uint64_t) - sizeof(TcgSoft)
                   - sizeof(TcgThread));
}

void em_soft_compare(Emit *E, TcgAccess access, Mem m, int32_t low, int32_t high, int t, int u)
{
    Mem first = plus(m, low);

    if (first.disp == 0 && (hx86_features & HX_BMI2)) {
        enc_vex_rr(&E->e, OPC(3, 3, 0xf0), false, false, t, 0, m.base);          /* rorx */
        enc8(&E->e, ENTRY_SHIFT);
    } else {
        x_lea(&E->e, false, t, first);
        x_shift_i(&E->e, X_SHR, false, t, ENTRY_SHIFT);
    }
    x_alu_ri(&E->e, X_AND, false, t, (TCG_TLB_ENTRIES - 1) << 4);
    x_lea(&E->e, true, u, plus(m, high));
    x_alu_ri(&E->e, X_AND, true, u, -4096);
    x_alu_rm(&E->e, X_CMP, true, u, table(E, access, t, offsetof(TcgTlbEntry, tag)));
}

void em_soft_match(Emit *E, TcgAccess access, int t, int u)
{
    x_alu_rm(&E->e, X_CMP, true, u, table(E, access, t, offsetof(TcgTlbEntry, tag)));
}

void em_soft_addend(Emit *E, TcgAccess access, int t)
{
    x_load(&E->e, true, t, table(E, access, t, offsetof(TcgTlbEntry, addend)));
}

/* Code up to the access: t := the addend. u: a register to use, for all but followers of a group. */
static Cold *probe(Emit *E, const TcgIns *i, TcgAccess access, Mem m, int t, int u)
{
    unsigned group = E->group[E->i];
    bool leader = group && E->groups[group - 1].leader == E->i;
    int32_t low = 0, high = (1 << (i->aux & TCG_MO_SIZE)) - 1;
    uint8_t *jump;

    if (group && !leader) {
        x_load(&E->e, true, t, group_mem(E, group - 1));
        enc_rr(&E->e, 0x85, true, t, t, false);                                  /* test */
        jump = x_jcc(&E->e, X_E);
    } else {
        if (leader) {
            low = E->groups[group - 1].low - (int32_t)i->b;
            high = E->groups[group - 1].high - (int32_t)i->b;
        }
        em_soft_compare(E, access, m, low, high, t, u);
        jump = x_jcc(&E->e, X_NE);
        em_soft_addend(E, access, t);
        if (leader) {
            x_store(&E->e, true, t, group_mem(E, group - 1));
        }
    }
    Cold *c = em_cold_add(E, COLD_SOFT, jump);
    c->ins = i;
    c->mem = m;
    c->reg = -1;
    c->reg2 = group ? t : -1;
    c->form = leader ? (int)group - 1 : -1;
    c->ops[0] = (Opnd){ .kind = OP_NONE };
    c->hit = E->e.p;
    return c;
}

static bool follows(const Emit *E)
{
    unsigned group = E->group[E->i];

    return group && E->groups[group - 1].leader != E->i;
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
    int u = scratch ? d : follows(E) ? -1 : ra_scratch(E, false);
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

int em_soft_lend(int but, int nor)
{
    return but != R15 && nor != R15 ? R15 : but != R14 && nor != R14 ? R14 : R13;
}

/* The value to store: a register, memory, an immediate, or OP_NONE for a constant that is too large to be one. */
static Opnd stored(Emit *E, const TcgIns *i, int base, uint64_t *k)
{
    if (is_vec(E, i->c)) {
        return (Opnd){ .kind = OP_REG, .reg = ra_use(E, i->c) };
    }
    return em_soft_value(E, i, i->c, base, follows(E), k);
}

Opnd em_soft_value(Emit *E, const TcgIns *i, TcgRef v, int base, bool free, uint64_t *k)
{
    bool wide = (i->aux & TCG_MO_SIZE) == TCG_MO_64;
    Opnd o = { .kind = OP_IMM };

    if (ra_imm32(E, v, wide, &o.imm)) {
        return o;
    }
    if (ra_const(E, v, k)) {
        return (Opnd){ .kind = OP_NONE };
    }
    /* t, u and the address are three scratch registers: then the value has to be elsewhere */
    int at = ra_reg_of(E, v);
    if ((SCRATCH_GPR >> base & 1) && at >= 0 && at != base && (SCRATCH_GPR >> at & 1) && !free) {
        ra_to_memory(E, v);
    }
    return ra_opnd(E, v, wide, true);
}

void em_soft_store(Emit *E, const TcgIns *i)
{
    unsigned size = i->aux & TCG_MO_SIZE;
    uint64_t k = 0;
    int own;

    fl_flush(E);
    fl_clobber(E);
    Mem m = one_register(E, i, &own);
    Opnd o = stored(E, i, m.base, &k);
    int t = ra_scratch(E, false), u = -1;
    if (!follows(E) || o.kind == OP_MEM || o.kind == OP_NONE) {
        u = ra_scratch(E, false);
    }
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

/* Of a group, where the pages differ or the leader found none: the access's own probe. Its second register is borrowed
 * from a pinned one. */
static uint8_t *cold_probe(Emit *E, const Cold *c, TcgAccess access)
{
    int t = c->reg2, u = em_soft_lend(c->mem.base, c->ops[0].kind == OP_REG ? c->ops[0].reg : -1);

    if (c->form >= 0) {
        enc_rm(&E->e, 0xc7, true, 0, group_mem(E, (unsigned)c->form), false, 4);
        enc32(&E->e, 0);
    }
    x_store(&E->e, true, u, em_arg(2));
    em_soft_compare(E, access, c->mem, 0, (1 << (c->ins->aux & TCG_MO_SIZE)) - 1, t, u);
    x_load(&E->e, true, u, em_arg(2));
    uint8_t *miss = x_jcc(&E->e, X_NE);
    em_soft_addend(E, access, t);
    x_jmp_to(&E->e, c->hit);
    return miss;
}

void em_soft_cold(Emit *E, const Cold *c)
{
    bool store = c->ins->op == TCG_OP_st, load = c->ins->op == TCG_OP_ld || c->ins->op == TCG_OP_ll;
    const Opnd *o = &c->ops[0];
    uint64_t k = 0;

    if (c->reg2 >= 0) {
        x_here(&E->e, cold_probe(E, c, store ? TCG_STORE : TCG_LOAD));
    }
    em_keep(&E->e, c->live, true);
    if (o->kind == OP_REG) {
        if (o->reg >= XMM0) {
            x_vstore(&E->e, TCG_V128, o->reg, em_arg(1));
        } else {
            x_store(&E->e, true, o->reg, em_arg(1));
        }
    } else if (!load && o->kind == OP_IMM) {
        enc_rm(&E->e, 0xc7, true, 0, em_arg(1), false, 4);
        enc32(&E->e, (uint32_t)o->imm);
    }
    x_lea(&E->e, true, RAX, c->mem);
    x_store(&E->e, true, RAX, em_arg(0));
    if (o->kind == OP_MEM) {
        x_load(&E->e, true, RAX, o->mem);
        x_store(&E->e, true, RAX, em_arg(1));
    } else if (!load && o->kind == OP_NONE && ra_const(E, store ? c->ins->c : c->ins->b, &k)) {
        x_mov_ri(&E->e, RAX, k);
        x_store(&E->e, true, RAX, em_arg(1));
    }
    em_store_pc(E, c->pc);
    x_mov_ri(&E->e, RDX, c->ins->aux | (uint32_t)c->ins->type << 16);
    x_load(&E->e, true, RAX, mem_helper(store ? HX_SOFT_STORE : c->ins->op == TCG_OP_ld ? HX_SOFT_LOAD
                                            : HX_FIRST_OP + c->ins->op));
    x_call_m(&E->e, mem_helper(HX_CALL_FULL));
    em_keep(&E->e, c->live, false);
    if (c->reg >= XMM0) {
        x_vload(&E->e, (TcgType)c->ins->type == TCG_V128 ? TCG_V128 : TCG_F64, c->reg, em_arg(3));
    } else if (c->reg >= 0) {
        x_load(&E->e, true, c->reg, em_arg(3));
    }
    x_jmp_to(&E->e, c->back);
}
