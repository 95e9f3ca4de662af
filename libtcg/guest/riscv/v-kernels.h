/* SPDX-License-Identifier: BSD-2-Clause */
/* Prototypes of the kernels that rvv.def names. */
#ifndef GUEST_RISCV_V_KERNELS_H
#define GUEST_RISCV_V_KERNELS_H

#include "guest/riscv/v.h"

#define RV_V_ALL(k) RvVKernel rv_v_##k##_8, rv_v_##k##_16, rv_v_##k##_32, rv_v_##k##_64;
#define RV_V_NARROW(k) RvVKernel rv_v_##k##_8, rv_v_##k##_16, rv_v_##k##_32;
#define RV_V_FLOAT(k) RvVKernel rv_v_##k##_16, rv_v_##k##_32, rv_v_##k##_64;
#define RV_V_FROM32(k) RvVKernel rv_v_##k##_32, rv_v_##k##_64;
#define RV_V_FROM64(k) RvVKernel rv_v_##k##_64;
#define RV_V_ONLY32(k) RvVKernel rv_v_##k##_32;
#define RV_V_FWIDE(k) RvVKernel rv_v_##k##_16, rv_v_##k##_32;
#define RV_V_FCONV(k) RV_V_NARROW(k)
#define RV_V_ONE(k) RvVKernel rv_v_##k;
#define V(name, shape, flags, kernels) RV_V_##kernels
#include "guest/riscv/rvv.def"
#undef V

#endif
