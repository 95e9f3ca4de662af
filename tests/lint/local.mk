# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/lint/t-lint.sh
EXTRA_DIST += tests/lint/README.md tests/lint/t-lint.sh tests/lint/exceptions.list
