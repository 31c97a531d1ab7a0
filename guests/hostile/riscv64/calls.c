/* SPDX-License-Identifier: Apache-2.0 */
/* SBI: extensions and functions that nobody offers, and arguments that nobody should give. */
#include "hostile.h"

#define LEGACY_LAST     15
#define LEGACY_GETCHAR  2
#define LEGACY_SHUTDOWN 8
#define HSM_GET_STATUS  2
#define RFENCE_LAST     6
#define FLOOD_BYTES     512

static uint64_t some_extension(void)
{
	static const uint32_t known[] = {
		SBI_EXT_BASE,
		SBI_EXT_TIME,
		SBI_EXT_IPI,
		SBI_EXT_RFENCE,
		SBI_EXT_HSM,
		SBI_EXT_SRST,
		SBI_EXT_DBCN,
		0x504d55 /* PMU */,
		0x53555350 /* SUSP */,
		0x4e41434c /* NACL */,
		0x535441 /* STA */,
		0x43505043 /* CPPC */,
		0x08000000,
		0x09000000,
		0x0a000000,
	};

	switch (below(8)) {
	case 0:
		return nasty();
	case 1:
		return below(LEGACY_LAST + 1);
	case 2:
		return known[below(sizeof(known) / sizeof(known[0]))] | any() << 32;
	default:
		return known[below(sizeof(known) / sizeof(known[0]))];
	}
}

/* What would end the game, or this CPU; attack_harts() and attack_suspend() have the rest of HSM. */
static bool is_fatal(uint64_t extension, uint64_t function)
{
	if (extension <= LEGACY_LAST) {
		return extension == LEGACY_SHUTDOWN || !under_a_hypervisor;
	}
	/* A firmware may look at fewer bits than there are. */
	return (uint32_t)extension == SBI_EXT_SRST ||
	       ((uint32_t)extension == SBI_EXT_HSM && (uint32_t)function != HSM_GET_STATUS);
}

static void call(uint64_t extension, uint64_t function)
{
	struct guest_regs r;

	if (is_fatal(extension, function)) {
		return;
	}
	harmless_registers(&r);
	for (unsigned i = A0; i < A0 + 2; i++) {
		r.x[i] = below(2) == 0 ? below(cpu_count + 2) : r.x[i];
	}
	r.x[16] = function;
	r.x[17] = extension;
	(void)guest_try_insn(GUEST_INSN_ECALL, &r, NULL);
}

void attack_calls(void)
{
	for (unsigned i = 0; i < 200; i++) {
		call(some_extension(), below(4) != 0 ? below(10) : nasty());
	}
}

/* Of all harts, all addresses, all at once, and of none. */
void attack_fences(void)
{
	for (unsigned i = 0; i < 40; i++) {
		uint64_t start = below(2) == 0 ? nasty() : (uint64_t)scratch();
		uint64_t size = below(2) == 0 ? nasty() : below(100) * PAGE;
		uint64_t base = below(2) == 0 ? ~UINT64_C(0) : below(cpu_count);

		guest_sbi6(SBI_EXT_RFENCE, below(RFENCE_LAST + 2),
			   (const uint64_t[6]){ below(4) == 0 ? nasty() : below(16), base, start,
						size, below(4) == 0 ? nasty() : below(4) });
	}
}

/* DBCN from where nothing is, from devices, over the end of RAM; to scratch memory, and to those places. */
void attack_console_calls(void)
{
	for (unsigned i = 0; i < 20; i++) {
		uint64_t at = harmless();

		switch (below(4)) {
		case 0:
			at = some_device();
			break;
		case 1: /* over the end of RAM */
			at = ram_base + ram_bytes - below(32);
			break;
		case 2:
			at = NOWHERE + below(PAGE);
			break;
		default:
			break;
		}
		guest_sbi(SBI_EXT_DBCN, 0, below(4) == 0 ? nasty() : below(FLOOD_BYTES), at,
			  below(8) == 0 ? nasty() : 0);
		guest_sbi(SBI_EXT_DBCN, 1, below(FLOOD_BYTES),
			  below(2) == 0 ? at : (uint64_t)scratch_page(DATA), 0);
		guest_sbi(SBI_EXT_DBCN, 2, any(), 0, 0);
		if (under_a_hypervisor) {
			guest_sbi(LEGACY_GETCHAR, 0, 0, 0, 0);
		}
	}
}
