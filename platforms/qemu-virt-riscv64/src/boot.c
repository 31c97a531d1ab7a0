/* SPDX-License-Identifier: Apache-2.0 */
/* This board's steps on the way from the device tree to app_main(). */
#include <axfdt/give.h>
#include <axport/log.h>
#include "inline.h"

#define HGATP_MODE       AX_MASK64(63, 60)
#define HGATP_VMID       AX_MASK64(57, 44)
#define HGATP_SV39X4     8
#define HGATP_SV57X4     10
#define VMID_BITS_NEEDED 8
#define PA_BITS          56 /* of a PPN; a machine's own number is not to be read anywhere */

/* goldfish_rtc: reading the low half latches the high one. Nanoseconds since 1970. */
#define GOLDFISH_TIME_LOW  0x00
#define GOLDFISH_TIME_HIGH 0x04

struct board_riscv64 board_riscv64_info;
struct axfdt_host_riscv board_tree;
uint64_t board_boot_hart;
uint64_t board_satp;

static const void *host_fdt; /* const after boot */
static const struct axfdt_host *host_tree;

const struct board_riscv64 *board_riscv64_get(void)
{
	return &board_riscv64_info;
}

void board_mmu_setup(uint64_t dtb, uint64_t dtb_size)
{
	board_mmu_map_boot(dtb, dtb_size);
	board_satp = BOARD_SATP_SV39 | board_mmu_root() >> AX_PAGE_SHIFT;
}

/** RAM that the identity map does not reach is left unused. */
static void clip_memory(struct axfdt_host *host)
{
	uint64_t top = AX_BIT64(BOARD_MMU_BITS);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < host->mem_count; i++) {
		struct axfdt_range r = host->mem[i];
		uint64_t room = r.base < top ? top - r.base : 0;

		if (r.size > room) {
			ax_log(AX_LOG_WARN,
			       "memory: 0x%llx+0x%llx: what is past 256 GiB is not used",
			       (unsigned long long)r.base, (unsigned long long)r.size);
			r.size = room;
		}
		if (r.size != 0) {
			host->mem[kept++] = r;
		}
	}
	host->mem_count = kept;
}

void board_firmware_init(const void *fdt, struct axfdt_host *host)
{
	host_fdt = fdt;
	host_tree = host;
	axfdt_read_host_riscv(fdt, host, &board_tree);
	host->rtc = board_tree.goldfish_rtc;
	board_riscv64_info = (struct board_riscv64){
		.isa = board_tree.isa,
		.mmu_type = board_tree.mmu_type,
		.cbom_bytes = board_tree.cbom_bytes,
		.cboz_bytes = board_tree.cboz_bytes,
		.sstc = probe_stimecmp(),
	};
	board_sbi_init();
	clip_memory(host);
}

/* The clock is given as well: it is read once, at boot. What kicks harts has a wire to them. */
bool board_may_give(hpa_t at, uint64_t size)
{
	return axfdt_may_give(host_fdt, host_tree, (struct axfdt_range){ at.v, size });
}

void board_timer_init(const struct axfdt_host *host)
{
	board_riscv64_info.timebase_hz = host->timebase_hz;
	board_time_init(host->timebase_hz);
}

/** What of @value hgatp keeps. No guest is there that it could be meant for. */
static uint64_t try_hgatp(uint64_t value)
{
	write_hgatp(value);
	value = read_hgatp();
	write_hgatp(0);
	return value;
}

static void probe_guest_translation(void)
{
	struct board_riscv64 *r = &board_riscv64_info;

	for (uint64_t mode = HGATP_SV39X4; mode <= HGATP_SV57X4; mode++) {
		uint64_t v = try_hgatp(AX_FIELD_PREP(HGATP_MODE, mode));

		r->hgatp_modes |= AX_FIELD_GET(HGATP_MODE, v) == mode ? UINT32_C(1) << mode : 0;
	}
	if (r->hgatp_modes == 0) {
		board_fail("cpu: hgatp takes neither Sv39x4 nor Sv48x4 nor Sv57x4");
	}
	uint64_t vmid = AX_FIELD_GET(HGATP_VMID,
				     try_hgatp(AX_FIELD_PREP(HGATP_MODE, ax_ctz64(r->hgatp_modes)) |
					       HGATP_VMID));

	while ((vmid >> r->vmid_bits & 1) != 0) {
		r->vmid_bits++;
	}
	if (r->vmid_bits < VMID_BITS_NEEDED) {
		board_fail("cpu: VMIDs of %u bits, %u are needed", r->vmid_bits, VMID_BITS_NEEDED);
	}
}

uint64_t board_cpu_init(void)
{
	if (!probe_hstatus()) {
		board_fail("cpu: no H extension (riscv,isa \"%s\"): run QEMU with -cpu rv64,h=true",
			   board_tree.isa);
	}
	probe_guest_translation();
	board_info.pa_bits = PA_BITS;
	return board_boot_hart;
}

uint64_t board_read_clock(const struct axfdt_host *host)
{
	const void *rtc = (const void *)(uintptr_t)host->rtc.base;
	uint64_t low = mmio_read32(rtc, GOLDFISH_TIME_LOW);

	return ((uint64_t)mmio_read32(rtc, GOLDFISH_TIME_HIGH) << 32 | low) / UINT64_C(1000000000);
}
