#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Turns bin/targets.list into bin/targets.m4 (configure) and bin/targets.mk (automake).
set -e
cd "$(dirname "$0")"
: > targets.m4
: > targets.mk
