#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes configure and the generated automake fragments from the tables.
set -e
cd "$(dirname "$0")"
sh bin/gen-lists.sh
mkdir -p m4 build-aux
exec autoreconf -fi
