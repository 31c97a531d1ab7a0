/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of an entry, as the syndromes of AArch64 tell them. */
#include "ends.h"

#define EC(n) ((uint64_t)(n) << 26 | UINT64_C(1) << 25)

uint64_t script_x(const struct machine_entry *e, uint32_t n)
{
	uint64_t val;

	assert_int_equal(vcpu_aarch64_get_gpr(e->arch, n, &val), AX_OK);
	return val;
}

static void set_x(const struct machine_entry *e, uint32_t n, uint64_t val)
{
	assert_int_equal(vcpu_aarch64_set_gpr(e->arch, n, val), AX_OK);
}

static void trap(const struct machine_entry *e, uint64_t esr, uint64_t addr)
{
	*e->exit = (struct vcpu_aarch64_fake_exit){
		.kind = VCPU_AARCH64_FAKE_SYNC, .esr = esr, .far = addr, .hpfar = addr >> 12 << 4
	};
}

/* Data abort, 32 bits, X2, translation fault at level 3 (D17.2.37). */
#define ISS_WORD_X2 (UINT64_C(1) << 24 | UINT64_C(2) << 22 | UINT64_C(2) << 16 | 0x07)

void script_write32(const struct machine_entry *e, uint64_t addr, uint32_t val)
{
	set_x(e, 2, val);
	trap(e, EC(0x24) | ISS_WORD_X2 | 0x40, addr);
}

void script_read32(const struct machine_entry *e, uint64_t addr)
{
	trap(e, EC(0x24) | ISS_WORD_X2, addr);
}

void script_insn(const struct machine_entry *e, uint32_t insn, uint64_t addr, bool write)
{
	struct ax_gmem m = axaddrspace_gmem(&e->guest->vm.as);
	uint8_t bytes[4] = { (uint8_t)insn, (uint8_t)(insn >> 8), (uint8_t)(insn >> 16),
			     (uint8_t)(insn >> 24) };

	assert_int_equal(ax_gmem_write(&m, gpa(GUEST_CODE), bytes, sizeof(bytes)), AX_OK);
	set_x(e, VCPU_AARCH64_PC, GUEST_CODE);
	set_x(e, 0, addr);
	trap(e, EC(0x24) | (write ? 0x40 : 0) | 0x07, addr);
}

void script_fetch(const struct machine_entry *e, uint64_t addr)
{
	set_x(e, VCPU_AARCH64_PC, addr);
	trap(e, EC(0x20) | 0x07, addr);
}

void script_hvc(const struct machine_entry *e, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3)
{
	set_x(e, 0, fid);
	set_x(e, 1, x1);
	set_x(e, 2, x2);
	set_x(e, 3, x3);
	trap(e, EC(0x16), 0);
}

void script_msr(const struct machine_entry *e, uint32_t reg, uint64_t val)
{
	set_x(e, 2, val);
	trap(e,
	     EC(0x18) | (uint64_t)(reg >> 14 & 3) << 20 | (uint64_t)(reg & 7) << 17 |
		     (uint64_t)(reg >> 11 & 7) << 14 | (uint64_t)(reg >> 7 & 15) << 10 | 2 << 5 |
		     (uint64_t)(reg >> 3 & 15) << 1,
	     0);
}

void script_wfi(const struct machine_entry *e)
{
	trap(e, EC(0x01), 0);
}

bool script_open_gic(const struct machine_entry *e, unsigned n)
{
	uint64_t gicr = GUEST_GICR + e->vcpu * (uint64_t)GICR_STRIDE;
	bool v2 = e->guest->conf.intc == AXCONF_INTC_GICV2;
	uint64_t sgi = v2 ? GUEST_GICD : gicr + (UINT64_C(1) << 16);
	const struct {
		uint64_t addr;
		uint32_t val;
	} writes[] = {
		{ GUEST_GICD + GICD_CTLR, v2 ? 3 : 0x13 },
		{ v2 ? GUEST_GICD + 0x820 : gicr + 0x14, v2 ? 0x01010101 : 0 }, /* targets; waker */
		{ GUEST_GICD + 0x824, v2 ? 0x0f0f0f0f : 0 },
		{ sgi + 0x080, UINT32_MAX }, /* group 1 */
		{ sgi + 0x100, UINT32_MAX }, /* enabled */
		{ GUEST_GICD + 0x084, UINT32_MAX },
		{ GUEST_GICD + 0x104, UINT32_MAX },
		{ GUEST_GICD + 0x088, UINT32_MAX },
		{ GUEST_GICD + 0x108, UINT32_MAX },
	};

	if (n >= AX_ARRAY_SIZE(writes)) {
		return false;
	}
	e->gic->st.vmcr = (uint32_t)(ICH_VMCR_VENG1 | ICH_VMCR_VENG0 | ICH_VMCR_VPMR);
	script_write32(e, writes[n].addr, writes[n].val);
	return true;
}

bool script_has_lr(const struct machine_entry *e, uint32_t intid)
{
	for (uint32_t i = 0; i < e->gic->lr_count; i++) {
		if ((e->gic->lr[i] & ICH_LR_State) == ICH_LR_Pending &&
		    (e->gic->lr[i] & ICH_LR_v2_INTID) == intid) {
			return true;
		}
	}
	return false;
}
