#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Qcow2 images of all kinds, made by qemu-img: read by us, changed by us, checked and compared by qemu-img.
build=${RHEA_BUILD:-.}
tool=$build/tests/dev/t-qcow2
work=$build/tests/dev/work-qcow2
n=0

if ! command -v qemu-img > /dev/null 2>&1; then
    echo "1..0 # SKIP no qemu-img (package qemu-utils)"
    exit 0
fi
rm -rf "$work"
mkdir -p "$work"

check() {
    name=$1; shift
    n=$((n + 1))
    if "$@" > "$work/out" 2>&1; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        tail -5 "$work/out" | sed 's/^/# /'
    fi
}

# A disk of 3 MiB and a sector: noise, zeros, text
{ head -c 700000 /dev/urandom; head -c 800000 /dev/zero; seq 1 200000 | head -c 900000; } > "$work/disk.raw"
truncate -s 3146240 "$work/disk.raw"

# one NAME FORMAT-OPTIONS [MORE OPTIONS OF convert]: an image of disk.raw
one() {
    name=$1 options=$2
    shift 2
    if ! qemu-img convert "$@" -O qcow2 -o "$options" "$work/disk.raw" "$work/i.qcow2" > "$work/out" 2>&1; then
        echo "ok $((n += 1)) - $name # SKIP qemu-img cannot make it"
        return
    fi
    cp "$work/disk.raw" "$work/mirror.raw"
    check "$name: read" "$tool" copy "$work/i.qcow2" "$work/copy.raw"
    check "$name: the same disk" cmp "$work/disk.raw" "$work/copy.raw"
    for seed in 1 2; do
        check "$name: random requests $seed" "$tool" churn "$work/i.qcow2" "$work/mirror.raw" $seed 200
        check "$name: qemu-img check" qemu-img check -q "$work/i.qcow2"
        check "$name: qemu-img compare" qemu-img compare -q "$work/i.qcow2" "$work/mirror.raw"
    done
    case $options in
    *refcount_bits=1) ;;        # such an image cannot have snapshots
    *)
        check "$name: random snapshots" "$tool" snapshots "$work/i.qcow2" "$work/mirror.raw" 3 60
        check "$name: qemu-img check" qemu-img check -q "$work/i.qcow2"
        check "$name: qemu-img compare" qemu-img compare -q "$work/i.qcow2" "$work/mirror.raw"
        check "$name: a snapshot of qemu-img's" qemu-img snapshot -c theirs "$work/i.qcow2"
        cp "$work/mirror.raw" "$work/kept.raw"
        check "$name: changed" "$tool" churn "$work/i.qcow2" "$work/mirror.raw" 4 50
        check "$name: back to it" "$tool" apply "$work/i.qcow2" theirs
        check "$name: qemu-img check" qemu-img check -q "$work/i.qcow2"
        check "$name: qemu-img compare" qemu-img compare -q "$work/i.qcow2" "$work/kept.raw"
        last=$(qemu-img snapshot -l "$work/i.qcow2" | awk '$2 == "snapshot" { id = $1 } END { print id }')
        [ -z "$last" ] || check "$name: qemu-img goes back to one of ours" qemu-img snapshot -a "$last" "$work/i.qcow2"
        check "$name: qemu-img check" qemu-img check -q "$work/i.qcow2" ;;
    esac
    check "$name: hostile copies" "$tool" damage "$work/i.qcow2" 5 60
}

one "version 3" compat=1.1
one "version 2" compat=0.10
one "clusters of 512" cluster_size=512
one "clusters of 4096" cluster_size=4096
one "clusters of 2 MiB" cluster_size=2M
one "refcounts of 1 bit" refcount_bits=1
one "refcounts of 4 bits, clusters of 512" refcount_bits=4,cluster_size=512
one "refcounts of 64 bits, clusters of 512" refcount_bits=64,cluster_size=512
one "lazy refcounts" lazy_refcounts=on
one "preallocated" preallocation=metadata
one "compressed by zlib" cluster_size=64k -c
one "compressed by zlib, clusters of 4096" cluster_size=4096 -c
one "compressed by zstd" compression_type=zstd -c

# a backing file: raw, qcow2 two deep, smaller than the overlay
qemu-img create -q -f qcow2 -b disk.raw -F raw "$work/mid.qcow2"
qemu-img create -q -f qcow2 -b mid.qcow2 -F qcow2 "$work/top.qcow2" 4M
cp "$work/disk.raw" "$work/mirror.raw"
truncate -s 4M "$work/mirror.raw"
check "overlays: random requests" "$tool" churn "$work/top.qcow2" "$work/mirror.raw" 3 300
check "overlays: qemu-img check" qemu-img check -q "$work/top.qcow2"
check "overlays: qemu-img compare" qemu-img compare -q "$work/top.qcow2" "$work/mirror.raw"

# internal snapshots share clusters with the disk: both stay right
qemu-img convert -O qcow2 "$work/disk.raw" "$work/s.qcow2"
qemu-img snapshot -c first "$work/s.qcow2"
cp "$work/disk.raw" "$work/mirror.raw"
check "snapshot: random requests" "$tool" churn "$work/s.qcow2" "$work/mirror.raw" 4 200
check "snapshot: qemu-img check" qemu-img check -q "$work/s.qcow2"
check "snapshot: qemu-img compare" qemu-img compare -q "$work/s.qcow2" "$work/mirror.raw"
qemu-img snapshot -a first "$work/s.qcow2"
check "snapshot: as it was" qemu-img compare -q "$work/s.qcow2" "$work/disk.raw"

# a sparse disk of 1 TiB: tables are made where something is written
qemu-img create -q -f qcow2 -o cluster_size=4k "$work/large.qcow2" 1T
qemu-io -f qcow2 -c "write -P 5 999G 64k" "$work/large.qcow2" > /dev/null
check "1 TiB: damaged copies" "$tool" damage "$work/large.qcow2" 9 20
rm -rf "$work"
echo "1..$n"
