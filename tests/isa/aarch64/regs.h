/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64 for the instruction tests. */
#ifndef ISA_AARCH64_REGS_H
#define ISA_AARCH64_REGS_H

uint64_t run_v_length(void);    /* stub.S: bytes of an SVE register, if the test is for these, else 0 */
#define RUN_VLENB() run_v_length()
#define RUN_SVE 1
#define RUN_FIRST_X 0
#define RUN_SP 31               /* keeps 16 byte alignment */
#define RUN_HAS_FLAGS 1
#define RUN_VECTOR_WORDS 2
#define RUN_FPCR_RANDOM 0x07c80000  /* AHP, DN, FZ, RMode, FZ16 */
#define RUN_FLAGS_SHIFT 28
#define RUN_FILLER 0x00000000   /* UDF */

static inline const char *run_x_name(int n, char *buf)
{
    if (n == 31) {
        return "sp";
    }
    buf[0] = 'x';
    buf[1] = n < 10 ? '0' + n : '0' + n / 10;
    buf[2] = n < 10 ? 0 : '0' + n % 10;
    buf[3] = 0;
    return buf;
}

#endif
