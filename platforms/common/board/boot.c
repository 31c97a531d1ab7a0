/* SPDX-License-Identifier: Apache-2.0 */
/* From the device tree to app_main(). Whatever is missing ends the boot with one line. */
#include <axbase/str.h>
#include <axport/log.h>
#include "inline.h"

#define FDT_MAGIC    UINT32_C(0xd00dfeed)
#define FDT_MAX_SIZE UINT64_C(0x400000)

struct board board_info;
static struct axfdt_host host;
static uint64_t fdt_bytes;
static uint8_t emergency_stacks[BOARD_MAX_CPUS][4096] AX_ALIGNED(16);

const struct board *board_get(void)
{
	return &board_info;
}

static uint32_t read_be32(uint64_t at)
{
	return board_swap32(*(const volatile uint32_t *)(uintptr_t)at);
}

/* MMU and caches are off: aligned accesses only, and no memset of any size. */
void board_boot_tables(uint64_t dtb)
{
	for (uint32_t i = 0; i < BOARD_MAX_CPUS; i++) {
		board_cpus[i].id = i;
		board_cpus[i].emergency_top =
			(uintptr_t)emergency_stacks[i] + sizeof(emergency_stacks[i]);
		board_cpus[i].stack_top = board_guard_page(i + 1);
	}
	if (ax_is_aligned(dtb, 8) && read_be32(dtb) == FDT_MAGIC) {
		fdt_bytes = ax_min_u64(read_be32(dtb + 4), FDT_MAX_SIZE);
	}
	board_mmu_setup(dtb, fdt_bytes);
}

static void read_tree(uint64_t dtb)
{
	struct axfdt_diag diag = { { 0 } };

	if (fdt_bytes == 0) {
		board_fail("fdt: no device tree at 0x%llx", (unsigned long long)dtb);
	}
	if (axfdt_read_host((const void *)(uintptr_t)dtb, (size_t)fdt_bytes, &host, &diag) !=
	    AX_OK) {
		board_fail("fdt: %s", diag.text);
	}
}

/* A machine without a clock is no reason to stop: its guests begin in 1970. */
static void init_clock(void)
{
	if (host.rtc.size != 0 &&
	    board_mmu_map(host.rtc.base, host.rtc.size, BOARD_MAP_DEVICE) == AX_OK) {
		board_info.epoch_s =
			board_read_clock(&host) - ax_port_now_ns() / UINT64_C(1000000000);
	}
}

static void init_memory(uint64_t dtb)
{
	ax_err_t err = board_mmu_map_ram(&host);

	if (err == AX_OK) {
		err = board_mm_init(&host, dtb);
	}
	if (err != AX_OK) {
		board_fail("memory: %u ranges, first 0x%llx+0x%llx: %s", host.mem_count,
			   (unsigned long long)host.mem[0].base,
			   (unsigned long long)host.mem[0].size, ax_err_name(err));
	}
}

/** The word @word stands in the boot arguments. */
static bool has_word(const char *args, const char *word)
{
	size_t len = ax_strnlen(word, 64);

	for (const char *at = args; *at != '\0'; at++) {
		size_t i = 0;

		while (i < len && at[i] == word[i]) {
			i++;
		}
		if (i == len && (at == args || at[-1] == ' ') && (at[i] == ' ' || at[i] == '\0')) {
			return true;
		}
	}
	return false;
}

void board_boot_main(uint64_t dtb)
{
	board_console_early();
	read_tree(dtb);
	board_firmware_init((const void *)(uintptr_t)dtb, &host);
	board_console_init(&host);
	board_timer_init(&host);
	board_smp_init(&host, board_cpu_init());
	init_memory(dtb);
	board_random_init(dtb, host.seeds);
	init_clock();
	board_irq_init(&host);
	board_info.bootargs = host.bootargs;
	board_log_debug(has_word(host.bootargs, "debug"));
	if (host.initrd.size != 0) {
		board_info.bundle = (const void *)(uintptr_t)host.initrd.base;
		board_info.bundle_size = (size_t)host.initrd.size;
	}
	app_main();
}
