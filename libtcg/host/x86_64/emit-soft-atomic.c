/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomic operations of machines: the probe of emit-soft.c, which fails for misaligned ones too, then a locked
 * instruction. The cold code calls the operation's function. */
#include "host/x86_64/emit-mem.h"
#include "run/soft.h"

/* The state of one of them: a the guest's address, t the addend, u another scratch register. */
typedef struct Atomic {
    Mem m;
    int t, u;
    unsigned size;
    Opnd value;
    uint64_t k;
    Cold *cold;
} Atomic;

static void begin(Emit *E, const TcgIns *i, TcgAccess access, Atomic *a)
{
    fl_flush(E);
    fl_clobber(E);
    a->size = i->aux & TCG_MO_SIZE;
    ra_take(E, RAX);
    a->u = RAX;
    a->m = mem_b(ra_use(E, i->a), 0);
    a->value = (Opnd){ .kind = OP_NONE };
    if (i->op != TCG_OP_ll) {
        a->value = em_soft_value(E, i, i->b, a->m.base, false, &a->k);
    }
    a->t = ra_scratch(E, false);
    x_mov_rr(&E->e, true, a->t, a->m.base);
    x_alu_ri(&E->e, X_AND, true, a->t, -4096 | ((1 << a->size) - 1));
    x_mov_rr(&E->e, true, a->u, a->t);
    x_shift_i(&E->e, X_SHR, false, a->t, TCG_PAGE_BITS - 4);
    x_alu_ri(&E->e, X_AND, false, a->t, (TCG_TLB_ENTRIES - 1) << 4);
    em_soft_match(E, access, a->t, a->u);
    a->cold = em_cold_add(E, COLD_SOFT, x_jcc(&E->e, X_NE));
    em_soft_addend(E, access, a->t);
    a->cold->ins = i;
    a->cold->mem = a->m;
    a->cold->reg = a->u;
    a->cold->reg2 = a->cold->form = -1;
    a->cold->ops[0] = a->value;
    a->m.index = (int8_t)a->t;
}

/* The result is in u, and goes on where the cold code does. */
static void end(Emit *E, Atomic *a)
{
    a->cold->live = em_live_scratch(E, a->u);
    a->cold->back = E->e.p;
    ra_def_in(E, E->i, a->u);
}

static void value_to(Emit *E, const Atomic *a, int reg)
{
    switch (a->value.kind) {
    case OP_REG: x_mov_rr(&E->e, true, reg, a->value.reg); break;
    case OP_MEM: x_load(&E->e, true, reg, a->value.mem); break;
    case OP_IMM: x_mov_ri(&E->e, reg, (uint64_t)(int64_t)a->value.imm); break;
    default:     x_mov_ri(&E->e, reg, a->k); break;
    }
}

static void exchange(Emit *E, const TcgIns *i)
{
    Atomic a;

    begin(E, i, TCG_STORE, &a);
    value_to(E, &a, a.u);
    if (i->op == TCG_OP_xadd) {
        em_locked(&E->e, a.size, O_0F(0xc0), O_0F(0xc1), true, a.u, a.m);
    } else {
        em_locked(&E->e, a.size, 0x86, 0x87, false, a.u, a.m);
    }
    em_extend_result(E, i, a.u);
    end(E, &a);
}

/* Old value in rax, the new one in a pinned register that is lent. */
static void update(Emit *E, const TcgIns *i)
{
    static const uint8_t opcode[] = { [TCG_OP_xand - TCG_OP_xand] = X_AND, [TCG_OP_xor_ - TCG_OP_xand] = X_OR,
                                      [TCG_OP_xxor - TCG_OP_xand] = X_XOR };
    TcgIns plain = *i;
    Atomic a;

    begin(E, i, TCG_STORE, &a);
    plain.aux &= (uint16_t)~TCG_MO_SIGN;
    plain.type = TCG_I64;
    int op = opcode[i->op - TCG_OP_xand], n = em_soft_lend(a.m.base, a.value.kind == OP_REG ? a.value.reg : -1);
    x_store(&E->e, true, n, em_arg(2));
    em_load_int(&E->e, &plain, RAX, a.m);
    uint8_t *again = E->e.p;
    value_to(E, &a, n);
    x_alu_rr(&E->e, op, true, n, RAX);
    em_locked(&E->e, a.size, O_0F(0xb0), O_0F(0xb1), true, n, a.m);
    x_jcc_to(&E->e, X_NE, again);
    x_load(&E->e, true, n, em_arg(2));
    em_extend_result(E, i, RAX);
    end(E, &a);
}

static void load_exclusive(Emit *E, const TcgIns *i)
{
    TcgIns plain = *i;
    Atomic a;

    begin(E, i, TCG_LOAD, &a);
    plain.aux &= (uint16_t)~TCG_MO_SIGN;
    plain.type = TCG_I64;
    em_load_int(&E->e, &plain, RAX, a.m);
    x_store(&E->e, true, a.m.base, mem_env(offsetof(TcgEnv, excl_addr)));
    x_store(&E->e, true, RAX, mem_env(offsetof(TcgEnv, excl_val)));
    if (i->aux & TCG_MO_SIGN) {
        em_extend_result(E, i, RAX);
    }
    end(E, &a);
}

static void store_exclusive(Emit *E, const TcgIns *i)
{
    Atomic a;

    begin(E, i, TCG_STORE, &a);
    int n = em_soft_lend(a.m.base, -1);
    x_store(&E->e, true, n, em_arg(2));
    value_to(E, &a, n);
    x_load(&E->e, true, RAX, mem_env(offsetof(TcgEnv, excl_val)));
    x_alu_rm(&E->e, X_CMP, true, a.m.base, mem_env(offsetof(TcgEnv, excl_addr)));
    uint8_t *no = x_jcc(&E->e, X_NE);
    em_locked(&E->e, a.size, O_0F(0xb0), O_0F(0xb1), true, n, a.m);
    x_here(&E->e, no);
    x_load(&E->e, true, n, em_arg(2));
    enc_rr(&E->e, O_0F(0x90 | X_NE), false, 0, RAX, true);
    enc_rr(&E->e, O_0F(0xb6), false, RAX, RAX, true);
    enc_rm(&E->e, 0xc7, true, 0, mem_env(offsetof(TcgEnv, excl_addr)), false, 4);
    enc32(&E->e, ~0u);
    end(E, &a);
}

bool em_soft_atomic(Emit *E, const TcgIns *i)
{
    uint64_t k;

    /* All of them check the alignment: what does not is no operation of a guest that has machines. */
    if (ra_const(E, i->a, &k) || (i->aux & TCG_MO_SIZE) == TCG_MO_128 || !(i->aux & TCG_MO_ALIGN)) {
        return false;
    }
    switch (i->op) {
    case TCG_OP_xadd: case TCG_OP_xchg:                  exchange(E, i); return true;
    case TCG_OP_xand: case TCG_OP_xor_: case TCG_OP_xxor: update(E, i); return true;
    case TCG_OP_ll:                                      load_exclusive(E, i); return true;
    case TCG_OP_sc:                                      store_exclusive(E, i); return true;
    default:                                             return false;
    }
}
