# SPDX-License-Identifier: BSD-2-Clause
noinst_LTLIBRARIES += linux-user/liblinux-user.la
linux_user_liblinux_user_la_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(top_srcdir)/linux-user \
	-I$(top_srcdir)/libtcg/include -I$(top_srcdir)/lib/include
linux_user_liblinux_user_la_CCASFLAGS =
linux_user_liblinux_user_la_SOURCES = \
	linux-user/main.c \
	linux-user/options.c linux-user/options.h \
	linux-user/nearest.c \
	linux-user/target.h \
	linux-user/probe.c \
	linux-user/load.c linux-user/load.h \
	linux-user/stack.c \
	linux-user/path.c linux-user/path.h \
	linux-user/fds.c linux-user/fds.h \
	linux-user/busy.c linux-user/busy.h \
	linux-user/tagged.c linux-user/tagged.h \
	linux-user/guestmem.c linux-user/guestmem.h \
	linux-user/host.c linux-user/host.h linux-user/host-x86_64.S \
	linux-user/map.c linux-user/map.h \
	linux-user/signal.c linux-user/signal.h \
	linux-user/thread.c linux-user/thread.h linux-user/thread-private.h \
	linux-user/clone.c linux-user/trace.c linux-user/trace.h \
	linux-user/exec.c linux-user/exec.h linux-user/seccomp.c linux-user/seccomp.h \
	linux-user/gdb.c linux-user/gdb-stop.c linux-user/gdb.h linux-user/gdb-private.h linux-user/gdb-regs.h \
	linux-user/dispatch.c linux-user/syscall.h linux-user/syscalls.def linux-user/syscall-numbers.h \
	linux-user/procfs.c linux-user/procfs.h \
	linux-user/strace.c linux-user/strace-names.c linux-user/strace-names.h \
	linux-user/syscall/file.c \
	linux-user/syscall/mem.c \
	linux-user/syscall/misc.c \
	linux-user/syscall/proc.c \
	linux-user/syscall/ptrace.c linux-user/syscall/ptrace.h linux-user/syscall/ptrace-wait.c \
	linux-user/syscall/rseq.c \
	linux-user/syscall/sig.c \
	linux-user/syscall/time.c \
	linux-user/syscall/wait.c \
	linux-user/abi/aarch64/abi.c \
	linux-user/abi/aarch64/cpuinfo.c linux-user/abi/aarch64/cpuinfo.h \
	linux-user/abi/aarch64/regs.c \
	linux-user/abi/aarch64/sve.h linux-user/abi/aarch64/sve.c linux-user/abi/aarch64/frame.c linux-user/abi/aarch64/frame.h \
	linux-user/abi/riscv64/abi.c \
	linux-user/abi/riscv64/regs.c linux-user/abi/riscv64/frame.c linux-user/abi/riscv64/frame.h
EXTRA_DIST += linux-user/README.md linux-user/syscall/README.md linux-user/abi/README.md
