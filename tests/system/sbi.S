/* SPDX-License-Identifier: BSD-2-Clause */
/* A program in supervisor mode that calls the built-in firmware: first calls whose answers are known [SBI 2.0], then many
 * with arguments of all kinds.  Prints "ok" or "bad N" (the row), then "done"; ends by SRST. */
    .option norvc
    .globl _start
_start:
    la      sp, stack
    bnez    a0, 1f              /* hart 0 begins, a1 is the device tree */
    beqz    a1, 1f
    lw      t0, (a1)
    li      t1, 0xedfe0dd0
    slli    t0, t0, 32
    srli    t0, t0, 32
    bne     t0, t1, 1f
    j       2f
1:  li      s1, 99
    j       bad

    /* Rows: eid, fid, a0, a1, a2, error, value, 1 if the value counts. */
2:  la      s0, rows
    li      s1, 0
3:  ld      a7, 0(s0)
    li      t0, -1
    beq     a7, t0, fuzz
    ld      a6, 8(s0)
    ld      a0, 16(s0)
    ld      a1, 24(s0)
    ld      a2, 32(s0)
    ecall
    ld      t0, 40(s0)
    bne     a0, t0, bad
    ld      t0, 56(s0)
    beqz    t0, 4f
    ld      t0, 48(s0)
    bne     a1, t0, bad
4:  addi    s0, s0, 64
    addi    s1, s1, 1
    j       3b

fuzz:
    la      a0, text_ok
    jal     print
    li      s0, 88172645463325252
    li      s2, 20000
5:  jal     random
    andi    t0, s0, 15
    slli    t0, t0, 3
    la      t1, eids
    add     t1, t1, t0
    ld      a7, (t1)
    jal     random
    srli    a6, s0, 60
    li      t0, 0x48534d        /* HSM: not stop and suspend, which would end the program */
    bne     a7, t0, 6f
    andi    a6, a6, 2
6:  jal     random
    mv      a0, s0
    jal     random
    mv      a1, s0
    andi    t0, s0, 1
    beqz    t0, 7f
    srli    a0, a0, 61
    srli    a1, a1, 58
7:  jal     random
    mv      a2, s0
    mv      a3, s0
    li      t0, 0x4442434e      /* DBCN: up to 7 bytes */
    bne     a7, t0, 8f
    li      a6, 1
8:  ecall
    addi    s2, s2, -1
    bnez    s2, 5b
    la      a0, text_done
    jal     print
    li      a7, 0x53525354
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
9:  j       9b

bad:
    la      a0, text_bad
    jal     print
    li      t0, 10
    divu    a0, s1, t0
    addi    a0, a0, '0'
    li      a7, 1
    ecall
    li      t0, 10
    remu    a0, s1, t0
    addi    a0, a0, '0'
    ecall
    li      a7, 8
    ecall

print:      /* a0: text; by the debug console: number of bytes, address */
    mv      t2, a0
    mv      t3, a0
1:  lbu     t0, (t3)
    addi    t3, t3, 1
    bnez    t0, 1b
    sub     a0, t3, t2
    addi    a0, a0, -1
    mv      a1, t2
    li      a2, 0
    li      a6, 0
    li      a7, 0x4442434e
    ecall
    ret

random:
    slli    t0, s0, 13
    xor     s0, s0, t0
    srli    t0, s0, 7
    xor     s0, s0, t0
    slli    t0, s0, 17
    xor     s0, s0, t0
    ret

    .balign 8
#define ROW(eid, fid, a, b, c, error, value, counts) .dword eid, fid, a, b, c, error, value, counts
rows:
    ROW(0x10, 0, 0, 0, 0, 0, 0x02000000, 1)             /* version 2.0 */
    ROW(0x10, 3, 0x54494d45, 0, 0, 0, 1, 1)             /* TIME is there */
    ROW(0x10, 3, 0x735049, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x52464e43, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x48534d, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x53525354, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x4442434e, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x53555350, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x504d55, 0, 0, 0, 0, 1)               /* PMU is not */
    ROW(0x10, 4, 0, 0, 0, 0, 0, 1)                      /* mvendorid */
    ROW(0x10, 7, 0, 0, 0, -2, 0, 0)
    ROW(0x54494d45, 0, -1, 0, 0, 0, 0, 0)
    ROW(0x54494d45, 1, 0, 0, 0, -2, 0, 0)
    ROW(0x735049, 0, 1, 0, 0, 0, 0, 0)                  /* to hart 0 */
    ROW(0x735049, 0, 0, -1, 0, 0, 0, 0)                 /* to all */
    ROW(0x735049, 0, 2, 0, 0, -3, 0, 0)                 /* there is one hart */
    ROW(0x735049, 0, 1, 1, 0, -3, 0, 0)
    ROW(0x735049, 0, 0, 5, 0, 0, 0, 0)                  /* to none */
    ROW(0x52464e43, 0, 1, 0, 0, 0, 0, 0)
    ROW(0x52464e43, 1, 1, 0, 0, 0, 0, 0)
    ROW(0x52464e43, 2, 0, -1, 0, 0, 0, 0)
    ROW(0x52464e43, 1, 4, 0, 0, -3, 0, 0)
    ROW(0x52464e43, 3, 1, 0, 0, -2, 0, 0)               /* fences of guests of guests */
    ROW(0x48534d, 0, 0, 0, 0, -6, 0, 0)                 /* hart 0 runs */
    ROW(0x48534d, 0, 1, 0, 0, -3, 0, 0)                 /* hart 1 is not there */
    ROW(0x48534d, 2, 0, 0, 0, 0, 0, 1)                  /* started */
    ROW(0x48534d, 2, 7, 0, 0, -3, 0, 0)
    ROW(0x48534d, 3, 5, 0, 0, -3, 0, 0)                 /* a kind of suspend that is reserved */
    ROW(0x53555350, 0, 1, 0, 0, -3, 0, 0)               /* likewise of the system's */
    ROW(0x53555350, 1, 0, 0, 0, -2, 0, 0)
    ROW(0x53525354, 0, 3, 0, 0, -3, 0, 0)               /* a kind of reset that is reserved */
    ROW(0x53525354, 0, 0, 2, 0, -3, 0, 0)
    ROW(0x53525354, 1, 0, 0, 0, -2, 0, 0)
    ROW(0x4442434e, 0, 8, 0x40, 0, -3, 0, 0)            /* no memory there */
    ROW(0x4442434e, 0, 8, 0x80200000, 1, -3, 0, 0)
    ROW(0x4442434e, 1, 8, 0x80300000, 0, 0, 0, 1)       /* nothing to read */
    ROW(0x4442434e, 9, 0, 0, 0, -2, 0, 0)
    ROW(0x504d55, 0, 0, 0, 0, -2, 0, 0)
    ROW(0x12345678, 0, 0, 0, 0, -2, 0, 0)
    ROW(0, 0, -1, 0, 0, 0, 0, 0)                        /* legacy: set_timer */
    ROW(2, 0, 0, 0, 0, -1, 0, 0)                        /* getchar: none */
    ROW(3, 0, 0, 0, 0, 0, 0, 0)
    ROW(5, 0, 0, 0, 0, 0, 0, 0)
    ROW(6, 0, 0, 0, 0, 0, 0, 0)
    .dword  -1
eids:
    .dword  0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0x4442434e, 0x504d55, 0x12345678
    .dword  0, 2, 3, 4, 5, 6, 7, 0x52464e43
text_ok:    .asciz "ok\n"
text_bad:   .asciz "bad "
text_done:  .asciz "done\n"
    .balign 16
    .skip   4096
stack:
