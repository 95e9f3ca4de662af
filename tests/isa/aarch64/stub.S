/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64: start, system calls, and the way into and out of the code under test. run_entry and run_exit are copied
 * to RUN_STUBS, so that no branch under test lands in them by chance; they are position independent. */

    .text
    .globl _start, sys_call, run_flush, run_stubs, run_recover
_start:
    mov     x29, xzr
    mov     x30, xzr
    bl      run_main

sys_call:
    mov     x8, x0
    mov     x0, x1
    mov     x1, x2
    mov     x2, x3
    mov     x3, x4
    mov     x4, x5
    mov     x5, x6
    svc     #0
    ret

/* VECTORS is defined for tests of SVE. */
    .globl run_v_length
#ifdef VECTORS
    .arch   armv8.2-a+sve
#endif
run_v_length:
#ifdef VECTORS
    rdvl    x0, #1
#else
    mov     x0, #0
#endif
    ret

/* 64-byte lines are the largest step that CTR_EL0 of any model here allows. */
run_flush:
    and     x0, x0, #~63
    mov     x2, x0
1:  dc      cvau, x2
    add     x2, x2, #64
    cmp     x2, x1
    b.lo    1b
    dsb     ish
2:  ic      ivau, x0
    add     x0, x0, #64
    cmp     x0, x1
    b.lo    2b
    dsb     ish
    isb
    ret

/* Saves what the C code wants back. */
run_stubs:
    stp     x29, x30, [sp, #-160]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    adrp    x1, run_saved_sp
    add     x1, x1, :lo12:run_saved_sp
    mov     x0, sp
    str     x0, [x1]
    movz    x1, #0x291a, lsl #16        // RUN_STUBS
    movk    x1, #0xc000
    br      x1

/* Here with any registers but sp. */
run_recover:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     d8, d9, [sp, #96]
    ldp     d10, d11, [sp, #112]
    ldp     d12, d13, [sp, #128]
    ldp     d14, d15, [sp, #144]
    ldp     x29, x30, [sp], #160
    ret

/* Offsets in RunState: x 0, v 256, flags 768, fpcr 776, fpsr 784, vr 856, p 1880. */
    .globl run_entry, run_entry_end, run_exit, run_exit_end
    .balign 8
run_entry:
    ldr     x0, 1f
    b       2f
    .balign 8
1:  .quad   run_state
2:  ldr     x1, [x0, #776]
    msr     fpcr, x1
    ldr     x1, [x0, #784]
    msr     fpsr, x1
    ldr     x1, [x0, #768]
    msr     nzcv, x1
    ldr     x1, [x0, #248]
    mov     sp, x1
#ifdef VECTORS
    add     x1, x0, #856
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ldr     z\n, [x1, #\n, mul vl]
    .endr
    add     x1, x1, #1024
    ldr     p0, [x1, #16, mul vl]
    wrffr   p0.b
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    ldr     p\n, [x1, #\n, mul vl]
    .endr
#else
    add     x0, x0, #256
    ldp     q0, q1, [x0], #32
    ldp     q2, q3, [x0], #32
    ldp     q4, q5, [x0], #32
    ldp     q6, q7, [x0], #32
    ldp     q8, q9, [x0], #32
    ldp     q10, q11, [x0], #32
    ldp     q12, q13, [x0], #32
    ldp     q14, q15, [x0], #32
    ldp     q16, q17, [x0], #32
    ldp     q18, q19, [x0], #32
    ldp     q20, q21, [x0], #32
    ldp     q22, q23, [x0], #32
    ldp     q24, q25, [x0], #32
    ldp     q26, q27, [x0], #32
    ldp     q28, q29, [x0], #32
    ldp     q30, q31, [x0]
    sub     x0, x0, #480 + 256
#endif
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldr     x30, [x0, #240]
    clrex
    ldp     x0, x1, [x0]
run_entry_end:

    .balign 8
run_exit:
    msr     tpidr_el0, x0
    ldr     x0, 1f
    b       2f
    .balign 8
1:  .quad   run_state
3:  .quad   run_saved_sp
4:  .quad   run_recover
2:  stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    str     x30, [x0, #240]
    mrs     x2, tpidr_el0
    stp     x2, x1, [x0]
    mov     x1, sp
    str     x1, [x0, #248]
    mrs     x1, nzcv
    str     x1, [x0, #768]
    mrs     x1, fpcr
    str     x1, [x0, #776]
    mrs     x1, fpsr
    str     x1, [x0, #784]
#ifdef VECTORS
    add     x1, x0, #856
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str     z\n, [x1, #\n, mul vl]
    .endr
    add     x1, x1, #1024
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    str     p\n, [x1, #\n, mul vl]
    .endr
    rdffr   p0.b
    str     p0, [x1, #16, mul vl]
#else
    add     x0, x0, #256
    stp     q0, q1, [x0], #32
    stp     q2, q3, [x0], #32
    stp     q4, q5, [x0], #32
    stp     q6, q7, [x0], #32
    stp     q8, q9, [x0], #32
    stp     q10, q11, [x0], #32
    stp     q12, q13, [x0], #32
    stp     q14, q15, [x0], #32
    stp     q16, q17, [x0], #32
    stp     q18, q19, [x0], #32
    stp     q20, q21, [x0], #32
    stp     q22, q23, [x0], #32
    stp     q24, q25, [x0], #32
    stp     q26, q27, [x0], #32
    stp     q28, q29, [x0], #32
    stp     q30, q31, [x0]
#endif
    msr     fpcr, xzr
    ldr     x1, 3b
    ldr     x1, [x1]
    mov     sp, x1
    ldr     x1, 4b
    br      x1
run_exit_end:

    .bss
    .globl run_saved_sp
    .balign 8
run_saved_sp: .skip 8
