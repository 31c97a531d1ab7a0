/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of an entry, as the traps of RISC-V tell them. */
#include "ends.h"

#define HTINST_LW  UINT64_C(0x2003) /* transformed, 4 bytes long */
#define HTINST_SW  UINT64_C(0x2023)
#define REG_A2     12
#define WORDS      ((GUEST_SOURCES + 32) / 32)
#define CONTEXT(v) (GUEST_PLIC + PLIC_CONTEXT + VIRT_RISCV64_CONTEXT_S(v) * PLIC_CONTEXT_STRIDE)
#define ENABLES(v) (GUEST_PLIC + PLIC_ENABLE + VIRT_RISCV64_CONTEXT_S(v) * PLIC_ENABLE_STRIDE)

uint64_t script_x(const struct machine_entry *e, uint32_t n)
{
	uint64_t val;

	assert_int_equal(vcpu_riscv64_get_gpr(e->arch, n, &val), AX_OK);
	return val;
}

void script_set_x(const struct machine_entry *e, uint32_t n, uint64_t val)
{
	assert_int_equal(vcpu_riscv64_set_gpr(e->arch, n, val), AX_OK);
}

/* Without translation of its own: the guest's address is the physical one. */
static void trap(const struct machine_entry *e, uint64_t scause, uint64_t addr, uint64_t htinst)
{
	*e->exit = (struct vcpu_riscv64_fake_exit){
		.scause = scause, .stval = addr, .htval = addr >> 2, .htinst = htinst
	};
}

void script_write32(const struct machine_entry *e, uint64_t addr, uint32_t val)
{
	script_set_x(e, REG_A2, val);
	trap(e, CAUSE_STORE_FAULT, addr, HTINST_SW | REG_A2 << 20);
}

void script_read32(const struct machine_entry *e, uint64_t addr)
{
	trap(e, CAUSE_LOAD_FAULT, addr, HTINST_LW | REG_A2 << 7);
}

void script_insn(const struct machine_entry *e, uint32_t insn, uint64_t addr, bool write)
{
	static uint8_t code[4];

	for (size_t i = 0; i < sizeof(code); i++) {
		code[i] = (uint8_t)(insn >> (8 * i));
	}
	vcpu_riscv64_fake_set_code(GUEST_CODE, code, sizeof(code));
	script_set_x(e, VCPU_RISCV64_PC, GUEST_CODE);
	trap(e, write ? CAUSE_STORE_FAULT : CAUSE_LOAD_FAULT, addr, 0);
}

void script_fetch(const struct machine_entry *e, uint64_t addr)
{
	script_set_x(e, VCPU_RISCV64_PC, addr);
	trap(e, CAUSE_FETCH_FAULT, addr, 0);
}

void script_call(const struct machine_entry *e, uint64_t eid, uint64_t fid, uint64_t a0,
		 uint64_t a1, uint64_t a2, uint64_t a3)
{
	const uint64_t args[] = { a0, a1, a2, a3, 0 };

	for (uint32_t i = 0; i < AX_ARRAY_SIZE(args); i++) {
		script_set_x(e, REG_A0 + i, args[i]);
	}
	script_set_x(e, REG_A6, fid);
	script_set_x(e, REG_A7, eid);
	*e->exit = (struct vcpu_riscv64_fake_exit){ .scause = CAUSE_VS_ECALL };
}

void script_wfi(const struct machine_entry *e)
{
	*e->exit = (struct vcpu_riscv64_fake_exit){ .scause = CAUSE_VIRTUAL, .stval = 0x10500073 };
}

bool script_open_plic(const struct machine_entry *e, unsigned n)
{
	static const uint32_t sources[] = { VIRT_RISCV64_UART_IRQ, VIRT_RISCV64_RTC_IRQ, 1, 40 };

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP | SIP_STIP | SIP_SEIP);
	if (n < AX_ARRAY_SIZE(sources)) {
		script_write32(e, GUEST_PLIC + PLIC_PRIORITY + 4 * sources[n], 1 + n);
	} else if (n < AX_ARRAY_SIZE(sources) + WORDS) {
		script_write32(e, ENABLES(e->vcpu) + 4 * (n - AX_ARRAY_SIZE(sources)), UINT32_MAX);
	} else if (n == AX_ARRAY_SIZE(sources) + WORDS) {
		script_write32(e, CONTEXT(e->vcpu) + PLIC_THRESHOLD, 0);
	} else {
		return false;
	}
	return true;
}
