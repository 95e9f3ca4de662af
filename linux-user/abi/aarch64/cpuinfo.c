/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/cpuinfo of AArch64. [kernel arch/arm64/kernel/cpuinfo.c,
 * Documentation/arch/arm64/elf_hwcaps.rst] */
#include "abi/aarch64/cpuinfo.h"

#include <stdio.h>
#include <unistd.h>

/* By bit of AT_HWCAP and AT_HWCAP2. */
static const char *const hwcap_names[32] = {
    "fp",      "asimd", "evtstrm", "aes",   "pmull",    "sha1",   "sha2", "crc32",
    "atomics", "fphp",  "asimdhp", "cpuid", "asimdrdm", "jscvt",  "fcma", "lrcpc",
    "dcpop",   "sha3",  "sm3",     "sm4",   "asimddp",  "sha512", "sve",  "asimdfhm",
    "dit",     "uscat", "ilrcpc",  "flagm", "ssbs",     "sb",     "paca", "pacg",
};
static const char *const hwcap2_names[] = {
    "dcpodp", "sve2",    "sveaes",   "svepmull", "svebitperm", "svesha3", "svesm4", "flagm2",
    "frint",  "svei8mm", "svef32mm", "svef64mm", "svebf16",    "i8mm",    "bf16",   "dgh",
    "rng",    "bti",     "mte",      "ecv",      "afp",        "rpres",
};

static void write_features(const A64Model *m, int fd)
{
    for (unsigned i = 0; i < 32; i++) {
        if (m->hwcap >> i & 1) {
            dprintf(fd, " %s", hwcap_names[i]);
        }
    }
    for (unsigned i = 0; i < sizeof hwcap2_names / sizeof *hwcap2_names; i++) {
        if (m->hwcap2 >> i & 1) {
            dprintf(fd, " %s", hwcap2_names[i]);
        }
    }
}

void lu_a64_cpuinfo(const A64Model *m, int fd)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    for (long i = 0; i < n; i++) {
        dprintf(fd, "processor\t: %ld\nBogoMIPS\t: 100.00\nFeatures\t:", i);
        write_features(m, fd);
        dprintf(fd,
                "\nCPU implementer\t: 0x%02x\nCPU architecture: 8\nCPU variant\t: 0x%x\nCPU "
                "part\t: 0x%03x\n"
                "CPU revision\t: %d\n\n",
                (unsigned)(m->midr >> 24 & 0xff), (unsigned)(m->midr >> 20 & 0xf),
                (unsigned)(m->midr >> 4 & 0xfff), (int)(m->midr & 0xf));
    }
}
