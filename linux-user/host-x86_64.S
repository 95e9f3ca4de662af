/* SPDX-License-Identifier: BSD-2-Clause */
/* Routines whose instruction addresses signal handlers know; see host.h. */
	.text

	.globl	lu_host_syscall
	.globl	lu_host_syscall_begin
	.globl	lu_host_syscall_insn
	.globl	lu_host_syscall_early
	.globl	lu_host_syscall_again
	.type	lu_host_syscall, @function
lu_host_syscall:
	movq	%rdi, %r11
	movq	%rsi, %rax
	movq	%rdx, %rcx
	movq	0(%rcx), %rdi
	movq	8(%rcx), %rsi
	movq	16(%rcx), %rdx
	movq	24(%rcx), %r10
	movq	32(%rcx), %r8
	movq	40(%rcx), %r9
	xorl	%ecx, %ecx
lu_host_syscall_begin:
	cmpl	$0, (%r11)
	jne	lu_host_syscall_early
lu_host_syscall_insn:
	syscall
	ret
lu_host_syscall_early:
	movq	$-513, %rax
	ret
lu_host_syscall_again:
	movq	$-512, %rax
	ret
	.size	lu_host_syscall, . - lu_host_syscall

	.globl	lu_raw
	.type	lu_raw, @function
lu_raw:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	ret
	.size	lu_raw, . - lu_raw

	.globl	lu_host_copy
	.globl	lu_host_copy_insn
	.globl	lu_host_copy_fault
	.type	lu_host_copy, @function
lu_host_copy:
	movq	%rdx, %rcx
lu_host_copy_insn:
	rep movsb
	xorl	%eax, %eax
	ret
lu_host_copy_fault:
	movl	$1, %eax
	ret
	.size	lu_host_copy, . - lu_host_copy

	.globl	lu_host_copy_str
	.globl	lu_host_copy_str_insn
	.globl	lu_host_copy_str_fault
	.type	lu_host_copy_str, @function
lu_host_copy_str:
	xorl	%eax, %eax
1:	cmpq	%rdx, %rax
	jae	2f
lu_host_copy_str_insn:
	movzbl	(%rsi,%rax), %ecx
	movb	%cl, (%rdi,%rax)
	testl	%ecx, %ecx
	je	3f
	incq	%rax
	jmp	1b
2:	movq	$-2, %rax
3:	ret
lu_host_copy_str_fault:
	movq	$-1, %rax
	ret
	.size	lu_host_copy_str, . - lu_host_copy_str

	.globl	lu_host_sigreturn
	.type	lu_host_sigreturn, @function
	nop
lu_host_sigreturn:
	movl	$15, %eax
	syscall
	.size	lu_host_sigreturn, . - lu_host_sigreturn

	.section .note.GNU-stack,"",@progbits
