# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/lib/t-fp tests/lib/t-fp-arm tests/lib/t-fp-convert tests/lib/t-fp-quad
TESTS += tests/lib/t-fp tests/lib/t-fp-arm tests/lib/t-fp-convert tests/lib/t-fp-quad

EXTRA_DIST += tests/lib/README.md tests/tap.py
fp_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/lib/include
tests_lib_t_fp_SOURCES = tests/lib/t-fp.c tests/lib/fp-host.h
tests_lib_t_fp_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_LDADD = lib/libbase.la
tests_lib_t_fp_arm_SOURCES = tests/lib/t-fp-arm.c tests/lib/fp-host.h
tests_lib_t_fp_arm_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_arm_LDADD = lib/libbase.la
tests_lib_t_fp_convert_SOURCES = tests/lib/t-fp-convert.c tests/lib/fp-host.h
tests_lib_t_fp_convert_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_convert_LDADD = lib/libbase.la
tests_lib_t_fp_quad_SOURCES = tests/lib/t-fp-quad.c tests/lib/fp-host.h
tests_lib_t_fp_quad_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_quad_LDADD = lib/libbase.la

# --- instruction tests (tests/isa/README.md) ---------------------------------------------------------------
check_PROGRAMS += tests/isa/isa-host-aarch64
isa_host_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/isa -I$(top_srcdir)/lib/include \
	-I$(top_srcdir)/libtcg/include
tests_isa_isa_host_aarch64_SOURCES = tests/isa/host.c tests/isa/runner.c tests/isa/runner.h \
	tests/isa/aarch64/host.h tests/isa/aarch64/regs.h
tests_isa_isa_host_aarch64_CPPFLAGS = $(isa_host_cppflags) \
	-DISA_REGS='"aarch64/regs.h"' -DISA_HOST='"aarch64/host.h"'
tests_isa_isa_host_aarch64_LDADD = libtcg/libtcg.la lib/libbase.la
check_PROGRAMS += tests/isa/isa-host-riscv64
tests_isa_isa_host_riscv64_SOURCES = tests/isa/host.c tests/isa/runner.c tests/isa/runner.h \
	tests/isa/riscv64/host.h tests/isa/riscv64/regs.h
tests_isa_isa_host_riscv64_CPPFLAGS = $(isa_host_cppflags) \
	-DISA_REGS='"riscv64/regs.h"' -DISA_HOST='"riscv64/host.h"'
tests_isa_isa_host_riscv64_LDADD = libtcg/libtcg.la lib/libbase.la
VEC_LOG_COMPILER = $(top_srcdir)/tests/isa/check-vec
A64_VECTORS = \
	tests/isa/aarch64/a53.vec \
	tests/isa/aarch64/base.vec \
	tests/isa/aarch64/bfloat.vec \
	tests/isa/aarch64/crypto.vec \
	tests/isa/aarch64/fp.vec \
	tests/isa/aarch64/later.vec \
	tests/isa/aarch64/pauth.vec \
	tests/isa/aarch64/simd.vec \
	tests/isa/aarch64/simd-fp.vec \
	tests/isa/aarch64/sve.vec \
	tests/isa/aarch64/sve-128.vec \
	tests/isa/aarch64/sysreg.vec
RV_VECTORS = \
	tests/isa/riscv64/base.vec \
	tests/isa/riscv64/bits.vec \
	tests/isa/riscv64/c.vec \
	tests/isa/riscv64/fp.vec \
	tests/isa/riscv64/half.vec \
	tests/isa/riscv64/later.vec \
	tests/isa/riscv64/rvv.vec \
	tests/isa/riscv64/rvv-full.vec \
	tests/isa/riscv64/rvv-inline.vec tests/isa/riscv64/rvv-lanes.vec \
	tests/isa/riscv64/rvv-illegal.vec \
	tests/isa/riscv64/rvvk.vec
TESTS += tests/isa/t-aarch64.sh tests/isa/t-riscv64.sh $(A64_VECTORS) $(RV_VECTORS)
fuzz: tests/isa/isa-host-aarch64 tests/isa/isa-host-riscv64 $(ISAGEN)
	RHEA_SRC=$(abs_top_srcdir) RHEA_BUILD=$(abs_top_builddir) $(top_srcdir)/tests/isa/fuzz "$(SECONDS)" $(GUEST)
.PHONY: fuzz
EXTRA_DIST += tests/isa/README.md tests/isa/check-vec tests/isa/differ tests/isa/differ-tap tests/isa/fuzz tests/isa/guest.c \
	tests/isa/t-aarch64.sh tests/isa/aarch64/context.c tests/isa/aarch64/differ.conf tests/isa/aarch64/stub.S \
	tests/isa/t-riscv64.sh tests/isa/riscv64/context.c tests/isa/riscv64/differ.conf tests/isa/riscv64/stub.S \
	$(A64_VECTORS) $(RV_VECTORS)
include tests/object/local.mk
include tests/dev/local.mk
include tests/fuzz/local.mk
include tests/codegen/local.mk
include tests/user/local.mk
include tests/boot/local.mk
include tests/linux/local.mk
include tests/system/local.mk
include tests/real/local.mk
include tests/bench/local.mk
include tests/lint/local.mk
