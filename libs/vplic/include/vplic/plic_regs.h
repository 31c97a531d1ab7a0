/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers of a PLIC (RISC-V Platform-Level Interrupt Controller Specification 1.0.0, Memory
 * Map), for the emulation and for drivers. All have 32 bits.
 */
#pragma once
#include <stdint.h>

#define PLIC_PRIORITY       0x000000 /* RW  a word each source; that of source 0 is reserved */
#define PLIC_PENDING        0x001000 /* RO  a bit each source */
#define PLIC_ENABLE         0x002000 /* RW  a bit each source, a block of these each context */
#define PLIC_ENABLE_STRIDE  0x80
#define PLIC_CONTEXT        0x200000 /* a page each context */
#define PLIC_CONTEXT_STRIDE 0x1000
#define PLIC_THRESHOLD      0x0 /* RW  of the context's page */
#define PLIC_CLAIM          0x4 /* read: claim; write: complete */

#define PLIC_SOURCE_LIMIT   1024
