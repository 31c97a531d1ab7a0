/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the mmu guest. */
#pragma once
#include "guest.h"

#define PAGE   4096
#define GIB(n) ((uint64_t)(n) << 30)
#define WINDOW 200 /* entry of the root table that these tests change */
#define JR_A1  0x00058067u

/** What is mapped here and there: the first word of each is its number. */
extern volatile uint64_t mmu_pages[4][PAGE / 8];

/* fences.c: stale translations, of this hart and of others. */
void mmu_local_fences(void);
void mmu_remote_fences(uint32_t cpus, uint64_t rounds);
/** Of the harts other than 0, until mmu_remote_fences() ends. */
void mmu_serve(uint32_t cpu);
