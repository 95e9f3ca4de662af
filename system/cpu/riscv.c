/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V harts: libtcg's RvHart as a device. [RVP: The RISC-V Instruction Set Manual, volume II] */
#include "cpu/riscv.h"
#include "cpu/turns.h"

#include "board/board.h"
#include "dev/timer/aclint.h"

#include "dev/irq.h"
#include "dev/lock.h"
#include "dev/snap.h"

#include "base/near.h"

#include <fenv.h>
#include <string.h>

/* The bit of sip that software writes; mip would take back bits that lines have set. [RVP 12.1.3] */
enum { SIP = 0x144, SSIP = 2 };

/* --- interrupt lines ------------------------------------------------------------------------- */
static void set_line(Dev *d, RvIrq irq, gboolean level)
{
    SysRiscv *s = (SysRiscv *)d;

    if (s->hart) {
        rv_irq_set(s->hart, irq, level);
    }
}

static void msi(Dev *d, guint n, gboolean level)
{
    set_line(d, RV_IRQ_MSI, level);
}

static void mti(Dev *d, guint n, gboolean level)
{
    set_line(d, RV_IRQ_MTI, level);
}

static void mei(Dev *d, guint n, gboolean level)
{
    set_line(d, RV_IRQ_MEI, level);
}

static void sei(Dev *d, guint n, gboolean level)
{
    set_line(d, RV_IRQ_SEI, level);
}

/* An edge: the pending bit is the hart's, which it clears. */
static void ssi(Dev *d, guint n, gboolean level)
{
    SysRiscv *s = (SysRiscv *)d;

    if (level && s->hart) {
        g_atomic_int_set(&s->ipi, 1);
        sys_cpu_kick(&s->c);
    }
}

/* --- running --------------------------------------------------------------------------------- */
/* What others have asked of a hart of the built-in firmware; FALSE: it does not run. */
static gboolean take_requests(SysRiscv *s)
{
    switch (g_atomic_int_get(&s->hsm)) {
    case SYS_HSM_STOPPED:
        return FALSE;
    case SYS_HSM_SUSPENDED:
        if (!rv_has_work(s->hart) && !g_atomic_int_get(&s->ipi)) {
            return FALSE;
        }
        sys_sbi_begin(s, s->resume, s->opaque);
        break;
    case SYS_HSM_START_PENDING:
        sys_sbi_begin(s, s->resume, s->opaque);
        break;
    default:
        break;
    }
    return TRUE;
}

/* After a WFI; FALSE: the hart waits. What waits for another hart's store with an interrupt pending that it does not
 * take, as harts in OpenSBI 1.1 do before they are started, would take time from that one: it sleeps, the longer the
 * more often it was so, until something is announced to it. */
static gboolean halt(SysRiscv *s)
{
    enum { NAP_US = 1000, DOUBLED = 5 };

    if (g_atomic_int_get(&s->ipi)) {
        return TRUE;
    }
    if (!rv_has_work(s->hart)) {
        return FALSE;
    }
    if (s->hart->polls >= RV_POLLS && !sys_turns_on()) {
        sys_cpu_nap(&s->c, (gint64)NAP_US << MIN(s->hart->polls - RV_POLLS, DOUBLED));
    }
    return TRUE;
}

static gboolean run_freely(SysCpu *c)
{
    SysRiscv *s = (SysRiscv *)c;

    if (s->is_fresh) {
        s->is_fresh = FALSE;
        tcg_fp_thread_start(&s->hart->cpu.env);
    }
    if (s->sbi && !take_requests(s)) {
        return FALSE;
    }
    SysCpuStep step = (SysCpuStep)g_atomic_int_get(&c->step);
    g_atomic_int_set(&c->step, SYS_CPU_STEP_NONE);
    if (step == SYS_CPU_STEP_STAND) {
        sys_cpu_stop(c);
        return TRUE;
    }
    for (;; step = SYS_CPU_STEP_NONE) {
        if (g_atomic_int_compare_and_exchange(&s->ipi, 1, 0)) {
            rv_csr_write(s->hart, SIP, SSIP);
        }
        TcgEnv *env = &s->hart->cpu.env;
        TcgExit why = step ? tcg_step(env) : tcg_run(env);
        g_atomic_int_set(&s->waits, why == TCG_EXIT_HALT);
        env->fp.flags = (uint8_t)tcg_fp_flags_get(env);     /* where others see them */
        if (step == SYS_CPU_STEP_ONE) {
            if (why == TCG_EXIT_SYSCALL) {
                sys_sbi_call(s);
            }
            sys_cpu_met_break(c);
            return TRUE;
        }
        switch (why) {
        case TCG_EXIT_SYSCALL:
            if (!sys_sbi_call(s)) {
                return FALSE;
            }
            break;
        case TCG_EXIT_BREAK:
            sys_cpu_met_break(c);
            return TRUE;
        case TCG_EXIT_HALT:
            return halt(s);
        default:
            return TRUE;
        }
    }
}

/* The thread may sleep only in sys_turn_*, which knows what the others do. */
static gboolean run(SysCpu *c)
{
    if (!sys_turns_on()) {
        return run_freely(c);
    }
    if (sys_turn_take(c, &((SysRiscv *)c)->hart->cpu.env)) {
        run_freely(c);
        sys_turn_give(c);
    }
    return TRUE;
}

static gboolean has_work(SysCpu *c)
{
    const SysRiscv *s = (const SysRiscv *)c;
    const gboolean pending = rv_has_work(s->hart) || g_atomic_int_get(&s->ipi);

    if (s->sbi) {
        switch (g_atomic_int_get(&s->hsm)) {
        case SYS_HSM_STOPPED:       return FALSE;
        case SYS_HSM_START_PENDING: return TRUE;
        case SYS_HSM_SUSPENDED:     return pending;
        default:                    break;
        }
    }
    return !g_atomic_int_get(&s->waits) || pending;
}

static void kick(SysCpu *c)
{
    SysRiscv *s = (SysRiscv *)c;

    if (s->hart) {
        tcg_kick(&s->hart->cpu.env);        /* which comes back to tcg_kicked */
    }
    sys_cpu_wake(c);
}

static SysRiscv *of_env(Dev *board, TcgEnv *env)
{
    return g_ptr_array_index(((SysBoard *)board)->cpus, ((RvHart *)env)->hartid);
}

static void tcg_kicked(Dev *board, TcgEnv *env)
{
    sys_cpu_wake(&of_env(board, env)->c);
}

static uint64_t tcg_time(Dev *board)
{
    sys_turn_sync();
    return sys_aclint_time(((SysRiscv *)g_ptr_array_index(((SysBoard *)board)->cpus, 0))->mtimer);
}

/* --- the supervisor timer [RVP Sstc] --------------------------------------------------------- */
static void set_stimer(SysRiscv *s)
{
    dev_timer_set(&s->stimer, s->stimecmp == UINT64_MAX ? INT64_MAX
                                                        : sys_aclint_ns(s->mtimer, s->stimecmp));
}

static void stimer_is_due(Dev *d, DevTimer *t)
{
    SysRiscv *s = (SysRiscv *)d;

    if (sys_aclint_time(s->mtimer) < s->stimecmp) {
        set_stimer(s);                      /* mtime was set back */
    } else {
        rv_timer_update(s->hart);
    }
}

static void tcg_timer(Dev *board, TcgEnv *env, uint64_t when)
{
    SysRiscv *s = of_env(board, env);
    gboolean held = dev_lock_held();

    if (!held) {
        dev_lock_take();
    }
    sys_turn_cut();
    s->stimecmp = when;
    set_stimer(s);
    if (!held) {
        dev_lock_drop();
    }
}

const SysTcgOps sys_riscv_tcg = { .kicked = tcg_kicked, .time = tcg_time, .timer = tcg_timer };

/* --- life ------------------------------------------------------------------------------------ */
const RvModel *sys_riscv_model(const char *text, GError **err)
{
    RvModelError e;
    const RvModel *found = rv_model_parse(text, &e);
    Near near;

    if (found) {
        return found;
    }
    if (e.at != text) {
        obj_refuse(err, "%.*s: %s", (int)e.length, e.at, e.why);
        return NULL;
    }
    g_autofree char *name = g_strndup(text, e.length);
    near_init(&near, name);
    for (const RvModel *m = rv_models; m->name; m++) {
        near_try(&near, m->name);
    }
    obj_refuse(err, "there is no CPU model '%s'%s%s%s", name,
               near.best ? "; did you mean '" : "", near.best ? near.best : "",
               near.best ? "'?" : "; -cpu help lists them");
    return NULL;
}

static gboolean check_model(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    const char *name = *(char *const *)value;

    return !name || sys_riscv_model(name, err);
}

static const RvModel *model_of(const SysRiscv *s)
{
    const RvModel *m = s->model ? sys_riscv_model(s->model, NULL) : NULL;

    return m ? m : rv_models;
}

void sys_riscv_set_timer(SysCpu *c, Dev *mtimer)
{
    ((SysRiscv *)c)->mtimer = mtimer;
}

void sys_riscv_start_reset(SysCpu *c, DevGpa reset_pc)
{
    SysRiscv *s = (SysRiscv *)c;

    s->sbi = FALSE;
    s->start = reset_pc;
}

void sys_riscv_start_sbi(SysCpu *c, DevGpa kernel, DevGpa tree)
{
    SysRiscv *s = (SysRiscv *)c;

    s->sbi = TRUE;
    s->start = kernel;
    s->tree = tree;
}

static void undo_hart(Dev *d, void *data)
{
    SysRiscv *s = (SysRiscv *)d;
    RvHart *h = g_steal_pointer(&s->hart);

    tcg_env_free(&h->cpu.env);
}

static gboolean realize(Dev *d, GError **err)
{
    SysRiscv *s = (SysRiscv *)d;

    if (!s->mtimer) {
        return dev_fail(d, err, "has no timer");
    }
    if (!dev_step(d, "hart", err) || !dev_timer_open(&s->stimer, d, stimer_is_due, err)) {
        return FALSE;
    }
    s->hart = (RvHart *)tcg_env_new();
    if (!s->hart) {
        return dev_fail(d, err, "no memory for another CPU");
    }
    dev_defer(d, undo_hart, NULL);
    rv_hart_init(s->hart, model_of(s), s->c.index, s->start);
    return TRUE;
}

/* The thread stands. */
static void reset_hold(Dev *d)
{
    SysRiscv *s = (SysRiscv *)d;

    g_atomic_int_set(&s->ipi, 0);
    g_atomic_int_set(&s->waits, 0);
    s->stimecmp = UINT64_MAX;
    dev_timer_cancel(&s->stimer);
    rv_hart_init(s->hart, model_of(s), s->c.index, s->start);
    rv_hart_reset(s->hart);
    tcg_tlb_flush(&s->hart->cpu.env);
    s->is_fresh = TRUE;
    if (s->sbi && s->c.index == 0) {
        sys_sbi_begin(s, s->start, s->tree);
    } else if (s->sbi) {
        g_atomic_int_set(&s->hsm, SYS_HSM_STOPPED);
    }
}

/* --- saved state ----------------------------------------------------------------------------- */
/* In the order in which they are written back. [RVP 2.2] */
static const guint16 csrs[] = {
    0x300, 0x302, 0x303, 0x304, 0x344, 0x305, 0x340, 0x341, 0x342, 0x343,       /* mstatus to mtval */
    0x306, 0x320, 0x30a, 0xb00, 0xb02,                  /* mcounteren, mcountinhibit, menvcfg, mcycle, minstret */
    0x105, 0x140, 0x141, 0x142, 0x143, 0x106, 0x10a,    /* stvec to stval, scounteren, senvcfg */
    0x14d, 0x180, 0x003,                                /* stimecmp, satp, fcsr */
};
G_STATIC_ASSERT(G_N_ELEMENTS(csrs) < SYS_RISCV_CSRS);

enum { FCSR = 0x003, VCSR = 0x00f, MIP = 0x344 };

static void saving(Dev *d)
{
    SysRiscv *s = (SysRiscv *)d;
    SysRiscvState *t = &s->state;
    const RvHart *h = s->hart;

    memcpy(t->x, h->cpu.x, sizeof t->x);
    memcpy(t->f, h->cpu.f, sizeof t->f);
    memcpy(t->v, h->cpu.v, sizeof t->v);
    t->vl = h->cpu.vl;
    t->vtype = h->cpu.vtype;
    t->vstart = h->cpu.vstart;
    t->vcsr = 0;
    rv_csr_read(s->hart, VCSR, &t->vcsr);
    memcpy(t->pmpcfg, h->pmpcfg, sizeof t->pmpcfg);
    memcpy(t->pmpaddr, h->pmpaddr, sizeof t->pmpaddr);
    t->pc = h->cpu.env.pc;
    t->priv = h->priv;
    for (guint i = 0; i < G_N_ELEMENTS(csrs); i++) {
        if (csrs[i] == FCSR) {
            t->csr[i] = sys_riscv_fcsr(s);
        } else if (csrs[i] == MIP) {        /* what software has set; lines are followed */
            t->csr[i] = h->mip;
        } else {
            t->csr[i] = 0;
            rv_csr_read(s->hart, csrs[i], &t->csr[i]);
        }
    }
}

uint64_t sys_riscv_fcsr(const SysRiscv *s)
{
    return (uint64_t)s->hart->cpu.frm << 5 | s->hart->cpu.env.fp.flags;
}

/* The rounding mode goes through the host's own, which here is the main thread's. */
void sys_riscv_set_fcsr(SysRiscv *s, uint64_t v)
{
    fenv_t mine;

    fegetenv(&mine);
    rv_fcsr_set(&s->hart->cpu, (uint32_t)v & 0xff);
    s->hart->cpu.env.fp.flags = v & 0x1f;
    fesetenv(&mine);
}

static void follow_lines(Dev *d)
{
    SysRiscv *s = (SysRiscv *)d;

    rv_irq_set(s->hart, RV_IRQ_MSI, dev_irq_level(d, "msi", 0));
    rv_irq_set(s->hart, RV_IRQ_MTI, dev_irq_level(d, "mti", 0));
    rv_irq_set(s->hart, RV_IRQ_MEI, dev_irq_level(d, "mei", 0));
    rv_irq_set(s->hart, RV_IRQ_SEI, dev_irq_level(d, "sei", 0));
}

/* What a stream says goes through the CSRs' own rules. */
static gboolean loaded(Dev *d, GError **err)
{
    SysRiscv *s = (SysRiscv *)d;
    const SysRiscvState *t = &s->state;
    RvHart *h = s->hart;

    if (t->priv == 2 || t->priv > RV_M) {
        return dev_fail(d, err, "privilege mode %u", t->priv);
    }
    if (!sys_sbi_pmu_check(s)) {
        return dev_fail(d, err, "counters that count what they cannot");
    }
    rv_hart_reset(h);
    if (s->sbi) {
        rv_firmware_set(h);
    }
    for (guint i = 0; i < RV_PMPS; i++) {
        rv_csr_write(h, 0x3b0 + i, t->pmpaddr[i]);
    }
    for (guint i = 0; i < RV_PMPS; i += 8) {
        uint64_t v;
        memcpy(&v, &t->pmpcfg[i], 8);
        rv_csr_write(h, 0x3a0 + i / 4, GUINT64_FROM_LE(v));
    }
    if (rv_has_vectors(h->cpu.model)) {
        rv_v_state_set(&h->cpu, t->vl, t->vtype, t->vstart, t->vcsr);
    }
    for (guint i = 0; i < G_N_ELEMENTS(csrs); i++) {
        if (csrs[i] == FCSR) {
            sys_riscv_set_fcsr(s, t->csr[i]);
        } else {
            rv_csr_write(h, csrs[i], t->csr[i]);
        }
    }
    memcpy(h->cpu.x, t->x, sizeof t->x);
    memcpy(h->cpu.f, t->f, sizeof t->f);
    memcpy(h->cpu.v, t->v, sizeof t->v);
    h->cpu.x[0] = 0;
    h->cpu.env.pc = t->pc & ~(uint64_t)1;
    h->priv = t->priv;
    follow_lines(d);
    tcg_mode_changed(&h->cpu.env);
    tcg_tlb_flush(&h->cpu.env);
    s->is_fresh = TRUE;
    sys_cpu_wake(&s->c);
    return TRUE;
}

static const DevField fields[] = {
    DEV_FIELD_ARRAY("x", "Integer registers.", SysRiscv, state.x, 0),
    DEV_FIELD_ARRAY("f", "Floating-point registers.", SysRiscv, state.f, 0),
    DEV_FIELD_ARRAY("v", "Vector registers, one after the other.", SysRiscv, state.v, 0, .since = 2),
    DEV_FIELD("vl", "Vector length.", SysRiscv, state.vl, 0, .since = 2),
    DEV_FIELD("vtype", "Vector type.", SysRiscv, state.vtype, (uint64_t)1 << 63, .since = 2),
    DEV_FIELD("vstart", "First element of the next vector instruction.", SysRiscv, state.vstart, 0, .since = 2),
    DEV_FIELD("vcsr", "Fixed-point rounding and saturation.", SysRiscv, state.vcsr, 0, .since = 2),
    DEV_FIELD("pc", "Program counter.", SysRiscv, state.pc, 0),
    DEV_FIELD("priv", "Privilege mode: 0 user, 1 supervisor, 3 machine.", SysRiscv, state.priv, RV_M, .max = RV_M),
    DEV_FIELD_ARRAY("csr", "Control and status registers.", SysRiscv, state.csr, 0),
    DEV_FIELD_ARRAY("pmpcfg", "Configuration of physical memory protection.", SysRiscv, state.pmpcfg, 0),
    DEV_FIELD_ARRAY("pmpaddr", "Addresses of physical memory protection.", SysRiscv, state.pmpaddr, 0),
    DEV_FIELD("hsm", "State of the hart for the built-in firmware.", SysRiscv, hsm, 0, .flags = DEV_FIELD_KEEP,
              .max = SYS_HSM_SUSPENDED),
    DEV_FIELD("ipi", "A software interrupt was sent.", SysRiscv, ipi, 0, .max = 1),
    DEV_FIELD("resume", "Where it starts or wakes.", SysRiscv, resume, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD("opaque", "Its argument there.", SysRiscv, opaque, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD_ARRAY("pmu-event", "What each counter of the built-in firmware counts; all ones: it is free.", SysRiscv,
                    pmu.event, UINT32_MAX, .since = 3),
    DEV_FIELD("pmu-started", "Which of them run, a bit each.", SysRiscv, pmu.started, 0, .since = 3),
    DEV_FIELD_ARRAY("pmu-base", "Values of the counters of the firmware's events.", SysRiscv, pmu.base, 0, .since = 3),
    DEV_FIELD_ARRAY("pmu-count", "How often each of these has happened.", SysRiscv, pmu.count, 0, .since = 3),
    { 0 },
};

/* --- for debuggers: riscv-debug.c has the registers ------------------------------------------ */
static gboolean read_memory(SysCpu *c, guint64 gva, void *to, gsize n)
{
    return tcg_debug_read(&((SysRiscv *)c)->hart->cpu.env, gva, to, n);
}

static gboolean write_memory(SysCpu *c, guint64 gva, const void *from, gsize n)
{
    return tcg_debug_write(&((SysRiscv *)c)->hart->cpu.env, gva, from, n);
}

static const ObjProp props[] = {
    OBJ_PROP_STR("model", "What instructions and extensions the hart has; -cpu help lists them.", SysRiscv, model, NULL,
                 .check = check_model),
    { 0 },
};

static const DevPin pins[] = {
    DEV_PIN_IN("msi", "Machine software interrupt.", 1, msi),
    DEV_PIN_IN("mti", "Machine timer interrupt.", 1, mti),
    DEV_PIN_IN("mei", "Machine external interrupt.", 1, mei),
    DEV_PIN_IN("sei", "Supervisor external interrupt.", 1, sei),
    DEV_PIN_IN("ssi", "Supervisor software interrupt: an edge sets the hart's pending bit.", 1, ssi),
    { 0 },
};

const SysCpuType sys_riscv_cpu = {
    .dev = {
        .obj = { .name = "rv64-riscv-cpu", .text = OBJ_TEXT("A 64-bit RISC-V hart with M, S and U modes."),
                 .parent = &sys_cpu_type.obj, .size = sizeof(SysRiscv), .props = props },
        .group = "cpu",
        .manual = "The RISC-V Instruction Set Manual, volumes I and II, 20240411",
        .version = 3,
        .pins = pins,
        .fields = fields,
        .realize = realize,
        .reset_hold = reset_hold,
        .saving = saving,
        .loaded = loaded,
    },
    .run = run,
    .has_work = has_work,
    .kick = kick,
    .text = sys_riscv_text,
    .read = read_memory,
    .write = write_memory,
    .gdb_general = SYS_RISCV_GDB_GENERAL,
    .gdb_get = sys_riscv_gdb_get,
    .gdb_set = sys_riscv_gdb_set,
    .gdb_xml = sys_riscv_gdb_xml,
};

/* --- for device trees ------------------------------------------------------------------------ */
/* "rv64imafdc_zicsr": single letters, then names with underscores between them. */
static GPtrArray *split_isa(const char *string)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(string + strlen("rv64"), "_", -1);

    for (const char *p = words[0]; *p; p++) {
        g_ptr_array_add(all, g_strndup(p, 1));
    }
    for (guint i = 1; words[i]; i++) {
        g_ptr_array_add(all, g_strdup(words[i]));
    }
    g_ptr_array_add(all, NULL);
    return all;
}

static gboolean has(const GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, (GEqualFunc)g_strcmp0, NULL);
}

void sys_riscv_isa(SysCpu *c, SysRiscvIsa *isa)
{
    const RvModel *m = model_of((SysRiscv *)c);
    char text[1024];

    rv_machine_isa_string(m, text, sizeof text);
    isa->string = g_strdup(text);
    isa->extensions = split_isa(text);
    isa->mmu_type = rv_mmu_type(m);
    isa->cbom_bytes = has(isa->extensions, "zicbom") ? 64 : 0;
    isa->cboz_bytes = has(isa->extensions, "zicboz") ? 64 : 0;
}

void sys_riscv_isa_clear(SysRiscvIsa *isa)
{
    g_free(isa->string);
    g_ptr_array_unref(isa->extensions);
}
