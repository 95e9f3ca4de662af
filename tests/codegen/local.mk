# SPDX-License-Identifier: BSD-2-Clause
CODEGEN_LISTS = \
	tests/codegen/aarch64/crypto.list tests/codegen/aarch64/crypto.base.txt tests/codegen/aarch64/crypto.avx2.txt \
	tests/codegen/aarch64/fp.list tests/codegen/aarch64/fp.base.txt tests/codegen/aarch64/fp.avx2.txt \
	tests/codegen/aarch64/sve.list tests/codegen/aarch64/sve.base.txt tests/codegen/aarch64/sve.avx2.txt \
	tests/codegen/aarch64/simd.list tests/codegen/aarch64/simd.base.txt tests/codegen/aarch64/simd.avx2.txt \
	tests/codegen/riscv64/fp.list tests/codegen/riscv64/fp.base.txt tests/codegen/riscv64/fp.avx2.txt \
	tests/codegen/riscv64/vector.list tests/codegen/riscv64/vector.base.txt tests/codegen/riscv64/vector.avx2.txt
TESTS += tests/codegen/t-codegen.sh
EXTRA_DIST += tests/codegen/README.md tests/codegen/survey tests/codegen/assemble tests/codegen/t-codegen.sh \
	$(CODEGEN_LISTS)
codegen-renew: $(bin_PROGRAMS) tests/isa/isa-host-aarch64 tests/isa/isa-host-riscv64
	RENEW=1 RHEA_SRC=$(abs_top_srcdir) RHEA_BUILD=$(abs_top_builddir) $(top_srcdir)/tests/codegen/t-codegen.sh
.PHONY: codegen-renew
