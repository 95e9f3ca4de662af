/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads instruction cases, makes the state that each starts from, and prints what the instructions changed.
 *
 *   seed: word word ... [= anything]     gives     seed: word word ... = [end] x3=... mem+1f8=...
 *
 * Freestanding: it is part of a guest program without libc, and of a host program. One guest at a time:
 * ISA_REGS names its regs.h. */
#include "runner.h"

#include ISA_REGS

/* Buffered output and line input */

static char out[8192];
static size_t out_len;

static void flush(void)
{
    run_write(out, out_len);
    out_len = 0;
}

static void put_char(char c)
{
    if (out_len == sizeof(out)) {
        flush();
    }
    out[out_len++] = c;
}

static void put_text(const char *s)
{
    while (*s) {
        put_char(*s++);
    }
}

static void put_hex(uint64_t v, int digits)
{
    while (digits < 16 && v >> (digits * 4)) {
        digits++;
    }
    while (digits-- > 0) {
        put_char("0123456789abcdef"[v >> (digits * 4) & 15]);
    }
}

static int get_char(void)
{
    static unsigned char in[4096];
    static long len, at;

    if (at == len) {
        len = run_read(in, sizeof(in));
        at = 0;
        if (len <= 0) {
            len = 0;
            return -1;
        }
    }
    return in[at++];
}

static int get_line(char *line, int size)
{
    int n = 0, c;

    while ((c = get_char()) >= 0 && c != '\n') {
        if (n < size - 1) {
            line[n++] = c;
        }
    }
    line[n] = 0;
    return c >= 0 || n > 0;
}

/* A hexadecimal number; *p moves behind it and is unchanged if there is none. */
static uint64_t read_hex(const char **p)
{
    uint64_t v = 0;

    while (**p == ' ') {
        ++*p;
    }
    for (;; ++*p) {
        const char c = **p;

        if (c >= '0' && c <= '9') {
            v = v << 4 | (c - '0');
        } else if (c >= 'a' && c <= 'f') {
            v = v << 4 | (c - 'a' + 10);
        } else {
            return v;
        }
    }
}

/* Random states */

static uint64_t random_state;

static uint64_t draw(uint64_t *state)       /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t next_random(void)
{
    return draw(&random_state);
}

static uint64_t random_x(void)
{
    const uint64_t k = next_random(), v = next_random();

    switch (k & 15) {
    case 0: case 1: case 2: case 3: case 4: case 5:
        return RUN_MEM + 0x1000 + (v & 0x1ff0);
    case 6:  return RUN_MEM + 0x1000 + (v & 0x1fff);
    case 7:  return v & 0xff;
    case 8:  return ~(v & 0xff);
    case 9:  return 1ull << (v & 63);
    case 10: return (uint64_t)(int64_t)(int32_t)v;
    case 11: return 0;
    case 12: return ~0ull;
    case 13: return (v & 1) << 63 | (k & 0x100 ? 0x7fffffff : 0x80000000);
    default: return v;
    }
}

/* A floating point number near an edge: of the exponent's range, of its half (for products), of integers; a fraction
 * of few bits, so that results lie half-way. */
static uint64_t edge(uint64_t *state, unsigned width, unsigned fraction)
{
    const uint64_t ones = (1ull << (width - 1 - fraction)) - 1, bias = ones >> 1;
    const uint64_t k = draw(state), v = draw(state);
    const unsigned at = v % fraction, step = k >> 16 & 31;
    const uint64_t fractions[] = {
        v, 0, ~0ull, 1ull << at, ~0ull << at, (1ull << at) - 1, 1 + (v & 3), 1ull << at | 1ull << (v >> 8) % fraction,
    };
    const uint64_t exponents[] = {
        0, ones, 1 + (step & 1), ones - 1 - (step & 1), bias / 2 + (step & 3), bias + bias / 2 + (step & 3) - 1,
        bias + step % (fraction + 2), bias - step % (fraction + 2), (k >> 16) % (fraction + 3), bias + 29 + (step & 3),
        bias + 61 + (step & 3), bias - 1 + (step & 1), bias + 15 - step, k >> 16, k >> 16, k >> 16,
    };

    return k >> 63 << (width - 1) | (exponents[k >> 8 & 15] & ones) << fraction
        | (fractions[k & 7] & ((1ull << fraction) - 1));
}

static uint64_t random_lanes(void)
{
    static const uint64_t doubles[] = {
        0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
        0x7ff8000000000000, 0x7ff0000000000001, 0xfff8000000000123, 1, 0x000fffffffffffff, 0x0010000000000000,
        0x7fefffffffffffff, 0x3fe0000000000000, 0x4000000000000000, 0x41dfffffffc00000, 0x43e0000000000000,
        0xc1e0000000000000, 0x3fe0000000000001, 0x4330000000000001,
    };
    static const uint32_t floats[] = {
        0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00123, 1,
        0x007fffff, 0x00800000, 0x7f7fffff, 0x3f000000, 0x40000000, 0x4effffff, 0x4f000000, 0xcf000000,
        0x3f000001, 0x4b000001,
    };
    static const uint16_t halves[] = {
        0, 0x8000, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xfe12, 1, 0x03ff, 0x0400, 0x7bff, 0x3800,
        0x4000, 0x6400,
    };
    uint64_t k = next_random(), v = next_random(), r = 0;

    switch (k & 7) {
    case 0:
        return doubles[v % (sizeof(doubles) / sizeof(doubles[0]))];
    case 1:
        return floats[(uint32_t)v % (sizeof(floats) / 4)] | (uint64_t)floats[(v >> 32) % (sizeof(floats) / 4)] << 32;
    case 2:
        for (int i = 0; i < 64; i += 16) {
            r |= (uint64_t)halves[v >> i & 15] << i;
        }
        return r;
    case 3: case 4:
        return edge(&v, 64, 52);
    case 5:
        return edge(&v, 32, 23) | edge(&v, 32, 23) << 32;
    case 6:
        for (int i = 0; i < 64; i += 16) {
            r |= edge(&v, 16, 10) << i;
        }
        return r;
    default:
        return v;
    }
}

#ifdef RUN_BOXED
/* Fills the bits above a narrower number with ones, mostly. */
static uint64_t box(uint64_t v)
{
    switch (next_random() & 7) {
    case 0: case 1: case 2: return v | ~0ull << 32;
    case 3: case 4:         return v | ~0ull << 16;
    case 5:                 return (v & 0xffffffff) | ~0ull << (33 + (v & 15));     /* not well boxed */
    default:                return v;
    }
}
#else
static uint64_t box(uint64_t v)
{
    return v;
}
#endif

/* Vectors of RISC-V: usual types and lengths, and all others now and then. */
static uint64_t random_element(void)
{
    const uint64_t k = next_random(), v = next_random();

    switch (k & 7) {
    case 0:  return v & 0x1f1f1f1f1f1f1f1f;             /* small, as bytes */
    case 1:  return v & 0x001f001f001f001f;
    case 2:  return v & 0x0000001f0000001f;
    case 3:  return v & k >> 8 & 0x8080808080808080;
    case 4:  return v;
    default: return random_lanes();
    }
}

#ifndef RUN_SVE
/* Below vl: qemu 7.2 does not set vstart to 0 if no element is left. */
static uint64_t some_vstart(const RunState *s, uint64_t v)
{
    const unsigned lmul = s->vtype & 7, sew = s->vtype >> 3 & 7;
    const uint64_t vlmax = s->vlenb * 8 << (lmul & 3) >> (lmul & 4) >> 3 >> sew, vl = s->vl < vlmax ? s->vl : vlmax;

    return s->vtype >> 63 || vl < 2 || lmul == 4 || (lmul > 4 && sew + 8 > lmul + 3) ? 0 : (v & 15) % vl;
}

#endif

#ifdef RUN_SVE
/* A predicate of n bits: all, none, a few first ones, or anything. */
static uint64_t random_predicate(unsigned n)
{
    const uint64_t k = next_random(), v = next_random(), all = (1ull << n) - 1;

    switch (k & 7) {
    case 0:  return all;
    case 1:  return (k >> 8 & 7) ? v & (v >> 32) & all : 0;
    case 2:  return (1ull << (v & 31) % (n + 1)) - 1;
    case 3:  return 0x11111111 & v & all;
    case 4:  return 0x01010101 & v & all;
    case 5:  return (v | v >> 32) & all;
    default: return v & all;
    }
}

/* Addresses in the window, also of 32 bits, offsets that stay in it, and numbers of all kinds. */
static uint64_t random_offset(void)
{
    const uint64_t k = next_random(), v = next_random();

    switch (k & 7) {
    case 0:  return RUN_MEM + 0x1000 + (v & 0x1fff);
    case 1:  return (RUN_MEM + 0x1000 + (v & 0x1fff)) | (RUN_MEM + 0x1000 + (v >> 32 & 0x1fff)) << 32;
    case 2:  return v & 0x000001ff000001ff;
    case 3:  return (v & 0x1ff) - 0x100;
    default: return random_element();
    }
}

static void make_vectors(RunState *s)
{
    uint8_t *p = (uint8_t *)s->p;

    s->vlenb = run_vlenb();
    for (unsigned i = 0; i < RUN_VR_WORDS; i++) {
        s->vr[i] = 0;
    }
    for (unsigned i = 0; i < 17; i++) {
        s->p[i] = 0;
    }
    for (unsigned i = 0; i < s->vlenb * 4; i++) {
        s->vr[i] = next_random() & 1 ? random_offset() : random_lanes();
    }
    for (unsigned i = 0; s->vlenb && i < 32; i++) {
        s->v[i][0] = s->vr[i * s->vlenb / 8];
        s->v[i][1] = s->vr[i * s->vlenb / 8 + 1];
    }
    for (unsigned i = 0; s->vlenb && i < 17; i++) {
        const uint64_t bits = i == 16 && next_random() & 3 ? ~0ull : random_predicate((unsigned)s->vlenb);
        for (unsigned k = 0; k < s->vlenb / 8; k++) {
            *p++ = (uint8_t)(bits >> 8 * k);
        }
    }
}
#else
static void make_vectors(RunState *s)
{
    s->vlenb = run_vlenb();
    s->vl = s->vtype = s->vstart = s->vcsr = 0;
    for (unsigned i = 0; i < RUN_VR_WORDS; i++) {
        s->vr[i] = i * 8 < s->vlenb * 32 ? random_element() : 0;
    }
    if (s->vlenb) {
        const uint64_t k = next_random(), v = next_random();

        s->vtype = (k & 7 ? v & 3 : (v & 7)) | (v >> 3 & 3) << 3 | (v >> 8 & 0xc0);
        s->vtype |= (v >> 16 & 63) ? 0 : 1ull << 63;
        s->vl = k >> 3 & 7 ? ~0ull : v >> 24 & 31;
        s->vl = k >> 6 & 3 ? s->vl : 0;
        s->vstart = k >> 8 & 7 ? 0 : some_vstart(s, v >> 32);
        s->vcsr = k >> 12 & 7;
    }
}
#endif

static uint64_t pristine[RUN_MEM_BYTES / 8];

static void make_state(RunState *s, uint64_t seed)
{
    random_state = seed * 0x2545f4914f6cdd1d;
    for (int i = 0; i < 32; i++) {
        s->x[i] = i >= RUN_FIRST_X ? random_x() : 0;
        s->v[i][0] = box(random_lanes());
        s->v[i][1] = RUN_VECTOR_WORDS == 2 ? random_lanes() : 0;
    }
#ifdef RUN_SP
    s->x[RUN_SP] = RUN_MEM + 0x1000 + (next_random() & 0x1ff0);
#endif
    s->flags = RUN_HAS_FLAGS ? (next_random() & 15) << RUN_FLAGS_SHIFT : 0;
    s->fpcr = next_random();
    s->fpcr = s->fpcr & 0x300000000 ? 0 : s->fpcr & RUN_FPCR_RANDOM;
#ifdef RUN_FPSR_RANDOM
    s->fpsr = next_random() & RUN_FPSR_RANDOM;
#else
    s->fpsr = 0;
#endif
    make_vectors(s);
    s->pc = RUN_CODE;
    s->fault_addr = 0;
    s->end = RUN_OK;
}

/* Results */

static void put_value(const char *name, uint64_t v)
{
    put_char(' ');
    put_text(name);
    put_char('=');
    put_hex(v, 1);
}

static void print_end(const RunState *s, unsigned bytes)
{
    static const char *const names[] = { "", "ill", "segv", "bus", "trap", "fpe" };

    if (s->end != RUN_OK) {
        put_char(' ');
        put_text(names[s->end]);
        if ((s->end == RUN_SEGV || s->end == RUN_BUS) && s->fault_addr
            && !(s->fault_addr >> 47)) {
            put_value("addr", s->fault_addr);   /* x86 hosts do not tell others */
        }
        put_value("pc", s->pc - RUN_CODE);
    } else if (s->pc != RUN_CODE + bytes) {
        put_value("pc", s->pc - RUN_CODE);
    }
}

static void print_changes(const RunState *before, const RunState *after)
{
    char name[8];

    for (int i = RUN_FIRST_X; i < 32; i++) {
        if (before->x[i] != after->x[i]) {
            put_value(run_x_name(i, name), after->x[i]);
        }
    }
    for (int i = 0; i < 32; i++) {
        if (before->v[i][0] != after->v[i][0] || before->v[i][1] != after->v[i][1]) {
            put_text(i < 10 ? " v" : i < 20 ? " v1" : i < 30 ? " v2" : " v3");
            put_char('0' + i % 10);
            put_char('=');
            if (RUN_VECTOR_WORDS == 2) {
                put_hex(after->v[i][1], 16);
                put_char('_');
            }
            put_hex(after->v[i][0], 16);
        }
    }
    if (before->flags != after->flags) {
        put_value("flags", after->flags >> RUN_FLAGS_SHIFT);
    }
    if (before->fpcr != after->fpcr) {
        put_value("fpcr", after->fpcr);
    }
    if (before->fpsr != after->fpsr) {
        put_value("fpsr", after->fpsr);
    }
}

#ifdef RUN_SVE
static void put_number(unsigned n)
{
    if (n >= 10) {
        put_char('0' + n / 10);
    }
    put_char('0' + n % 10);
}

/* What lies above v, and predicates. */
static void print_vectors(const RunState *before, const RunState *after)
{
    const unsigned words = (unsigned)before->vlenb / 8;
    const uint8_t *was = (const uint8_t *)before->p, *is = (const uint8_t *)after->p;

    for (unsigned i = 0; words > 2 && i < 32; i++) {
        const uint64_t *x = before->vr + i * words, *y = after->vr + i * words;
        if (x[2] != y[2] || x[3] != y[3]) {
            put_text(" zh");
            put_number(i);
            put_char('=');
            put_hex(y[3], 16);
            put_char('_');
            put_hex(y[2], 16);
        }
    }
    for (unsigned i = 0; i < 17; i++) {
        uint64_t x = 0, y = 0;
        for (unsigned k = 0; k < words; k++) {
            x |= (uint64_t)*was++ << 8 * k;
            y |= (uint64_t)*is++ << 8 * k;
        }
        if (x != y) {
            put_text(i == 16 ? " ffr" : " p");
            if (i < 16) {
                put_number(i);
            }
            put_char('=');
            put_hex(y, 1);
        }
    }
}
#else
static void print_vectors(const RunState *before, const RunState *after)
{
    const unsigned words = (unsigned)before->vlenb / 8;

    for (unsigned i = 0; words && i < 32; i++) {
        const uint64_t *was = before->vr + i * words, *is = after->vr + i * words;
        unsigned differ = 0;

        for (unsigned k = 0; k < words; k++) {
            differ |= was[k] != is[k];
        }
        if (differ) {
            put_text(i < 10 ? " vr" : i < 20 ? " vr1" : i < 30 ? " vr2" : " vr3");
            put_char('0' + i % 10);
            put_char('=');
            for (unsigned k = words; k-- > 0;) {
                put_hex(is[k], 16);
                if (k) {
                    put_char('_');
                }
            }
        }
    }
    if (words) {
        put_value("vl", after->vl);
        put_value("vtype", after->vtype);
        if (before->vstart != after->vstart) {
            put_value("vstart", after->vstart);
        }
        if (before->vcsr != after->vcsr) {
            put_value("vcsr", after->vcsr);
        }
    }
}
#endif

/* Also puts the memory right again. */
static void print_memory(void)
{
    uint64_t *mem = (uint64_t *)(uintptr_t)RUN_MEM;

    for (unsigned i = 0; i < RUN_MEM_BYTES / 8; i++) {
        if (mem[i] != pristine[i]) {
            put_text(" mem+");
            put_hex(i * 8, 1);
            put_char('=');
            put_hex(mem[i], 16);
            mem[i] = pristine[i];
        }
    }
}

static void fill_memory(void)
{
    uint64_t *mem = (uint64_t *)(uintptr_t)RUN_MEM;

    random_state = 1;
    for (unsigned i = 0; i < RUN_MEM_BYTES / 8; i++) {
        mem[i] = pristine[i] = i % 4 ? next_random() : random_x();
    }
}

/* A word of 4 digits is a 16-bit instruction. */
static unsigned read_words(const char *p, uint32_t *words, unsigned *bytes)
{
    unsigned n = 0;

    *bytes = 0;
    while (n < RUN_MAX_WORDS) {
        const char *start;
        uint32_t w;

        while (*p == ' ') {
            p++;
        }
        start = p;
        w = read_hex(&p);
        if (p == start) {
            break;
        }
        *bytes += p - start <= 4 ? 2 : 4;
        words[n++] = w;
    }
    return n;
}

static int run_case(const char *line)
{
    static RunState before, after;
    uint32_t words[RUN_MAX_WORDS];
    unsigned n, bytes;
    const char *p = line;
    uint64_t seed = read_hex(&p);

    if (*p++ != ':') {
        return 0;
    }
    n = read_words(p, words, &bytes);
    if (!n) {
        return 0;
    }
    make_state(&before, seed);
    after = before;
    run_words(&after, words, n, bytes);
    for (p = line; *p && *p != '='; p++) {
        put_char(*p);
    }
    put_text(p > line && p[-1] == ' ' ? "=" : " =");
    print_end(&after, bytes);
    print_changes(&before, &after);
    print_vectors(&before, &after);
    print_memory();
    put_char('\n');
    return 1;
}

int run_cases(void)
{
    static char line[4096];
    int bad = 0;

    fill_memory();
    while (get_line(line, sizeof(line))) {
        if (*line == '#' || !*line) {
            put_text(line);
            put_char('\n');
        } else {
            bad += !run_case(line);
        }
    }
    flush();
    return bad;
}
