/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of a RISC-V hart for debuggers and people. [GDB manual G.5.11, "RISC-V Features"]
 *
 * Numbers: x0 to x31, pc, f0 to f31, then CSR 0 to 4095 (those that there are), v0 to v31, the privilege mode.
 */
#include "cpu/riscv.h"

enum { PC = 32, F0 = 33, CSR0 = 65, V0 = CSR0 + 4096, PRIV = V0 + 32 };
enum {
    FFLAGS = 1, FRM, FCSR, PMPCFG = 0x3a0, PMPADDR = 0x3b0, PMP_END = 0x3f0, HPM_EVENT = 0x323, HPM = 0xb03,
    HPM_USER = 0xc03,
};

/* The name of a CSR that is worth showing, or NULL. to: room for it. */
static const char *name_of(guint csr, char *to, gsize size)
{
    const char *name = rv_csr_name(csr);

    if (!name || (csr >= HPM && csr < HPM + 29) || (csr >= HPM_USER && csr < HPM_USER + 29) ||
        (csr >= HPM_EVENT && csr < HPM_EVENT + 29)) {
        return NULL;                /* counters that count nothing */
    }
    if (csr < PMPCFG || csr >= PMP_END) {
        return name;
    }
    g_snprintf(to, size, "%s%u", name, csr - (csr < PMPADDR ? PMPCFG : PMPADDR));
    return to;
}

static gboolean read_csr(SysRiscv *s, guint csr, uint64_t *value)
{
    *value = sys_riscv_fcsr(s);
    switch (csr) {
    case FFLAGS:
        *value &= 0x1f;
        return TRUE;
    case FRM:
        *value >>= 5;
        return TRUE;
    case FCSR:
        return TRUE;
    default:
        return rv_csr_read(s->hart, csr, value);
    }
}

static gboolean write_csr(SysRiscv *s, guint csr, uint64_t value)
{
    uint64_t was = sys_riscv_fcsr(s);

    switch (csr) {
    case FFLAGS:
        sys_riscv_set_fcsr(s, (was & ~(uint64_t)0x1f) | (value & 0x1f));
        return TRUE;
    case FRM:
        sys_riscv_set_fcsr(s, (was & 0x1f) | (value & 7) << 5);
        return TRUE;
    case FCSR:
        sys_riscv_set_fcsr(s, value);
        return TRUE;
    default:
        if (!rv_csr_write(s->hart, csr, value)) {
            return FALSE;
        }
        tcg_mode_changed(&s->hart->cpu.env);
        tcg_tlb_flush(&s->hart->cpu.env);
        return TRUE;
    }
}

static guint vector_bytes(const SysRiscv *s)
{
    return rv_has_vectors(s->hart->cpu.model) ? s->hart->cpu.model->vlenb : 0;
}

/* --- people ---------------------------------------------------------------------------------- */
static void put_rows(GString *out, char letter, const uint64_t *regs)
{
    for (guint i = 0; i < 32; i++) {
        g_string_append_printf(out, " %c%-2u %016" G_GINT64_MODIFIER "x%s", letter, i, regs[i], i % 4 == 3 ? "\n" : "");
    }
}

/* Highest byte first, as numbers are written. */
static void put_vectors(GString *out, const SysRiscv *s)
{
    static const guint16 csrs[] = { 0x008, 0xc20, 0xc21, 0xc22, 0x00f };
    guint n = vector_bytes(s);

    for (guint i = 0; i < G_N_ELEMENTS(csrs) && n; i++) {
        uint64_t v = 0;
        if (rv_csr_read(s->hart, csrs[i], &v)) {
            g_string_append_printf(out, " %-8s %016" G_GINT64_MODIFIER "x\n", rv_csr_name(csrs[i]), v);
        }
    }
    for (guint i = 0; i < 32 && n; i++) {
        g_string_append_printf(out, " v%-2u ", i);
        for (guint k = n; k--;) {
            g_string_append_printf(out, "%02x%s", s->hart->cpu.v[i * n + k], k % 8 || !k ? "" : " ");
        }
        g_string_append_c(out, '\n');
    }
}

char *sys_riscv_text(SysCpu *c, gboolean vectors)
{
    static const guint16 shown[] = {
        0x300, 0x304, 0x344, 0x305, 0x341, 0x342, 0x343, 0x105, 0x141, 0x142, 0x143, 0x180,
    };
    const SysRiscv *s = (const SysRiscv *)c;
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, " pc       %016" G_GINT64_MODIFIER "x  mode %u\n", s->hart->cpu.env.pc, s->hart->priv);
    for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
        uint64_t v = 0;
        rv_csr_read(s->hart, shown[i], &v);
        g_string_append_printf(out, " %-8s %016" G_GINT64_MODIFIER "x\n", rv_csr_name(shown[i]), v);
    }
    put_rows(out, 'x', s->hart->cpu.x);
    put_rows(out, 'f', s->hart->cpu.f);
    if (vectors) {
        put_vectors(out, s);
    }
    return g_string_free(out, FALSE);
}

/* --- gdb ------------------------------------------------------------------------------------- */
guint sys_riscv_gdb_get(SysCpu *c, guint n, guint8 *bytes)
{
    SysRiscv *s = (SysRiscv *)c;
    const RvCpu *r = &s->hart->cpu;
    uint64_t v = 0;

    if (n >= V0 && n < PRIV) {
        guint size = vector_bytes(s);
        memcpy(bytes, r->v + (n - V0) * size, size);
        return size;
    }
    if (n > PRIV || (n >= CSR0 && n < V0 && !read_csr(s, n - CSR0, &v))) {
        return 0;
    }
    if (n < CSR0 || n == PRIV) {
        v = n < PC ? r->x[n] : n == PC ? r->env.pc : n == PRIV ? s->hart->priv : r->f[n - F0];
    }
    v = GUINT64_TO_LE(v);
    memcpy(bytes, &v, sizeof v);
    return sizeof v;
}

gboolean sys_riscv_gdb_set(SysCpu *c, guint n, const guint8 *bytes, guint size)
{
    SysRiscv *s = (SysRiscv *)c;
    RvCpu *r = &s->hart->cpu;
    uint64_t v = 0;

    if (n >= V0 && n < PRIV) {
        guint whole = vector_bytes(s);
        if (!whole || size != whole) {
            return FALSE;
        }
        memcpy(r->v + (n - V0) * whole, bytes, whole);
        return TRUE;
    }
    memcpy(&v, bytes, MIN(size, sizeof v));
    v = GUINT64_FROM_LE(v);
    if (n >= CSR0) {
        return n < V0 && write_csr(s, n - CSR0, v);
    }
    if (n < PC) {
        r->x[n] = n ? v : 0;
    } else if (n == PC) {
        r->env.pc = v & ~(guint64)1;
    } else {
        r->f[n - F0] = v;
    }
    return TRUE;
}

static void put_int(GString *s, const char *name, guint n)
{
    g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"64\" type=\"int\" regnum=\"%u\"/>", name, n);
}

static void put_csrs(GString *s, SysRiscv *r)
{
    char room[32];
    uint64_t v;

    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.csr\">");
    for (guint csr = FCSR + 1; csr < 4096; csr++) {
        const char *name = name_of(csr, room, sizeof room);
        if (name && (csr < PMPCFG || csr >= PMP_END || rv_csr_read(r->hart, csr, &v))) {
            put_int(s, name, CSR0 + csr);
        }
    }
    g_string_append(s, "</feature>");
}

/* A register as lanes of each width. */
static void put_vector_type(GString *s, guint bytes)
{
    static const char *const lanes[] = { "uint8", "uint16", "uint32", "uint64", "uint128" };
    static const char *const fields[] = { "b", "s", "w", "l", "q" };

    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.vector\">");
    for (guint i = 0; i < G_N_ELEMENTS(lanes); i++) {
        g_string_append_printf(s, "<vector id=\"lanes_%s\" type=\"%s\" count=\"%u\"/>", fields[i], lanes[i],
                               bytes >> i);
    }
    g_string_append(s, "<union id=\"riscv_vector\">");
    for (guint i = G_N_ELEMENTS(lanes); i--;) {
        g_string_append_printf(s, "<field name=\"%s\" type=\"lanes_%s\"/>", fields[i], fields[i]);
    }
    g_string_append(s, "</union>");
    for (guint i = 0; i < 32; i++) {
        g_string_append_printf(s, "<reg name=\"v%u\" bitsize=\"%u\" type=\"riscv_vector\" regnum=\"%u\" "
                                  "group=\"vector\"/>", i, 8 * bytes, V0 + i);
    }
    g_string_append(s, "</feature>");
}

char *sys_riscv_gdb_xml(SysCpu *c)
{
    static const char *const x[] = {
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
        "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    };
    GString *s = g_string_new("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
                              "<architecture>riscv:rv64</architecture><feature name=\"org.gnu.gdb.riscv.cpu\">");

    for (guint i = 0; i < 32; i++) {
        g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"64\" type=\"%s\" regnum=\"%u\"/>", x[i],
                               i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int", i);
    }
    g_string_append(s, "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\" regnum=\"32\"/></feature>"
                       "<feature name=\"org.gnu.gdb.riscv.fpu\">");
    for (guint i = 0; i < 32; i++) {
        g_string_append_printf(s, "<reg name=\"f%u\" bitsize=\"64\" type=\"ieee_double\" regnum=\"%u\"/>", i, F0 + i);
    }
    for (guint i = FFLAGS; i <= FCSR; i++) {
        put_int(s, rv_csr_name(i), CSR0 + i);
    }
    g_string_append(s, "</feature>");
    put_csrs(s, (SysRiscv *)c);
    if (vector_bytes((SysRiscv *)c)) {
        put_vector_type(s, vector_bytes((SysRiscv *)c));
    }
    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.virtual\">");
    put_int(s, "priv", PRIV);
    g_string_append(s, "</feature></target>");
    return g_string_free(s, FALSE);
}
