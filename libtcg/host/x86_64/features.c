/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the host's instruction set extensions generated code uses: chosen once, when the first CPU is made.
 * [SDM 2A CPUID, SDM 1 14.3] */
#include "host/x86_64/emit.h"

#include <cpuid.h>
#include <stdlib.h>

unsigned hx86_features;

/* HX_AVX512 is the foundation with VL, BW and DQ. */
static const struct { const char *name; unsigned bits; } names[] = {
    { "avx", HX_AVX }, { "avx2", HX_AVX2 }, { "fma", HX_FMA }, { "bmi1", HX_BMI1 }, { "bmi2", HX_BMI2 },
    { "lzcnt", HX_LZCNT }, { "f16c", HX_F16C }, { "aes", HX_AES }, { "pclmul", HX_PCLMUL },
    { "avx512", HX_AVX512 }, { "popcnt", HX_POPCNT }, { "vnni", HX_VNNI },
};
enum { NAMES = sizeof names / sizeof *names };

/* What each extension cannot do without. */
static unsigned consistent(unsigned f)
{
    if (!(f & HX_AVX)) {
        f &= ~(unsigned)(HX_AVX2 | HX_FMA | HX_F16C);
    }
    if (!(f & HX_AVX2)) {
        f &= ~(unsigned)HX_AVX512;
    }
    return f & HX_AVX512 ? f : f & ~(unsigned)HX_VNNI;
}

/* By CPUID itself, where compilers differ in what __builtin_cpu_supports knows. [SDM 2A 3.2] leaves 1, 80000001H */
static unsigned more_features(void)
{
    unsigned a, b, c, d, f = 0;

    f |= __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C ? HX_F16C : 0;
    f |= __get_cpuid(0x80000001, &a, &b, &c, &d) && c & bit_LZCNT ? HX_LZCNT : 0;
    return f;
}

void hx_features_init(uint64_t mask)
{
    unsigned f = more_features();

    __builtin_cpu_init();
    f |= __builtin_cpu_supports("avx") ? HX_AVX : 0;
    f |= __builtin_cpu_supports("avx2") ? HX_AVX2 : 0;
    f |= __builtin_cpu_supports("fma") ? HX_FMA : 0;
    f |= __builtin_cpu_supports("bmi") ? HX_BMI1 : 0;
    f |= __builtin_cpu_supports("bmi2") ? HX_BMI2 : 0;
    f |= __builtin_cpu_supports("popcnt") ? HX_POPCNT : 0;
    f |= __builtin_cpu_supports("aes") ? HX_AES : 0;
    f |= __builtin_cpu_supports("pclmul") ? HX_PCLMUL : 0;
    f |= __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") ? HX_AVX512 : 0;
    f |= __builtin_cpu_supports("avx512vnni") ? HX_VNNI : 0;
    hx86_features = consistent(f & ~(unsigned)mask);
}

static unsigned feature(const char *name, size_t n)
{
    for (unsigned k = 0; k < NAMES; k++) {
        if (!strncmp(names[k].name, name, n) && !names[k].name[n]) {
            return names[k].bits;
        }
    }
    return 0;
}

bool tcg_host_features(const char *list, uint64_t *mask, const char **bad)
{
    unsigned use = 0;

    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        unsigned bits = feature(p, n);
        bool base = n == 4 && !strncmp(p, "base", 4);
        if (!bits && !base) {
            *bad = p;
            return false;
        }
        use |= bits;
        p += n + (p[n] == ',');
    }
    *mask = ~(uint64_t)use;
    return true;
}
