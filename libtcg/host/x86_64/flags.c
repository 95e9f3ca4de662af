/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest condition flags in the host's flags.
 *
 * Two forms: after a subtraction C = !CF, after an addition or a logical operation C = CF. Memory always has the
 * first form: LAHF's byte above, OF below. [SDM 2A LAHF] */
#include "host/x86_64/emit.h"

static Mem fl_home(const Emit *E)
{
    return mem_env(offsetof(TcgEnv, flags));
}

static Mem fl_spill(const Emit *E, TcgRef fl)
{
    return mem_env(offsetof(TcgThread, spill) - sizeof(TcgThread) + (E->r[fl].spill - 1u) * sizeof(TcgVal));
}

/* The FP forms are those of UCOMIS: PF unordered, else ZF equal, CF less (FPX: greater, the operands being swapped). So
 * each condition is one of the host's, in one of the two forms, which takes unordered the right way; but for EQ and NE,
 * for which the comparison clears ZF in cold code if it is unordered. [SDM 2B UCOMISD] */

static bool is_fp(int form)
{
    return form == TCG_FF_HOST_FP || form == TCG_FF_HOST_FPX;
}

bool fl_swapped(TcgCond cc)
{
    return (cc >= TCG_CS && cc <= TCG_PL) || cc == TCG_HI || cc == TCG_LS;
}

/* rax := the memory form; the flags stay. */
static void fp_to_rax(Enc *e, int form)
{
    static const struct { int cc; uint32_t nzcv; } ordered[] = { { X_P, 0x30000000 }, { X_E, 0x60000000 } };
    bool swapped = form == TCG_FF_HOST_FPX;
    uint8_t *done[3];

    for (unsigned k = 0; k < 2; k++) {
        x_mov_ri(e, RAX, tcg_flags_host(ordered[k].nzcv));
        done[k] = x_jcc(e, ordered[k].cc);
    }
    x_mov_ri(e, RAX, tcg_flags_host(0x80000000));
    done[2] = x_jcc(e, swapped ? X_A : X_B);
    x_mov_ri(e, RAX, tcg_flags_host(0x20000000));
    for (unsigned k = 0; k < 3; k++) {
        x_here(e, done[k]);
    }
}

/* 7fffffff - ffffffff: CF, no ZF, PF of a zero byte. */
void fl_unordered_code(Enc *e)
{
    x_alu_mi(e, X_CMP, false, mem_fp_const(K_ABS32), -1);
}

void fl_save_code(Enc *e, int form, Mem to)
{
    if (is_fp(form)) {
        fp_to_rax(e, form);
        enc8(e, 0x66);
        x_store(e, false, RAX, to);
        return;
    }
    if (form == TCG_FF_HOST_ADD) {
        enc8(e, 0xf5);                              /* cmc */
    }
    enc8(e, 0x9f);                                  /* lahf */
    enc_rr(e, O_0F(0x90), false, 0, RAX, true);     /* seto al */
    enc8(e, 0x66);
    x_store(e, false, RAX, to);
}

bool fl_live(const Emit *E)
{
    return E->fl && (E->r[E->fl].last > E->i || fl_pending(E));
}

/* The flags in env are about to be overwritten: a value still wanted moves to a spill slot. Keeps the host's flags. */
static void displace(Emit *E)
{
    TcgRef old = E->in_home[E->fl_reg];

    if (!old) {
        return;
    }
    E->r[old].home = 0;
    if (E->r[old].last > E->i && !E->r[old].spill && E->fl != old) {
        ra_spill_slot(E, old);
        enc_rm(&E->e, O_0F(0xb7), false, RAX, fl_home(E), false, 0);
        enc8(&E->e, 0x66);
        x_store(&E->e, false, RAX, fl_spill(E, old));
    }
}

/* Saves the flags value that the host's flags hold. rax must be free. */
static void save(Emit *E)
{
    TcgRef fl = E->fl;

    if (fl_pending(E)) {
        displace(E);
        fl_save_code(&E->e, E->fl_form, fl_home(E));
        E->fl_guest = 0;
        E->in_home[E->fl_reg] = (uint16_t)fl;
        E->r[fl].home = (uint8_t)(E->fl_reg + 1);
    } else if (E->r[fl].last > E->i && !E->r[fl].home && !E->r[fl].spill) {
        ra_spill_slot(E, fl);
        fl_save_code(&E->e, E->fl_form, fl_spill(E, fl));
    }
    if (E->fl_form == TCG_FF_HOST_ADD) {
        E->fl_form = TCG_FF_HOST_SUB;               /* cmc was done */
    }
}

static bool must_save(const Emit *E)
{
    return fl_live(E) && (fl_pending(E) || (!E->r[E->fl].home && !E->r[E->fl].spill));
}

/* Saves what must not be lost, and leaves the value in the host's flags too. */
static void preserve(Emit *E)
{
    if (must_save(E)) {
        uint32_t was = E->lock;
        ra_take(E, RAX);
        save(E);
        E->lock = was;
    }
}

void fl_clobber(Emit *E)
{
    if (E->fl) {
        preserve(E);
    }
    E->fl = E->fl_guest = 0;
}

void fl_set(Emit *E, TcgRef fl, int form)
{
    E->fl = fl;
    E->fl_form = form;
}

void fl_put(Emit *E, TcgRef fl)
{
    TcgRef old = E->in_home[E->fl_reg];

    if (E->fl == fl) {
        /* The guest's old flags, if still wanted as a value, stay in memory until this one is stored. */
        E->fl_guest = fl;
        E->fl_until = E->r[E->i].fl_last;
        return;
    }
    if (old == fl && !E->fl_guest) {
        return;
    }
    /* Not in the host's flags: from home (old == fl, a later value pending) or a spill slot. */
    uint32_t was = E->lock;
    E->fl_guest = 0;
    if (old != fl) {
        ra_take(E, RAX);
        displace(E);
        enc_rm(&E->e, O_0F(0xb7), false, RAX, fl_spill(E, fl), false, 0);
        enc8(&E->e, 0x66);
        x_store(&E->e, false, RAX, fl_home(E));
        E->in_home[E->fl_reg] = (uint16_t)fl;
        E->r[fl].home = (uint8_t)(E->fl_reg + 1);
    }
    E->lock = was;
}

void fl_flush(Emit *E)
{
    if (fl_pending(E)) {
        uint32_t was = E->lock;
        ra_take(E, RAX);
        save(E);
        E->lock = was;
    }
}

/* The host's flags from the memory form in rax. */
static void from_rax(Enc *e)
{
    enc8(e, 0x04);                                  /* add al, 127: OF := bit 0 */
    enc8(e, 127);
    enc8(e, 0x9e);                                  /* sahf */
}

/* Brings a saved flags value back. */
static void reload(Emit *E, TcgRef fl)
{
    fl_clobber(E);
    uint32_t was = E->lock;
    ra_take(E, RAX);
    enc_rm(&E->e, O_0F(0xb7), false, RAX, E->r[fl].home ? fl_home(E) : fl_spill(E, fl), false, 0);
    from_rax(&E->e);
    E->lock = was;
    fl_set(E, fl, TCG_FF_HOST_SUB);
}

void fl_enter_loop(Emit *E)
{
    enc_rm(&E->e, O_0F(0xb7), false, RAX, fl_home(E), false, 0);
    from_rax(&E->e);
    fl_set(E, 1, TCG_FF_HOST_SUB);
    E->fl_guest = 1;
    E->loop = E->e.p;
}

/* From an FP form to the one after a subtraction. */
static void leave_fp(Emit *E)
{
    uint32_t was = E->lock;

    ra_take(E, RAX);
    fp_to_rax(&E->e, E->fl_form);
    from_rax(&E->e);
    E->fl_form = TCG_FF_HOST_SUB;
    E->lock = was;
}

void fl_host_form(Emit *E, int form)
{
    if (is_fp(E->fl_form)) {
        leave_fp(E);
    }
    if (E->fl_form != form) {
        enc8(&E->e, 0xf5);                          /* cmc */
        E->fl_form = form;
    }
}

/* The host's condition in an FP form, or -1. */
static int fp_condition(int form, TcgCond cc)
{
    static const int8_t straight[14] = {
        X_E, X_NE, -1, -1, -1, -1, X_P, X_NP, -1, -1, X_AE, X_B, X_A, X_BE,
    };
    static const int8_t swapped[14] = {
        X_E, X_NE, X_BE, X_A, X_A, X_BE, X_P, X_NP, X_B, X_AE, -1, -1, -1, -1,
    };

    return form == TCG_FF_HOST_FP ? straight[cc] : swapped[cc];
}

int fl_need(Emit *E, TcgRef fl, TcgCond cc)
{
    static const uint8_t sub_form[14] = {
        X_E, X_NE, X_AE, X_B, X_S, X_NS, X_O, X_NO, X_A, X_BE, X_GE, X_L, X_G, X_LE,
    };

    if (E->fl != fl) {
        reload(E, fl);
    }
    if (is_fp(E->fl_form)) {
        int x86 = fp_condition(E->fl_form, cc);
        if (x86 >= 0) {
            return x86;
        }
        leave_fp(E);
    }
    if (E->fl_form == TCG_FF_HOST_ADD) {
        if (cc == TCG_CS || cc == TCG_CC) {
            return cc == TCG_CS ? X_B : X_AE;
        }
        if (cc == TCG_HI || cc == TCG_LS) {
            enc8(&E->e, 0xf5);                      /* cmc */
            E->fl_form = TCG_FF_HOST_SUB;
        }
    }
    return sub_form[cc];
}

/* fl in the host's flags, in one of the integer forms. */
static void in_host(Emit *E, TcgRef fl)
{
    if (E->fl != fl) {
        reload(E, fl);
    } else if (is_fp(E->fl_form)) {
        leave_fp(E);
    }
}

/* CF := the guest's carry, inverted or not. */
static void need_carry(Emit *E, TcgRef fl, int form)
{
    if (E->fl != fl) {
        reload(E, fl);
    }
    fl_host_form(E, form);
}

static void begin_compare(Emit *E, int reg, Opnd o)
{
    E->cmp.at = E->e.p;
    E->cmp.regs = 1u << reg | (o.kind == OP_REG ? 1u << o.reg : 0);
}

/* cmp x, y */
static void compare(Emit *E, int op, bool w, TcgRef x, TcgRef y)
{
    int rx = ra_use(E, x);
    Opnd o = ra_opnd(E, y, w, true);

    begin_compare(E, rx, o);
    if (op == X_CMP && o.kind == OP_IMM && o.imm == 0) {
        /* TEST leaves CF = OF = 0 as a comparison with 0 does. */
        enc_rr(&E->e, 0x85, w, rx, rx, false);
    } else if (o.kind == OP_IMM) {
        x_alu_ri(&E->e, op, w, rx, o.imm);
    } else if (o.kind == OP_MEM) {
        x_alu_rm(&E->e, op, w, rx, o.mem);
    } else {
        x_alu_rr(&E->e, op, w, rx, o.reg);
    }
}

static void test(Emit *E, bool w, TcgRef x, TcgRef y)
{
    Opnd o = ra_opnd(E, y, w, true);

    if (o.kind == OP_IMM && (o.imm & 0xff) == o.imm && (ra_reg_of(E, x) >= 0)) {
        int rx = ra_use(E, x);
        begin_compare(E, rx, o);
        if (o.imm < 128) {                          /* the sign flag of a byte test is bit 7 */
            enc_rr(&E->e, 0xf6, false, 0, rx, true);
            enc8(&E->e, (unsigned)o.imm);
            return;
        }
    }
    int rx = ra_use(E, x);
    begin_compare(E, rx, o);
    if (o.kind == OP_IMM) {
        enc_rr(&E->e, 0xf7, w, 0, rx, false);
        enc32(&E->e, (uint32_t)o.imm);
    } else if (o.kind == OP_MEM) {
        enc_rm(&E->e, 0x85, w, rx, o.mem, false, 0);
    } else {
        enc_rr(&E->e, 0x85, w, o.reg, rx, false);
    }
}

/* x + y into a register nobody needs, for its flags */
static void add_flags(Emit *E, int op, bool w, TcgRef x, TcgRef y)
{
    int t = ra_scratch(E, false);
    ra_move(E, t, x);
    Opnd o = ra_opnd(E, y, w, true);

    if (o.kind == OP_IMM) {
        x_alu_ri(&E->e, op, w, t, o.imm);
    } else if (o.kind == OP_MEM) {
        x_alu_rm(&E->e, op, w, t, o.mem);
    } else {
        x_alu_rr(&E->e, op, w, t, o.reg);
    }
}

static unsigned host_form(unsigned nzcv)
{
    return tcg_flags_host((uint32_t)nzcv << 28);
}

static void conditional_compare(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64, cmn = (i->aux & 0x100) != 0;

    /* Everything both arms need goes into registers first; rax is for the arm that sets constant flags. */
    TcgRef fl = i->c;
    if (E->fl != fl) {
        reload(E, fl);
    }
    preserve(E);
    ra_take(E, RAX);
    int rx = ra_use(E, i->a);
    int ry = -1;
    int32_t imm = 0;
    bool is_imm = ra_imm32(E, i->b, w, &imm);
    if (!is_imm || cmn) {
        ry = ra_use(E, i->b);
    }
    int x86 = fl_need(E, fl, (TcgCond)(i->aux & 15));
    uint8_t *other = x_jcc(&E->e, x86 ^ 1);
    if (cmn) {
        x_mov_rr(&E->e, true, RAX, rx);
        x_alu_rr(&E->e, X_ADD, w, RAX, ry);
        enc8(&E->e, 0xf5);
    } else if (is_imm) {
        x_alu_ri(&E->e, X_CMP, w, rx, imm);
    } else {
        x_alu_rr(&E->e, X_CMP, w, rx, ry);
    }
    uint8_t *end = x_jmp(&E->e);
    x_here(&E->e, other);
    x_mov_ri(&E->e, RAX, host_form(i->aux >> 4 & 15));
    from_rax(&E->e);
    x_here(&E->e, end);
    fl_set(E, E->i, TCG_FF_HOST_SUB);
}

/* Both arms end in the form after a subtraction. */
static void conditional_fp_compare(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;
    bool single = i->type == TCG_F32;
    TcgRef fl = i->c;

    if (E->fl != fl) {
        reload(E, fl);
    }
    preserve(E);
    ra_take(E, RAX);
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    uint8_t *other = x_jcc(e, fl_need(E, fl, TCG_FP_COND(i->aux)) ^ 1);
    enc_rr(e, OPC(single ? 0 : 1, 1, i->aux & TCG_FP_SIGNALING ? 0x2f : 0x2e), false, xr(x), xr(y), false);
    fp_to_rax(e, TCG_FF_HOST_FP);
    uint8_t *end = x_jmp(e);
    x_here(e, other);
    x_mov_ri(e, RAX, host_form(TCG_FP_NZCV(i->aux)));
    x_here(e, end);
    from_rax(e);
    fl_set(E, E->i, TCG_FF_HOST_SUB);
}

/* NZCV in bits 31..28 of rax -> the host's flags; rax, rcx and rdx are free. */
static void from_nzcv(Emit *E)
{
    Enc *e = &E->e;

    x_mov_rr(e, false, RCX, RAX);
    x_mov_rr(e, false, RDX, RAX);
    x_shift_i(e, X_SHR, false, RAX, 16);
    x_alu_ri(e, X_AND, false, RAX, 0xc000);         /* N Z: bits 15 14 */
    x_shift_i(e, X_SHR, false, RCX, 29);
    x_alu_ri(e, X_XOR, false, RCX, 1);
    x_alu_ri(e, X_AND, false, RCX, 1);              /* C inverted: bit 8 */
    x_shift_i(e, X_SHL, false, RCX, 8);
    x_shift_i(e, X_SHR, false, RDX, 28);
    x_alu_ri(e, X_AND, false, RDX, 1);              /* V: bit 0 */
    x_alu_rr(e, X_OR, false, RAX, RCX);
    x_alu_rr(e, X_OR, false, RAX, RDX);
    from_rax(e);
}

static void set_from_value(Emit *E, const TcgIns *i)
{
    fl_clobber(E);
    ra_take(E, RAX);
    ra_take(E, RCX);
    ra_take(E, RDX);
    ra_move(E, RAX, i->a);
    from_nzcv(E);
    fl_set(E, E->i, TCG_FF_HOST_SUB);
}

void fl_from_memory(Emit *E, Mem nzcv)
{
    ra_take(E, RAX);
    ra_take(E, RCX);
    ra_take(E, RDX);
    x_load(&E->e, false, RAX, nzcv);
    from_nzcv(E);
    fl_set(E, E->i, TCG_FF_HOST_SUB);
}

static void get_as_value(Emit *E, const TcgIns *i)
{
    static const uint8_t cc[4] = { TCG_MI, TCG_EQ, TCG_CS, TCG_VS };

    /* setcc four times; MOV and SETcc keep the flags, LEA assembles the word. The flags come first: a reload
     * takes RAX. */
    in_host(E, i->a);
    int d = ra_scratch(E, false), t = ra_scratch(E, false);
    x_mov_ri(&E->e, d, 0);
    for (unsigned k = 0; k < 4; k++) {
        x_mov_ri(&E->e, t, 0);
        int x86 = fl_need(E, i->a, (TcgCond)cc[k]);
        enc_rr(&E->e, O_0F(0x90) | (unsigned)x86, false, 0, t, true);
        x_lea(&E->e, true, d, mem_bi(t, d, 1, 0));
    }
    /* shifting left by 28 without touching the flags: 28 = 3 + 3 + 3 + 3 + 3 + 3 + 3 + 3 + 3 + 1 */
    for (unsigned k = 0; k < 9; k++) {
        x_lea(&E->e, true, d, (Mem){ RNONE, d, 3, 0, NULL });
    }
    x_lea(&E->e, true, d, (Mem){ RNONE, d, 1, 0, NULL });
    ra_def_in(E, E->i, d);
}

static TcgRef follows(const Emit *E)
{
    const TcgIns *v = &E->ins[E->i];
    uint32_t at = E->i + 1;

    while (at < E->n && (E->ins[at].op == TCG_OP_const || (E->r[at].mark & MARK_DEAD))) {
        at++;
    }
    if (at >= E->n || !E->r[at].last) {
        return 0;
    }
    const TcgIns *f = &E->ins[at];
    if (f->type != v->type) {
        return 0;
    }
    bool same = f->a == v->a && f->b == v->b;
    switch (v->op) {
    case TCG_OP_add: return f->op == TCG_OP_cmn && same ? at : 0;
    case TCG_OP_sub: return f->op == TCG_OP_cmp && same ? at : 0;
    case TCG_OP_adc: return f->op == TCG_OP_adcf && same && f->c == v->c ? at : 0;
    case TCG_OP_sbc: return f->op == TCG_OP_sbcf && same && f->c == v->c ? at : 0;
    case TCG_OP_and:
        return f->op == TCG_OP_tst && (same || (f->a == E->i && f->b == E->i)) ? at : 0;
    case TCG_OP_andn:
        return f->op == TCG_OP_tst && f->a == E->i && f->b == E->i ? at : 0;
    default: return 0;
    }
}

TcgRef fl_fuse(Emit *E)
{
    TcgRef f = follows(E);

    if (f) {
        E->i = f;
    }
    return f;
}

TcgRef fl_ahead(Emit *E)
{
    const TcgIns *v = &E->ins[E->i];

    for (uint32_t at = E->i + 1; at < E->n; at++) {
        const TcgIns *f = &E->ins[at];
        bool quiet = f->op == TCG_OP_const || f->op == TCG_OP_get || f->op == TCG_OP_put;
        if (f->op == TCG_OP_cmn && f->type == v->type && f->a == v->a && f->b == v->b && E->r[at].last) {
            return at;
        }
        if (!(E->r[at].mark & MARK_DEAD) && (!quiet || f->a == E->fl_reg)) {
            return 0;
        }
    }
    return 0;
}

void fl_op(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;

    switch (i->op) {
    case TCG_OP_cmp:
        fl_clobber(E);
        compare(E, X_CMP, w, i->a, i->b);
        E->cmp.end = E->e.p;
        fl_set(E, E->i, TCG_FF_HOST_SUB);
        break;
    case TCG_OP_tst:
        fl_clobber(E);
        test(E, w, i->a, i->b);
        E->cmp.end = E->e.p;
        fl_set(E, E->i, TCG_FF_HOST_ADD);
        break;
    case TCG_OP_cmn:
        if (E->fl == E->i) {
            break;                                  /* the sum has left them: fl_ahead */
        }
        fl_clobber(E);
        add_flags(E, X_ADD, w, i->a, i->b);
        fl_set(E, E->i, TCG_FF_HOST_ADD);
        break;
    case TCG_OP_adcf:
    case TCG_OP_sbcf: {
        bool sub = i->op == TCG_OP_sbcf;
        int form = sub ? TCG_FF_HOST_SUB : TCG_FF_HOST_ADD;
        in_host(E, i->c);
        preserve(E);
        int t = ra_scratch(E, false);
        ra_move(E, t, i->a);
        Opnd o = ra_opnd(E, i->b, w, true);
        need_carry(E, i->c, form);
        if (o.kind == OP_IMM) {
            x_alu_ri(&E->e, sub ? X_SBB : X_ADC, w, t, o.imm);
        } else if (o.kind == OP_MEM) {
            x_alu_rm(&E->e, sub ? X_SBB : X_ADC, w, t, o.mem);
        } else {
            x_alu_rr(&E->e, sub ? X_SBB : X_ADC, w, t, o.reg);
        }
        fl_set(E, E->i, form);
        break;
    }
    case TCG_OP_ccmp:
        conditional_compare(E, i);
        break;
    case TCG_OP_fccmp:
        conditional_fp_compare(E, i);
        break;
    case TCG_OP_flset:
        set_from_value(E, i);
        break;
    case TCG_OP_flget:
        get_as_value(E, i);
        break;
    default:
        break;
    }
}

/* adc and sbc as values; their flags may follow. */
void fl_carry_value(Emit *E, const TcgIns *i)
{
    TcgRef v = E->i, f = fl_fuse(E);
    bool sub = i->op == TCG_OP_sbc, w = i->type == TCG_I64;
    int form = sub ? TCG_FF_HOST_SUB : TCG_FF_HOST_ADD;

    in_host(E, i->c);
    preserve(E);
    Opnd o = ra_opnd(E, i->b, w, true);
    uint32_t avoid = o.kind == OP_REG && ra_reg_of(E, i->a) != o.reg ? 1u << o.reg : 0;
    int d = ra_def_copy(E, v, i->a, avoid);
    need_carry(E, i->c, form);
    if (o.kind == OP_IMM) {
        x_alu_ri(&E->e, sub ? X_SBB : X_ADC, w, d, o.imm);
    } else if (o.kind == OP_MEM) {
        x_alu_rm(&E->e, sub ? X_SBB : X_ADC, w, d, o.mem);
    } else {
        x_alu_rr(&E->e, sub ? X_SBB : X_ADC, w, d, o.reg);
    }
    E->fl = 0;
    if (f) {
        fl_set(E, f, form);
    }
}
