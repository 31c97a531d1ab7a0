/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of exceptions at EL2: what their registers say. */
#include "inline.h"

#define ESR_EC      AX_MASK64(31, 26)
#define ESR_IFSC    AX_MASK64(5, 0) /* fault status of aborts, DFSC for data */
#define ESR_WNR     AX_BIT64(6)
#define EC_IABT_CUR 0x21
#define EC_DABT_CUR 0x25
#define EC_SP_ALIGN 0x26
#define EC_BRK      0x3c

#define FRAMES      16 /* lines of the backtrace at most */

static const char *ec_name(uint64_t ec)
{
	switch (ec) {
	case 0x00:
		return "unknown instruction";
	case 0x07:
		return "FP access trap";
	case 0x0e:
		return "illegal execution state";
	case EC_IABT_CUR:
		return "instruction abort";
	case 0x22:
		return "PC alignment";
	case EC_DABT_CUR:
		return "data abort";
	case EC_SP_ALIGN:
		return "SP alignment";
	case 0x2f:
		return "SError";
	case EC_BRK:
		return "BRK";
	default:
		return "exception";
	}
}

static const char *fsc_name(uint64_t fsc)
{
	switch (fsc & 0x3c) {
	case 0x00:
		return "address size";
	case 0x04:
		return "not mapped";
	case 0x08:
		return "access flag";
	case 0x0c:
		return "permission";
	case 0x10:
		return "external";
	case 0x20:
		return "alignment";
	default:
		return "other";
	}
}

/** Room for a frame record at @fp in the stacks of @cpu: nothing else is read. */
static bool in_stack(const struct board_cpu *cpu, uint64_t fp)
{
	return ax_is_aligned(fp, 16) && fp >= cpu->stack_top - BOARD_STACK_SIZE &&
	       fp <= cpu->stack_top - 16;
}

static void backtrace(const struct board_cpu *cpu, const struct board_regs *regs)
{
	uint64_t fp = regs->x[29];

	board_say("  pc %016llx", (unsigned long long)regs->elr);
	board_say("  lr %016llx", (unsigned long long)regs->x[30]);
	for (uint32_t i = 0; i < FRAMES && in_stack(cpu, fp); i++) {
		const uint64_t *record = (const uint64_t *)(uintptr_t)fp;

		board_say("  #%u %016llx", i, (unsigned long long)record[1]);
		if (record[0] <= fp) {
			break; /* frames lie upwards; anything else is damage, or the last */
		}
		fp = record[0];
	}
}

void board_dump(const struct board_cpu *cpu, const struct board_regs *regs)
{
	board_say("ESR_EL2 %08llx ELR_EL2 %016llx FAR_EL2 %016llx SPSR_EL2 %08llx HCR_EL2 %016llx",
		  (unsigned long long)regs->esr, (unsigned long long)regs->elr,
		  (unsigned long long)regs->far, (unsigned long long)regs->spsr,
		  (unsigned long long)read_hcr_el2());
	for (uint32_t i = 0; i < 28; i += 4) {
		board_say("x%-2u %016llx x%-2u %016llx x%-2u %016llx x%-2u %016llx", i,
			  (unsigned long long)regs->x[i], i + 1, (unsigned long long)regs->x[i + 1],
			  i + 2, (unsigned long long)regs->x[i + 2], i + 3,
			  (unsigned long long)regs->x[i + 3]);
	}
	board_say("x28 %016llx x29 %016llx x30 %016llx sp  %016llx",
		  (unsigned long long)regs->x[28], (unsigned long long)regs->x[29],
		  (unsigned long long)regs->x[30], (unsigned long long)regs->sp);
	board_say("backtrace:");
	backtrace(cpu, regs);
}

void board_fault(const struct board_regs *regs)
{
	struct board_cpu *cpu = board_fault_claim();
	uint64_t ec = AX_FIELD_GET(ESR_EC, regs->esr);
	uint64_t fsc = AX_FIELD_GET(ESR_IFSC, regs->esr);

	if (ec == EC_DABT_CUR) {
		board_say_overflow(cpu, regs->far);
	}
	if (ec == EC_DABT_CUR || ec == EC_IABT_CUR) {
		board_say("panic: CPU %u: %s at %016llx: %s%s", cpu->id, ec_name(ec),
			  (unsigned long long)regs->far, fsc_name(fsc),
			  ec != EC_DABT_CUR            ? ""
			  : (regs->esr & ESR_WNR) != 0 ? ", on a write"
						       : ", on a read");
	} else {
		board_say("panic: CPU %u: %s (EC 0x%02llx)", cpu->id, ec_name(ec),
			  (unsigned long long)ec);
	}
	board_dump(cpu, regs);
	board_power_off();
}
