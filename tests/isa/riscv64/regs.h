/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V for the instruction tests. fpcr is frm, fpsr is fflags, v is f. */
#ifndef ISA_RISCV64_REGS_H
#define ISA_RISCV64_REGS_H

uint64_t run_v_length(void);    /* stub.S: the csr vlenb, if the test is for vectors, else 0 */
#define RUN_VLENB() run_v_length()
#define RUN_FIRST_X 1
#define RUN_SP 2                /* keeps 16 byte alignment */
#define RUN_HAS_FLAGS 0
#define RUN_VECTOR_WORDS 1
#define RUN_BOXED 1             /* most values that are narrower than a register are NaN-boxed */
#define RUN_FPCR_RANDOM 7       /* the reserved modes 5 to 7 too */
#define RUN_FPSR_RANDOM 31
#define RUN_FLAGS_SHIFT 0
#define RUN_FILLER 0x00000000   /* c.unimp */

static inline const char *run_x_name(int n, char *buf)
{
    buf[0] = 'x';
    buf[1] = n < 10 ? '0' + n : '0' + n / 10;
    buf[2] = n < 10 ? 0 : '0' + n % 10;
    buf[3] = 0;
    return buf;
}

#endif
