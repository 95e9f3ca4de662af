# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/user/t-native.sh tests/user/t-messages.sh tests/user/t-aarch64.sh tests/user/t-riscv64.sh \
	tests/user/t-gdb.sh
EXTRA_DIST += tests/user/t-native.sh tests/user/t-messages.sh tests/user/t-aarch64.sh tests/user/t-riscv64.sh \
	tests/user/t-gdb.sh tests/user/gdb-target.c tests/user/run-user.sh tests/user/README.md tests/user/tap.h tests/user/u-files.c tests/user/u-signals.c \
	tests/user/u-threads.c tests/user/u-process.c tests/user/u-mem.c tests/user/u-faults.c tests/user/u-ipc.c \
	tests/user/u-proc.c tests/user/u-code.c tests/user/u-atomics.c tests/user/u-inject.c tests/user/u-storm.c \
	tests/user/u-seccomp.c tests/user/u-sysfile.c tests/user/u-sysproc.c tests/user/u-sysmem.c tests/user/u-syssock.c tests/user/u-systime.c
# SPDX-License-Identifier: BSD-2-Clause
object_tests = tests/object/t-object tests/object/t-prop tests/object/t-visit
if SYSTEM
check_PROGRAMS += $(object_tests)
TESTS += $(object_tests)
endif
object_test_cppflags = $(AM_CPPFLAGS) $(object_includes) -I$(top_srcdir)/tests
object_test_ldadd = libobject/libobject.la lib/libbase.la $(JSON_LIBS) $(GLIB_LIBS)
tests_object_t_object_SOURCES = tests/object/t-object.c tests/harness.h
tests_object_t_object_CPPFLAGS = $(object_test_cppflags)
tests_object_t_object_LDADD = $(object_test_ldadd)
tests_object_t_prop_SOURCES = tests/object/t-prop.c tests/harness.h
tests_object_t_prop_CPPFLAGS = $(object_test_cppflags)
tests_object_t_prop_LDADD = $(object_test_ldadd)
tests_object_t_visit_SOURCES = tests/object/t-visit.c tests/harness.h
tests_object_t_visit_CPPFLAGS = $(object_test_cppflags)
tests_object_t_visit_LDADD = $(object_test_ldadd)
EXTRA_DIST += tests/object/README.md
# SPDX-License-Identifier: BSD-2-Clause
dev_tests = tests/dev/t-life tests/dev/t-mem tests/dev/t-plug tests/dev/t-snap tests/dev/t-wires
dev_model_tests = tests/dev/t-aclint tests/dev/t-char tests/dev/t-goldfish-rtc tests/dev/t-models tests/dev/t-ns16550a \
	tests/dev/t-plic tests/dev/t-virtio
if SYSTEM
check_PROGRAMS += $(dev_tests) $(dev_model_tests)
TESTS += $(dev_tests) $(dev_model_tests) tests/dev/t-doc.sh
endif
dev_test_cppflags = $(AM_CPPFLAGS) $(dev_includes) -I$(top_srcdir)/tests -I$(top_srcdir)/tests/dev
dev_test_ldadd = libdev/libdev.la libobject/libobject.la lib/libbase.la $(JSON_LIBS) $(GLIB_LIBS)
tests_dev_t_life_SOURCES = tests/dev/t-life.c tests/dev/life.c tests/dev/life.h tests/harness.h
tests_dev_t_life_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_life_LDADD = $(dev_test_ldadd)
tests_dev_t_mem_SOURCES = tests/dev/t-mem.c tests/harness.h
tests_dev_t_mem_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_mem_LDADD = $(dev_test_ldadd)
tests_dev_t_plug_SOURCES = tests/dev/t-plug.c tests/harness.h
tests_dev_t_plug_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_plug_LDADD = $(dev_test_ldadd)
tests_dev_t_snap_SOURCES = tests/dev/t-snap.c tests/harness.h
tests_dev_t_snap_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_snap_LDADD = $(dev_test_ldadd)
tests_dev_t_wires_SOURCES = tests/dev/t-wires.c tests/harness.h
tests_dev_t_wires_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_wires_LDADD = $(dev_test_ldadd)
tests_dev_t_aclint_SOURCES = tests/dev/t-aclint.c tests/harness.h
tests_dev_t_aclint_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_aclint_LDADD = $(system_ldadd)
tests_dev_t_char_SOURCES = tests/dev/t-char.c tests/harness.h
tests_dev_t_char_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_char_LDADD = $(system_ldadd)
tests_dev_t_goldfish_rtc_SOURCES = tests/dev/t-goldfish-rtc.c tests/harness.h
tests_dev_t_goldfish_rtc_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_goldfish_rtc_LDADD = $(system_ldadd)
tests_dev_t_models_SOURCES = tests/dev/t-models.c tests/dev/life.c tests/dev/life.h tests/harness.h
tests_dev_t_models_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_models_LDADD = $(system_ldadd)
tests_dev_t_ns16550a_SOURCES = tests/dev/t-ns16550a.c tests/harness.h
tests_dev_t_ns16550a_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_ns16550a_LDADD = $(system_ldadd)
tests_dev_t_plic_SOURCES = tests/dev/t-plic.c tests/harness.h
tests_dev_t_plic_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_plic_LDADD = $(system_ldadd)
tests_dev_t_virtio_SOURCES = tests/dev/t-virtio.c tests/harness.h
tests_dev_t_virtio_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_virtio_LDADD = $(system_ldadd)
EXTRA_DIST += tests/dev/README.md tests/dev/t-doc.sh
# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/lint/t-lint.sh
EXTRA_DIST += tests/lint/README.md tests/lint/t-lint.sh tests/lint/exceptions.list
# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/real/t-aarch64.sh tests/real/t-riscv64.sh
EXTRA_DIST += tests/real/README.md tests/real/programs.list tests/real/roots.list tests/real/todo.list \
	tests/real/t-real.sh tests/real/t-aarch64.sh tests/real/t-riscv64.sh tests/real/t-native.sh \
	tests/real/guest/hello.c tests/real/guest/hello.cc tests/real/guest/speed.lua
check-full:
	RHEA_REAL=full $(MAKE) $(AM_MAKEFLAGS) check
.PHONY: check-full
# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/lib/t-fp tests/lib/t-fp-arm tests/lib/t-fp-convert tests/lib/t-fp-quad
TESTS += tests/lib/t-fp tests/lib/t-fp-arm tests/lib/t-fp-convert tests/lib/t-fp-quad

EXTRA_DIST += tests/lib/README.md
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
	tests/isa/aarch64/sysreg.vec
RV_VECTORS = \
	tests/isa/riscv64/base.vec \
	tests/isa/riscv64/bits.vec \
	tests/isa/riscv64/c.vec \
	tests/isa/riscv64/fp.vec \
	tests/isa/riscv64/half.vec \
	tests/isa/riscv64/later.vec
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
include tests/codegen/local.mk
include tests/user/local.mk
include tests/real/local.mk
include tests/bench/local.mk
include tests/lint/local.mk
# SPDX-License-Identifier: BSD-2-Clause
CODEGEN_LISTS = \
	tests/codegen/aarch64/crypto.list tests/codegen/aarch64/crypto.base.txt tests/codegen/aarch64/crypto.avx2.txt \
	tests/codegen/aarch64/fp.list tests/codegen/aarch64/fp.base.txt tests/codegen/aarch64/fp.avx2.txt \
	tests/codegen/aarch64/simd.list tests/codegen/aarch64/simd.base.txt tests/codegen/aarch64/simd.avx2.txt \
	tests/codegen/riscv64/fp.list tests/codegen/riscv64/fp.base.txt tests/codegen/riscv64/fp.avx2.txt
TESTS += tests/codegen/t-codegen.sh
EXTRA_DIST += tests/codegen/README.md tests/codegen/survey tests/codegen/assemble tests/codegen/t-codegen.sh \
	$(CODEGEN_LISTS)
codegen-renew: $(bin_PROGRAMS) tests/isa/isa-host-aarch64 tests/isa/isa-host-riscv64
	RENEW=1 RHEA_SRC=$(abs_top_srcdir) RHEA_BUILD=$(abs_top_builddir) $(top_srcdir)/tests/codegen/t-codegen.sh
.PHONY: codegen-renew
# SPDX-License-Identifier: BSD-2-Clause
EXTRA_DIST += tests/bench/README.md tests/bench/bench.py tests/bench/int-hash.c tests/bench/int-sort.c tests/bench/int-lz.c \
	tests/bench/int-table.c tests/bench/int-big.c tests/bench/call-fib.c tests/bench/call-virtual.c \
	tests/bench/call-switch.c tests/bench/fp-fft.c tests/bench/fp-libm.c tests/bench/fp-linpack.c tests/bench/fp-mandel.c \
	tests/bench/fp-nbody.c tests/bench/fp-ray.c tests/bench/simd-dot.c tests/bench/simd-filter.c tests/bench/simd-matrix.c \
	tests/bench/simd-pixels.c tests/bench/simd-strings.c tests/bench/fork-wait.c \
	tests/bench/start-hello.c tests/bench/peak.c
bench: $(bin_PROGRAMS)
	$(top_srcdir)/tests/bench/bench.py $(top_builddir) $(top_srcdir) $(BENCH)
.PHONY: bench
