/* SPDX-License-Identifier: BSD-2-Clause */
/* Tags of pointers that system calls get. [Linux arm64 tagged-address-abi] */
#include "tagged.h"
#include "guestmem.h"
#include "syscall.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VECTOR 1024         /* UIO_MAXIOV: the kernel refuses more */

/* The vector of n parts at `at`, in a copy; `at` itself if the kernel shall say what is wrong with it. */
static uint64_t plain_vector(LuTagged *p, uint64_t at, uint64_t n)
{
    struct iovec *v = n && n <= MAX_VECTOR && p->nvectors < 2 ? malloc(n * sizeof *v) : NULL;

    if (!v) {
        return at;
    }
    p->vectors[p->nvectors++] = v;
    if (!lu_copy_from_guest(v, at, n * sizeof *v)) {
        return at;
    }
    for (uint64_t i = 0; i < n; i++) {
        v[i].iov_base = (void *)lu_untag((uint64_t)v[i].iov_base);
    }
    return (uint64_t)v;
}

static uint64_t plain_message(LuTagged *p, uint64_t at)
{
    struct msghdr *m = &p->message;

    if (!lu_copy_from_guest(m, at, sizeof *m)) {
        return at;
    }
    p->message_at = at;
    m->msg_name = (void *)lu_untag((uint64_t)m->msg_name);
    m->msg_control = (void *)lu_untag((uint64_t)m->msg_control);
    m->msg_iov = (struct iovec *)plain_vector(p, lu_untag((uint64_t)m->msg_iov), m->msg_iovlen);
    return (uint64_t)m;
}

void lu_tagged_begin(LuTagged *p, const LuSysRow *row, const uint64_t *a)
{
    memcpy(p->args, a, sizeof p->args);
    p->nvectors = 0;
    p->message_at = 0;
    for (unsigned i = 0; row->args[i] && i < 6; i++) {
        if (strchr("srnvpbBtqKVGIF", row->args[i])) {
            /* The argument of an ioctl request or an fcntl command comes next. */
            unsigned at = row->args[i] == 'I' || row->args[i] == 'F' ? i + 1 : i;
            p->args[at] = lu_untag(a[at]);
        }
        if (row->args[i] == 'V') {
            p->args[i] = plain_vector(p, p->args[i], a[i + 1]);
        } else if (row->args[i] == 'G') {
            p->args[i] = plain_message(p, p->args[i]);
        }
    }
}

void lu_tagged_end(LuTagged *p)
{
    const struct msghdr *m = &p->message;
    struct msghdr was;
    bool there = p->message_at && lu_copy_from_guest(&was, p->message_at, sizeof was);

    if (there && (was.msg_namelen != m->msg_namelen || was.msg_controllen != m->msg_controllen ||
                  was.msg_flags != m->msg_flags)) {
        was.msg_namelen = m->msg_namelen;
        was.msg_controllen = m->msg_controllen;
        was.msg_flags = m->msg_flags;
        lu_copy_to_guest(p->message_at, &was, sizeof was);
    }
    for (unsigned i = 0; i < p->nvectors; i++) {
        free(p->vectors[i]);
    }
}

uint64_t *lu_tagged_words(uint64_t at, long n)
{
    uint64_t *w = malloc(((size_t)n + 1) * sizeof *w);

    if (!w || (n && !lu_copy_from_guest(w, at, (size_t)n * sizeof *w))) {
        free(w);
        return NULL;
    }
    for (long i = 0; i < n; i++) {
        w[i] = lu_untag(w[i]);
    }
    w[n] = 0;
    return w;
}
