# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/boot/boot-host
tests_boot_boot_host_SOURCES = tests/boot/host.c
tests_boot_boot_host_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib/include -I$(top_srcdir)/libtcg/include
tests_boot_boot_host_LDADD = libtcg/libtcg.la lib/libbase.la
check_PROGRAMS += tests/boot/t-machine
tests_boot_t_machine_SOURCES = tests/boot/t-machine.c
tests_boot_t_machine_CPPFLAGS = $(tests_boot_boot_host_CPPFLAGS) $(GLIB_CFLAGS)
tests_boot_t_machine_LDADD = libtcg/libtcg.la lib/libbase.la $(GLIB_LIBS)
TESTS += tests/boot/t-machine tests/boot/t-riscv64.sh
EXTRA_DIST += tests/boot/README.md tests/boot/t-riscv64.sh tests/boot/riscv64/build tests/boot/riscv64/link.ld \
	tests/boot/riscv64/boot.h tests/boot/riscv64/boot.c tests/boot/riscv64/start.S tests/boot/riscv64/traps.c \
	tests/boot/riscv64/mmu.c tests/boot/riscv64/code.c tests/boot/riscv64/interrupts.c tests/boot/riscv64/smp.c tests/boot/riscv64/vectors.c \
	tests/boot/riscv64/polls.c tests/boot/riscv64/virtio.c
