/* SPDX-License-Identifier: BSD-2-Clause */
/* Code made once. */
#ifndef HX86_STUBS_H
#define HX86_STUBS_H

#include "host/x86_64/emit.h"

/* Makes the stubs if they are not there, and gives a thread its helper table and return stack, which ends at high. */
void hx_stubs_thread(TcgThread *t, const TcgGuest *guest, const HxPins *pins, void *high);

/* An empty return stack that ends at high: its top. */
void *hx_stubs_return_stack(void *high);

/* Runs generated code. */
int hx_stubs_enter(TcgEnv *env, const void *code);

#endif
