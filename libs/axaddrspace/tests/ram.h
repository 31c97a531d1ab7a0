/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of slots, guest memory and the dirty log share: one space, made new for each test. */
#pragma once
#include <axaddrspace/space.h>
#include <axtest/axtest.h>
#include <string.h>

#define RW    (AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE)
#define RWX   AXADDRSPACE_PROT_RWX
#define RO    AXADDRSPACE_PROT_READ
#define MIB   (UINT64_C(1) << 20)
#define RAM   UINT64_C(0x40000000)
#define SLOTS 4

extern struct axtest_frames frames;
extern struct axaddrspace_tlb_fake tlb;
extern struct axaddrspace as;
extern struct ax_gmem gmem;

/** Setup: AArch64 or Sv39x4, 40 bits. */
int make(void **st);
int make_riscv(void **st);
/** Teardown: whatever a test leaves behind, fini gives it all back. */
int drop(void **st);

/** Add a slot and return its id. */
uint32_t add(uint64_t at, uint64_t bytes, uint32_t prot, uint32_t flags, uint64_t to);
ax_err_t fault(uint64_t at, bool write);
/** The leaf at @at; bytes 0: none. */
struct axaddrspace_mapping query(uint64_t at);

#define T(name) cmocka_unit_test_setup_teardown(name, make, drop)
