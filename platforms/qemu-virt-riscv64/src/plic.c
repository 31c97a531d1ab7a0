/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's PLIC (RISC-V PLIC specification 1.0.0). All sources have priority 1 and all thresholds are 0;
 * who is interrupted is said by enable bits alone, and every source goes to CPU 0: it is always there, and a
 * kick from it finds the vCPU wherever that is.
 */
#include <axbase/lock.h>
#include <vplic/plic_regs.h>
#include "inline.h"

static uint8_t *plic; /* const after init */
static uint64_t plic_bytes;
static struct ax_spinlock lock = AX_SPINLOCK_INIT; /* enable bits; no call under it */
static const struct axfdt_host *tree;

/* The context of the CPU whose hart id the tree lists there. */
static uint32_t context_of(const struct board_cpu *cpu)
{
	for (uint32_t i = 0; i < tree->cpu_count; i++) {
		if (tree->cpu_reg[i] == cpu->hw_id) {
			return board_tree.plic_context[i];
		}
	}
	return AXFDT_HOST_NONE;
}

void board_plic_init(const struct axfdt_host *host)
{
	tree = host;
	plic = (uint8_t *)(uintptr_t)host->intc_reg[0].base;
	plic_bytes = host->intc_reg[0].size;
	board_riscv64_info.plic_sources = board_tree.plic_sources;
	for (uint32_t i = 1; i <= board_tree.plic_sources; i++) {
		mmio_write32(plic, PLIC_PRIORITY + 4 * i, 1);
	}
}

ax_err_t board_plic_cpu_init(struct board_cpu *cpu)
{
	uint32_t context = context_of(cpu);
	uint64_t at = PLIC_CONTEXT + (uint64_t)context * PLIC_CONTEXT_STRIDE;

	if (context == AXFDT_HOST_NONE || at + PLIC_CONTEXT_STRIDE > plic_bytes) {
		return AX_ENOENT;
	}
	cpu->own.plic = plic + at;
	cpu->own.enable = plic + PLIC_ENABLE + (size_t)context * PLIC_ENABLE_STRIDE;
	for (uint32_t i = 0; i <= board_tree.plic_sources / 32; i++) {
		mmio_write32(cpu->own.enable, 4 * i, 0);
	}
	mmio_write32(cpu->own.plic, PLIC_THRESHOLD, 0);
	return AX_OK;
}

uint32_t board_plic_claim(void)
{
	return mmio_read32(board_this_cpu()->own.plic, PLIC_CLAIM);
}

/** Set the enable bit of @source to @on; returns what it was. */
static bool set_enable_locked(uint32_t source, bool on) AX_REQUIRES(lock)
{
	uint8_t *enable = board_cpus[0].own.enable;
	uint32_t bit = UINT32_C(1) << (source % 32);
	uint32_t word = mmio_read32(enable, 4 * (source / 32));

	mmio_write32(enable, 4 * (source / 32), on ? word | bit : word & ~bit);
	/* QEMU's PLIC looks for work at this write, not at the one to an enable bit. */
	mmio_write32(board_cpus[0].own.plic, PLIC_THRESHOLD, 0);
	return (word & bit) != 0;
}

void board_plic_set(uint32_t source, bool on)
{
	ax_spin_lock(&lock);
	(void)set_enable_locked(source, on);
	ax_spin_unlock(&lock);
}

/* A completion of what is not enabled for the context is ignored (specification, chapter 7). */
void board_plic_complete(uint32_t source)
{
	ax_spin_lock(&lock);
	bool was_on = set_enable_locked(source, true);

	mmio_write32(board_cpus[0].own.plic, PLIC_CLAIM, source);
	if (!was_on) {
		(void)set_enable_locked(source, false);
	}
	ax_spin_unlock(&lock);
}
