/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector loads and stores out of line. [RVU 31.7]
 *
 * vstart is kept at the element under way, so that a fault finds it right: earlier elements are done, this and later
 * ones are not. [RVU 31.17] */
#include "guest/riscv/v.h"

#include "run/atomic.h"
#include "run/soft.h"

#include <string.h>

#pragma GCC optimize ("O3")

typedef struct Access {
    TcgEnv *env;
    RvCpu *cpu;
    uint8_t *reg;               /* vd or vs3 */
    uint8_t *index;             /* vs2, or NULL */
    uint64_t base, stride;
    unsigned fields, field_bytes;   /* registers' bytes from one field to the next */
    unsigned eew, index_eew;    /* log2 of bytes */
    unsigned n;                 /* elements */
    bool masked, store;
} Access;

static uint64_t element_index(const Access *m, unsigned i)
{
    switch (m->index_eew) {
    case 0:  return m->index[i];
    case 1:  return ((const RvU16 *)m->index)[i];
    case 2:  return ((const RvU32 *)m->index)[i];
    default: return ((const RvU64 *)m->index)[i];
    }
}

static uint64_t address(const Access *m, unsigned i)
{
    return m->base + (m->index ? element_index(m, i) : i * m->stride);
}

static void move(void *to, const void *from, unsigned eew)
{
    switch (eew) {
    case 0:  *(RvU8 *)to = *(const RvU8 *)from; break;
    case 1:  memcpy(to, from, 2); break;
    case 2:  memcpy(to, from, 4); break;
    default: memcpy(to, from, 8); break;
    }
}

/* All fields of element i, aligned and in one page: memory is read or written at once. False: not done. */
static bool segment_at_once(const Access *m, unsigned i, uint64_t addr)
{
    const unsigned bytes = m->fields << m->eew;
    uint8_t *at = m->reg + ((size_t)i << m->eew), tmp[64];

    if (!m->store && !tcg_guest_copy_from(m->env, tmp, addr, bytes)) {
        return false;
    }
    for (unsigned k = 0; k < m->fields; k++, at += m->field_bytes) {
        m->store ? move(tmp + (k << m->eew), at, m->eew) : move(at, tmp + (k << m->eew), m->eew);
    }
    return !m->store || tcg_guest_copy_to(m->env, addr, tmp, bytes);
}

/* All fields of element i. */
static void segment(const Access *m, unsigned i)
{
    const unsigned size = 1u << m->eew;
    const uint64_t addr = address(m, i);

    if (m->fields > 1 && !(addr & (size - 1)) && (addr & 4095) + (m->fields << m->eew) <= 4096
        && segment_at_once(m, i, addr)) {
        return;
    }
    for (unsigned k = 0; k < m->fields; k++) {
        uint8_t *at = m->reg + k * m->field_bytes + ((size_t)i << m->eew);
        if (m->store) {
            tcg_guest_write(m->env, addr + k * size, at, size);
        } else {
            tcg_guest_read(m->env, addr + k * size, at, size);
        }
    }
}

/* Elements wherever they are. A copy of what does not change, which the compiler may keep in registers: with `store`
 * and `fields` known, the loop is short. A program's memory is accessed where it is; a machine's if the TLB has the
 * page, else by segment(). */
static inline __attribute__((always_inline)) void
scattered(const Access *of, unsigned eew, bool store, unsigned fields, bool machine)
{
    const Access m = *of;
    const uint8_t *mask = m.cpu->v;

    for (unsigned i = (unsigned)m.cpu->vstart; i < m.n; i++) {
        if (m.masked && !rv_v_bit(mask, i)) {
            continue;
        }
        uint8_t *at = m.reg + ((size_t)i << eew), *host = NULL;
        uint64_t addr = address(&m, i);
        if (!machine) {
            m.cpu->vstart = i;
        } else if (!(host = tcg_soft_fast(m.env, addr, fields << eew, store ? TCG_STORE : TCG_LOAD))) {
            m.cpu->vstart = i;
            segment(of, i);
            continue;
        }
        for (unsigned k = 0; k < fields; k++, at += m.field_bytes, addr += 1u << eew) {
            void *p = machine ? host + (k << eew) : tcg_guest_direct_at(m.env, addr);
            store ? move(p, at, eew) : move(at, p, eew);
        }
    }
}

#define SCATTERED_BY(eew, fields, machine) \
    (m->store ? scattered(m, eew, true, fields, machine) : scattered(m, eew, false, fields, machine))
#define SCATTERED(eew) \
    static void scattered_##eew(const Access *m, bool machine) \
    { \
        if (m->fields == 1) { \
            machine ? SCATTERED_BY(eew, 1, true) : SCATTERED_BY(eew, 1, false); \
        } else { \
            machine ? SCATTERED_BY(eew, m->fields, true) : SCATTERED_BY(eew, m->fields, false); \
        } \
    }
SCATTERED(0) SCATTERED(1) SCATTERED(2) SCATTERED(3)

static void elements(const Access *m)
{
    const bool machine = tcg_state.soft != NULL;

    if (machine || tcg_guest_direct_begin(m->env)) {
        switch (m->eew) {
        case 0:  scattered_0(m, machine); break;
        case 1:  scattered_1(m, machine); break;
        case 2:  scattered_2(m, machine); break;
        default: scattered_3(m, machine); break;
        }
        if (!machine) {
            tcg_guest_direct_end(m->env);
        }
        return;
    }
    for (unsigned i = (unsigned)m->cpu->vstart; i < m->n; i++) {
        if (!m->masked || rv_v_bit(m->cpu->v, i)) {
            m->cpu->vstart = i;
            segment(m, i);
        }
    }
}

/* Bytes in one page, all of one field. False: not done, for it is not plain memory. */
static bool move_bytes(const Access *m, uint8_t *at, uint64_t addr, unsigned bytes)
{
    return m->store ? tcg_guest_copy_to(m->env, addr, at, bytes) : tcg_guest_copy_from(m->env, at, addr, bytes);
}

/* Unit stride, one field, no mask: page by page; an element in two pages, or not in plain memory, goes alone. */
static void contiguous(const Access *m)
{
    for (unsigned i = (unsigned)m->cpu->vstart; i < m->n;) {
        const uint64_t addr = m->base + ((uint64_t)i << m->eew);
        const uint64_t in_page = (4096 - (addr & 4095)) >> m->eew;
        const unsigned count = in_page < m->n - i ? (unsigned)in_page : m->n - i;
        uint8_t *at = m->reg + ((size_t)i << m->eew);
        m->cpu->vstart = i;
        if (count && move_bytes(m, at, addr, count << m->eew)) {
            i += count;
            continue;
        }
        for (const unsigned end = i + (count ? count : 1); i < end; i++) {
            m->cpu->vstart = i;
            segment(m, i);
        }
    }
}

/* Segments of a vector that lies in one page, unmasked: bytes in memory to and from fields. Such an access faults at
 * its first byte or not at all. */
#define FIELDS(U, count) \
    for (unsigned i = 0; i < m->n; i++) { \
        for (unsigned f = 0; f < (count); f++) { \
            if (m->store) { \
                tmp[i * (count) + f] = ((const U *)(m->reg + f * m->field_bytes))[i]; \
            } else { \
                ((U *)(m->reg + f * m->field_bytes))[i] = tmp[i * (count) + f]; \
            } \
        } \
    }
#define FIELDS_OF(U) \
    static __attribute__((noinline)) void fields_##U(const Access *of, U *restrict tmp) \
    { \
        const Access copy = *of, *m = &copy; \
        switch (m->fields) { \
        case 2:  FIELDS(U, 2u) break; \
        case 3:  FIELDS(U, 3u) break; \
        case 4:  FIELDS(U, 4u) break; \
        case 5:  FIELDS(U, 5u) break; \
        case 6:  FIELDS(U, 6u) break; \
        case 7:  FIELDS(U, 7u) break; \
        default: FIELDS(U, 8u) break; \
        } \
    }
FIELDS_OF(RvU8) FIELDS_OF(RvU16) FIELDS_OF(RvU32) FIELDS_OF(RvU64)

static void fields(const Access *m, void *tmp)
{
    switch (m->eew) {
    case 0:  fields_RvU8(m, tmp); break;
    case 1:  fields_RvU16(m, tmp); break;
    case 2:  fields_RvU32(m, tmp); break;
    default: fields_RvU64(m, tmp); break;
    }
}

static __attribute__((noinline)) bool segments(const Access *m)
{
    uint64_t tmp[RV_V_GROUP_BYTES / 8];
    const unsigned bytes = m->n * m->fields << m->eew;

    if (m->cpu->vstart || !m->n || (m->base & 4095) + bytes > 4096 || m->base & ((1u << m->eew) - 1)) {
        return false;
    }
    if (m->store) {
        fields(m, tmp);
        return tcg_guest_copy_to(m->env, m->base, tmp, bytes);
    }
    if (!tcg_guest_copy_from(m->env, tmp, m->base, bytes)) {
        return false;
    }
    fields(m, tmp);
    return true;
}

static bool readable(const Access *m, unsigned i)
{
    const uint64_t first = address(m, i), last = first + (m->fields << m->eew) - 1;

    return tcg_guest_readable(m->env, first) && ((first ^ last) < 4096 || tcg_guest_readable(m->env, last));
}

/* Fault-only-first: a later element that would fault ends the vector instead. [RVU 31.7.7] */
static void first_faults(Access *m)
{
    uint64_t good = ~(uint64_t)0;           /* page known readable */

    for (unsigned i = (unsigned)m->cpu->vstart; i < m->n; i++) {
        if (m->masked && !rv_v_bit(m->cpu->v, i)) {
            continue;
        }
        const uint64_t last = address(m, i) + (m->fields << m->eew) - 1;
        const bool known = address(m, i) >> 12 == good && last >> 12 == good;
        if (i > 0 && !known && !readable(m, i)) {
            m->cpu->vl = i;
            return;
        }
        m->cpu->vstart = i;
        segment(m, i);
        if (!known && (i > 0 || readable(m, i))) {
            good = last >> 12;
        }
    }
}

/* What the kind says of elements; eew and fields are as packed before. */
static void prepare(Access *m, unsigned kind, unsigned vs2, RvVType t)
{
    const unsigned vlenb = m->cpu->model->vlenb;
    int emul = rv_v_emul(t, m->eew);

    m->n = (unsigned)m->cpu->vl;
    m->index = NULL;
    switch (kind) {
    case RV_VM_MASK:
        m->n = (m->n + 7) / 8;
        break;
    case RV_VM_WHOLE:
        m->n = vlenb * m->fields >> m->eew;
        m->fields = 1;
        break;
    case RV_VM_INDEXED:
        m->index = m->cpu->v + vs2 * vlenb;
        m->index_eew = m->eew;
        m->eew = t.sew;
        emul = t.lmul;
        break;
    default:
        break;
    }
    m->field_bytes = emul > 0 ? vlenb << emul : vlenb;
}

/* All of it lies in one page, where nothing but the first element can fault. False: not done. */
static bool first_in_page(const Access *m)
{
    const unsigned bytes = m->n * m->fields << m->eew;

    if (m->cpu->vstart || !m->n || (m->base & 4095) + bytes > 4096 || (m->masked && !(m->cpu->v[0] & 1))) {
        return false;
    }
    if (m->masked || m->fields > 1) {
        if (tcg_state.soft && !tcg_soft_fast(m->env, m->base, bytes, TCG_LOAD)) {
            return false;
        }
        return m->masked ? (elements(m), true) : segments(m);
    }
    return move_bytes(m, m->reg, m->base, bytes);
}

/* Leaves if the instruction is illegal. Keys of memory instructions have a bit of their own. */
static inline void check(RvCpu *cpu, uint64_t word, unsigned kind)
{
    const uint64_t key = rv_v_key(word, cpu->vtype) | (uint64_t)1 << 47;
    uint64_t *slot = rv_v_legal_slot(cpu, key);

    if (cpu->vtype >> 63 && kind != RV_VM_WHOLE) {
        tcg_helper_leave(&cpu->env, TCG_EXIT_UNDEF);
    }
    if (*slot != key) {
        const RvVInsn i = rv_v_unpack(word);
        if (!rv_v_mem_legal(cpu->model, &i, rv_v_legal_type(cpu->vtype))) {
            tcg_helper_leave(&cpu->env, TCG_EXIT_UNDEF);
        }
        *slot = key;
    }
}

/* x: the packed instruction, op an RvVMem; y: the base address; z: the stride. Fields are taken one by one: a struct of
 * bytes is slow to read back. */
uint64_t rv_h_v_mem(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    const unsigned kind = x & 255 & ~(unsigned)RV_VM_STORE, vd = x >> RV_VP_VD & 31, vs2 = x >> RV_VP_VS2 & 31;
    Access m;

    if (!(x >> RV_VP_LEGAL & 1)) {
        check(cpu, x, kind);
    }
    cpu->v_used = 1;
    m.env = env;
    m.cpu = cpu;
    m.reg = cpu->v + vd * cpu->model->vlenb;
    m.base = y;
    m.masked = !(x >> RV_VP_VM & 1);
    m.store = x & RV_VM_STORE;
    m.fields = (x >> RV_VP_NF & 7) + 1;
    m.eew = x >> RV_VP_EEW & 3;
    prepare(&m, kind, vs2, rv_v_legal_type(cpu->vtype));
    m.stride = kind == RV_VM_STRIDED ? z : (uint64_t)m.fields << m.eew;
    if (kind == RV_VM_FIRST) {
        if (!first_in_page(&m)) {
            first_faults(&m);
        }
    } else if (kind == RV_VM_UNIT && !m.masked && m.fields > 1 && segments(&m)) {
        /* done */
    } else if (m.masked || m.fields > 1 || kind == RV_VM_STRIDED || kind == RV_VM_INDEXED) {
        elements(&m);
    } else {
        contiguous(&m);
    }
    cpu->vstart = 0;
    return 0;
}
