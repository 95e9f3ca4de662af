# SPDX-License-Identifier: BSD-2-Clause
# Targets of fuzzing: with replay.c, for make check; or with libFuzzer (configure --enable-libfuzzer; tests/fuzz/run does it).
fuzz_targets = tests/fuzz/fuzz-elf
if SYSTEM
fuzz_targets += tests/fuzz/fuzz-9p tests/fuzz/fuzz-char tests/fuzz/fuzz-fdt tests/fuzz/fuzz-fw-cfg \
	tests/fuzz/fuzz-gdb tests/fuzz/fuzz-image tests/fuzz/fuzz-qcow2 tests/fuzz/fuzz-qmp tests/fuzz/fuzz-snap \
	tests/fuzz/fuzz-virtio
endif
check_PROGRAMS += $(fuzz_targets)
if LIBFUZZER
fuzz_main = tests/fuzz/fuzz.h tests/fuzz/file.c
fuzz_ldflags = -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/fuzz.h tests/fuzz/file.c tests/fuzz/replay.c tests/harness.h
fuzz_ldflags =
TESTS += $(fuzz_targets)
endif
fuzz_machine = tests/fuzz/virt.h tests/fuzz/virt.c
fuzz_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz -I$(top_srcdir)/tests $(system_includes)
tests_fuzz_fuzz_elf_SOURCES = tests/fuzz/fuzz-elf.c tests/fuzz/seed-elf.h $(fuzz_main)
tests_fuzz_fuzz_elf_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz -I$(top_srcdir)/tests -iquote $(top_srcdir)/linux-user \
	-I$(top_srcdir)/libtcg/include -I$(top_srcdir)/lib/include
tests_fuzz_fuzz_elf_LDADD = linux-user/liblinux-user.la libtcg/libtcg.la lib/libbase.la $(GLIB_LIBS)
tests_fuzz_fuzz_elf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_9p_SOURCES = tests/fuzz/fuzz-9p.c $(fuzz_main)
tests_fuzz_fuzz_9p_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_9p_LDADD = $(system_ldadd)
tests_fuzz_fuzz_9p_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_char_SOURCES = tests/fuzz/fuzz-char.c $(fuzz_main)
tests_fuzz_fuzz_char_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_char_LDADD = $(system_ldadd)
tests_fuzz_fuzz_char_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_fdt_SOURCES = tests/fuzz/fuzz-fdt.c $(fuzz_main)
tests_fuzz_fuzz_fdt_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_fdt_LDADD = $(system_ldadd)
tests_fuzz_fuzz_fdt_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_fw_cfg_SOURCES = tests/fuzz/fuzz-fw-cfg.c $(fuzz_main)
tests_fuzz_fuzz_fw_cfg_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_fw_cfg_LDADD = $(system_ldadd)
tests_fuzz_fuzz_fw_cfg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_gdb_SOURCES = tests/fuzz/fuzz-gdb.c $(fuzz_machine) $(fuzz_main)
tests_fuzz_fuzz_gdb_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_gdb_LDADD = $(system_ldadd)
tests_fuzz_fuzz_gdb_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz-image.c tests/fuzz/seed-elf.h $(fuzz_main)
tests_fuzz_fuzz_image_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_image_LDADD = $(system_ldadd)
tests_fuzz_fuzz_image_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_qcow2_SOURCES = tests/fuzz/fuzz-qcow2.c tests/dev/request.h $(fuzz_main)
tests_fuzz_fuzz_qcow2_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_qcow2_LDADD = $(system_ldadd)
tests_fuzz_fuzz_qcow2_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_qmp_SOURCES = tests/fuzz/fuzz-qmp.c $(fuzz_machine) $(fuzz_main)
tests_fuzz_fuzz_qmp_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_qmp_LDADD = $(system_ldadd)
tests_fuzz_fuzz_qmp_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_snap_SOURCES = tests/fuzz/fuzz-snap.c $(fuzz_main)
tests_fuzz_fuzz_snap_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_snap_LDADD = $(system_ldadd)
tests_fuzz_fuzz_snap_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_virtio_SOURCES = tests/fuzz/fuzz-virtio.c $(fuzz_main)
tests_fuzz_fuzz_virtio_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_virtio_LDADD = $(system_ldadd)
tests_fuzz_fuzz_virtio_LDFLAGS = $(fuzz_ldflags)
fuzz-programs: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) $(fuzz_targets)
fuzz: fuzz-libfuzzer
fuzz-libfuzzer: $(fuzz_targets)
	RHEA_SRC=$(abs_top_srcdir) RHEA_BUILD=$(abs_top_builddir) $(top_srcdir)/tests/fuzz/run "$(SECONDS)" \
		$(or $(TARGET),$(fuzz_targets:tests/fuzz/fuzz-%=%))
.PHONY: fuzz-programs fuzz-libfuzzer
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/run tests/fuzz/corpus
