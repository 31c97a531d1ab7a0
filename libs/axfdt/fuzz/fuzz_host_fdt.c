/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a device tree, read as the host's and completed as a guest's. What is read keeps to
 * its limits; a tree that was completed is whole, says what was asked, and reads as before in all
 * else.
 */
#include <axfdt/give.h>
#include <axtest/axtest.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond)) {   \
			abort(); \
		}                \
	} while (0)

#define ROOM 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fits(struct axfdt_range r)
{
	return r.size == 0 || r.base <= UINT64_MAX - (r.size - 1);
}

static void check_host(const struct axfdt_host *h, size_t size)
{
	CHECK(h->size <= size);
	CHECK(h->mem_count >= 1 && h->mem_count <= AXFDT_MAX_MEM);
	CHECK(h->cpu_count >= 1 && h->cpu_count <= AXFDT_HOST_MAX_CPUS);
	CHECK(h->reserved_count <= AXFDT_HOST_MAX_RESERVED);
	CHECK(h->intc_reg_count <= AX_ARRAY_SIZE(h->intc_reg));
	for (uint32_t i = 0; i < h->mem_count; i++) {
		CHECK(h->mem[i].size != 0 && fits(h->mem[i]));
	}
	for (uint32_t i = 0; i < h->reserved_count; i++) {
		CHECK(h->reserved[i].size != 0 && fits(h->reserved[i]));
	}
	for (uint32_t i = 0; i < h->intc_reg_count; i++) {
		CHECK(fits(h->intc_reg[i]));
	}
	CHECK(fits(h->uart) && fits(h->initrd));
	for (uint32_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		CHECK(h->seeds[i].at <= h->size && h->seeds[i].size <= h->size - h->seeds[i].at);
	}
	CHECK(memchr(h->bootargs, '\0', sizeof(h->bootargs)) != NULL);
	CHECK(memchr(h->uart_compatible, '\0', sizeof(h->uart_compatible)) != NULL);
}

static void check_riscv(const void *tree, const struct axfdt_host *h)
{
	struct axfdt_host_riscv r;

	axfdt_read_host_riscv(tree, h, &r);
	CHECK(memchr(r.isa, '\0', sizeof(r.isa)) != NULL);
	CHECK(memchr(r.mmu_type, '\0', sizeof(r.mmu_type)) != NULL);
	CHECK(r.plic_sources <= 1023 && fits(r.sswi) && fits(r.goldfish_rtc));
	CHECK(r.uart_shift <= 4 && (r.uart_width == 1 || r.uart_width == 2 || r.uart_width == 4));
	for (uint32_t i = 0; i < AXFDT_HOST_MAX_CPUS; i++) {
		CHECK(i < h->cpu_count || r.plic_context[i] == AXFDT_HOST_NONE);
		CHECK(r.plic_context[i] == AXFDT_HOST_NONE || r.plic_context[i] < h->size);
		CHECK(r.sswi_index[i] == AXFDT_HOST_NONE || r.sswi_index[i] < h->size);
	}
}

/* Neither RAM's node nor what the hypervisor uses is ever given. */
static void check_give(const void *tree, const struct axfdt_host *h)
{
	CHECK(h->uart.size == 0 || !axfdt_may_give(tree, h, h->uart));
	CHECK(h->intc_reg_count == 0 || !axfdt_may_give(tree, h, h->intc_reg[0]));
	CHECK(!axfdt_may_give(tree, h, h->mem[0]));
}

static void check_completed(void *tree, size_t len, const struct axfdt_host *before)
{
	struct axfdt_host h;
	struct axfdt_diag diag;

	CHECK(fdt_check_full(tree, len) == 0);
	if (before == NULL) {
		return;
	}
	CHECK(axfdt_read_host(tree, len, &h, &diag) == AX_OK);
	CHECK(strcmp(h.bootargs, "quiet") == 0);
	CHECK(h.initrd.base == 0x50000000 && h.initrd.size == 0x1000);
	CHECK(memcmp(h.mem, before->mem, sizeof(h.mem)) == 0);
	CHECK(memcmp(h.cpu_reg, before->cpu_reg, sizeof(h.cpu_reg)) == 0);
	CHECK(h.reserved_count == before->reserved_count && h.uart.base == before->uart.base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct axfdt_range initrd = { 0x50000000, 0x1000 };
	struct axfdt_host h;
	struct axfdt_diag diag;
	size_t len;
	uint8_t *tree = aligned_alloc(8, (2 * size + ROOM + 7) & ~(size_t)7);

	CHECK(tree != NULL);
	memcpy(tree, data, size);
	memset(tree + size, 0xff, size + ROOM);
	ax_err_t err = axfdt_read_host(tree, size, &h, &diag);

	if (err == AX_OK) {
		check_host(&h, size);
		check_riscv(tree, &h);
		check_give(tree, &h);
	} else {
		CHECK(err == AX_EFORMAT && memchr(diag.text, '\0', sizeof(diag.text)) != NULL);
	}
	if (axfdt_set_chosen(tree, 2 * size + ROOM, "quiet", initrd, &len) == AX_OK) {
		CHECK(len <= 2 * size + ROOM);
		check_completed(tree, len, err == AX_OK ? &h : NULL);
	}
	free(tree);
	return 0;
}
