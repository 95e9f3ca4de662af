/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of bare-metal tests; trap entries; changing of privilege. Each hart has a frame: 0..31 registers, then see boot.h. */
    .option norelax
    .section .start, "ax"
    .globl _start
_start:
    csrr t0, mhartid
    la sp, stacks
    addi t1, t0, 1
    slli t1, t1, 14
    add sp, sp, t1
    la t1, frames
    slli t2, t0, 10
    add t1, t1, t2
    csrw mscratch, t1
    la t1, m_entry
    csrw mtvec, t1
    mv a0, t0
    call hart_main
1:  wfi
    j 1b

    .macro SAVE
    sd x1, 8(sp)
    .irp r, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\r, 8*\r(sp)
    .endr
    .endm
    .macro RESTORE
    ld x1, 8(sp)
    .irp r, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\r, 8*\r(sp)
    .endr
    ld sp, 16(sp)
    .endm

    .text
    .balign 4
    .globl m_entry
m_entry:
    csrrw sp, mscratch, sp
    SAVE
    csrr t0, mscratch
    sd t0, 16(sp)
    csrw mscratch, sp
    mv a0, sp
    ld sp, 256(sp)          /* the handler's stack */
    call m_trap
    csrr sp, mscratch
    RESTORE
    mret

    .balign 4
    .globl s_entry
s_entry:
    csrrw sp, sscratch, sp
    SAVE
    csrr t0, sscratch
    sd t0, 16(sp)
    csrw sscratch, sp
    mv a0, sp
    ld sp, 256(sp)
    call s_trap
    csrr sp, sscratch
    RESTORE
    sret

    /* uint64_t enter(fn, arg, frame): calls fn(arg) in the mode of mstatus.MPP; comes back when fn returns (it then does
     * ECALL with a7 = 0x4242). */
    .globl enter
enter:
    sd ra, 264(a2)
    sd sp, 272(a2)
    sd s0, 280(a2)
    sd s1, 288(a2)
    sd s2, 296(a2)
    sd s3, 304(a2)
    sd s4, 312(a2)
    sd s5, 320(a2)
    sd s6, 328(a2)
    sd s7, 336(a2)
    sd s8, 344(a2)
    sd s9, 352(a2)
    sd s10, 360(a2)
    sd s11, 368(a2)
    csrw mepc, a0
    mv a0, a1
    la ra, back
    mret
    .globl enter_end
enter_end:                      /* a0 result, a2 frame; in M mode */
    ld ra, 264(a2)
    ld sp, 272(a2)
    ld s0, 280(a2)
    ld s1, 288(a2)
    ld s2, 296(a2)
    ld s3, 304(a2)
    ld s4, 312(a2)
    ld s5, 320(a2)
    ld s6, 328(a2)
    ld s7, 336(a2)
    ld s8, 344(a2)
    ld s9, 352(a2)
    ld s10, 360(a2)
    ld s11, 368(a2)
    ret

    .section .user, "ax"
    .globl back
back:
    li a7, 0x4242
    ecall
