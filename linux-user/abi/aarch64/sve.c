/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE vector lengths as Linux has them. [Linux arm64 sve] [man 2 prctl] */
#include "abi/aarch64/sve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* [kernel include/uapi/linux/prctl.h] */
enum { VL_LENGTH = 0xffff, VL_INHERIT = 1 << 17, VL_ONEXEC = 1 << 18 };
enum { VL_MAX = 8192 };         /* of the ABI, in bytes */

static int64_t status(const A64Cpu *cpu, unsigned vq)
{
    return (int64_t)vq * 16 | (cpu->sve_inherit ? VL_INHERIT : 0);
}

int64_t lu_a64_sve_set(A64Cpu *cpu, uint64_t arg)
{
    const uint64_t vl = arg & VL_LENGTH, flags = arg & ~(uint64_t)VL_LENGTH;

    if (!cpu->vq || flags & ~(uint64_t)(VL_INHERIT | VL_ONEXEC) || vl < 16 || vl > VL_MAX || vl % 16) {
        return -EINVAL;
    }
    const unsigned vq = a64_vq_allowed(cpu->model, vl / 16 > A64_VQ_MAX ? A64_VQ_MAX : (unsigned)vl / 16);
    cpu->sve_inherit = flags & VL_INHERIT;
    cpu->sve_exec_vq = flags ? (uint8_t)vq : 0;
    if (!(flags & VL_ONEXEC)) {
        a64_vq_set(cpu, vq);
    }
    return status(cpu, vq);
}

int64_t lu_a64_sve_get(const A64Cpu *cpu)
{
    return cpu->vq ? status(cpu, cpu->vq) : -EINVAL;
}

bool lu_a64_sve_exec_get(const TcgEnv *env, char *text, size_t size)
{
    const A64Cpu *cpu = (const A64Cpu *)env;

    snprintf(text, size, "%u%s", cpu->sve_exec_vq * 16u, cpu->sve_inherit ? "i" : "");
    return cpu->sve_exec_vq;
}

bool lu_a64_sve_exec_set(TcgEnv *env, const char *text)
{
    A64Cpu *cpu = (A64Cpu *)env;
    char *end;
    const unsigned long vl = strtoul(text, &end, 10);

    if (!cpu->vq || !vl || vl % 16 || vl > VL_MAX || (*end && (*end != 'i' || end[1]))) {
        return false;
    }
    const unsigned vq = a64_vq_allowed(cpu->model, vl / 16 > A64_VQ_MAX ? A64_VQ_MAX : (unsigned)vl / 16);
    a64_vq_set(cpu, vq);
    cpu->sve_inherit = *end == 'i';
    cpu->sve_exec_vq = cpu->sve_inherit ? (uint8_t)vq : 0;
    return true;
}
