# SPDX-License-Identifier: BSD-2-Clause
# RISC-V: start, system calls, and the way to the code under test. No register is free for a jump there and back, so
# both ways are breakpoints: run_from_context (context.c) fills in or takes the whole state.

    .text
    .globl _start, sys_call, run_flush, run_stubs, run_recover
_start:
    li      s0, 0
    tail    run_main

sys_call:
    mv      a7, a0
    mv      a0, a1
    mv      a1, a2
    mv      a2, a3
    mv      a3, a4
    mv      a4, a5
    mv      a5, a6
    ecall
    ret

run_flush:
    fence.i
    ret

run_stubs:
    addi    sp, sp, -112
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    sd      s1, 16(sp)
    sd      s2, 24(sp)
    sd      s3, 32(sp)
    sd      s4, 40(sp)
    sd      s5, 48(sp)
    sd      s6, 56(sp)
    sd      s7, 64(sp)
    sd      s8, 72(sp)
    sd      s9, 80(sp)
    sd      s10, 88(sp)
    sd      s11, 96(sp)
    lla     t0, run_saved_sp
    sd      sp, 0(t0)
    lla     t0, run_entering
    li      t1, 1
    sw      t1, 0(t0)
    ebreak

# Here with any registers but sp.
run_recover:
    fscsr   zero
    ld      ra, 0(sp)
    ld      s0, 8(sp)
    ld      s1, 16(sp)
    ld      s2, 24(sp)
    ld      s3, 32(sp)
    ld      s4, 40(sp)
    ld      s5, 48(sp)
    ld      s6, 56(sp)
    ld      s7, 64(sp)
    ld      s8, 72(sp)
    ld      s9, 80(sp)
    ld      s10, 88(sp)
    ld      s11, 96(sp)
    addi    sp, sp, 112
    ret

# VECTORS is defined for tests of the vector extension.
    .globl run_v_length, run_v_load, run_v_store
#ifdef VECTORS
    .option push
    .option arch, +v
run_v_length:
    csrr    a0, vlenb
    ret

run_v_load:
    csrr    t0, vlenb
    slli    t0, t0, 3
    csrw    vstart, zero
    vl8re8.v v0, (a0)
    add     a0, a0, t0
    vl8re8.v v8, (a0)
    add     a0, a0, t0
    vl8re8.v v16, (a0)
    add     a0, a0, t0
    vl8re8.v v24, (a0)
    vsetvl  zero, a1, a2
    csrw    vcsr, a4
    csrw    vstart, a3
    ret

run_v_store:
    csrr    t0, vl
    sd      t0, 0(a1)
    csrr    t0, vtype
    sd      t0, 8(a1)
    csrr    t0, vstart
    sd      t0, 16(a1)
    csrr    t0, vcsr
    sd      t0, 24(a1)
    csrr    t0, vlenb
    slli    t0, t0, 3
    csrw    vstart, zero
    vs8r.v  v0, (a0)
    add     a0, a0, t0
    vs8r.v  v8, (a0)
    add     a0, a0, t0
    vs8r.v  v16, (a0)
    add     a0, a0, t0
    vs8r.v  v24, (a0)
    ret
    .option pop
#else
run_v_length:
    li      a0, 0
run_v_load:
run_v_store:
    ret
#endif

# Nothing is copied to RUN_STUBS.
    .globl run_entry, run_entry_end, run_exit, run_exit_end
run_entry:
run_entry_end:
run_exit:
run_exit_end:

    .bss
    .globl run_saved_sp, run_entering
    .balign 8
run_saved_sp: .skip 8
run_entering: .skip 8
