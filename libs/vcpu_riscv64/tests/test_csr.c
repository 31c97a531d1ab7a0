/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual-instruction traps, by the list of 8.6.1. Encodings are the assembler's. */
#include "sbi_rig.h"

#define WFI     0x10500073
#define STVEC   UINT64_C(0xffffffff80001000)
#define ILLEGAL 2

/* What a guest without H may run into, in VS-mode and in VU-mode. */
static const struct {
	uint32_t insn;
	const char *text;
	bool vu_only; /* VS-mode may */
} illegal[] = {
	{ 0x600342f3, "hlv.b x5,(x6)", false },
	{ 0x643342f3, "hlvx.hu x5,(x6)", false },
	{ 0x6c0342f3, "hlv.d x5,(x6)", false },
	{ 0x6e534073, "hsv.d x5,(x6)", false },
	{ 0x22000073, "hfence.vvma", false },
	{ 0x62000073, "hfence.gvma", false },
	{ 0x600022f3, "csrr x5,hstatus", false },
	{ 0x60029073, "csrw hstatus,x5", false },
	{ 0x602022f3, "csrr x5,hedeleg", false },
	{ 0x603022f3, "csrr x5,hideleg", false },
	{ 0x606022f3, "csrr x5,hcounteren", false },
	{ 0x60a022f3, "csrr x5,henvcfg", false },
	{ 0x60c022f3, "csrr x5,hstateen0", false },
	{ 0x645022f3, "csrr x5,hvip", false },
	{ 0x68002073, "csrr x0,hgatp", false },
	{ 0x68029073, "csrw hgatp,x5", false },
	{ 0xe12022f3, "csrr x5,hgeip", false },
	{ 0x200022f3, "csrr x5,vsstatus", false },
	{ 0x280022f3, "csrr x5,vsatp", false },
	{ 0x24d022f3, "csrr x5,vstimecmp", false },
	{ 0x14d022f3, "csrr x5,stimecmp", false }, /* henvcfg.STCE clear */
	{ 0x10c022f3, "csrr x5,sstateen0", false },
	{ 0xc03022f3, "csrr x5,hpmcounter3", false },
	{ 0xc1f022f3, "csrr x5,hpmcounter31", false },
	{ 0xc01022f3, "csrr x5,time", false },
	{ 0x0042a00f, "cbo.zero (x5)", false },
	{ 0x0002a00f, "cbo.inval (x5)", false },
	{ 0x00d00073, "wrs.nto", false },
	{ 0x10200073, "sret", true },
	{ 0x12000073, "sfence.vma", true },
	{ 0x16000073, "sinval.vma x0,x0", true },
	{ 0x100022f3, "csrr x5,sstatus", true },
	{ 0x180022f3, "csrr x5,satp", true },
	{ WFI, "wfi", true },
};

static void prepare(struct sbi_rig *r, bool vs)
{
	set(r, VCPU_RISCV64_PC, ENTRY);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, vs ? 1 : 0);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, 0x2); /* SIE */
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTVEC, STVEC | 1);
}

static void assert_illegal(struct sbi_rig *r, uint64_t tval, bool vs, const char *text)
{
	if (r->e.kind != AXVCPU_EXIT_HOST_IRQ || live(VCPU_RISCV64_FAKE_VSCAUSE) != ILLEGAL ||
	    live(VCPU_RISCV64_FAKE_VSTVAL) != tval || pc(r) != STVEC) {
		fail_msg("%s: %s, cause %llu, tval 0x%llx", text, axvcpu_exit_name(r->e.kind),
			 (unsigned long long)live(VCPU_RISCV64_FAKE_VSCAUSE),
			 (unsigned long long)live(VCPU_RISCV64_FAKE_VSTVAL));
	}
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSEPC), ENTRY);
	/* SPP says where it came from, SPIE what SIE was, and VS-mode goes on with SIE clear. */
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSTATUS) & 0x122, (vs ? 0x100 : 0) | 0x20);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 1);
}

static void what_needs_h_is_an_illegal_instruction(void **state)
{
	struct sbi_rig *r = *state;

	for (size_t i = 0; i < AX_ARRAY_SIZE(illegal); i++) {
		for (unsigned vs = 0; vs < (illegal[i].vu_only ? 1u : 2u); vs++) {
			prepare(r, vs != 0);
			set(r, 5, 0x55);
			trap(r, VIRTUAL_INSN, illegal[i].insn);
			assert_illegal(r, illegal[i].insn, vs != 0, illegal[i].text);
			assert_int_equal(get(r, 5), 0x55);
		}
	}
}

static void wfi_waits_behind_itself(void **state)
{
	struct sbi_rig *r = *state;

	prepare(r, true);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SEIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP); /* not enabled */
	assert_int_equal(trap(r, VIRTUAL_INSN, WFI), AXVCPU_EXIT_IDLE);
	assert_int_equal(pc(r), ENTRY + 4);
	/* The wait is over when it runs, whatever the reason. */
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY + 4);
}

static void wfi_with_an_enabled_interrupt_pending_goes_on(void **state)
{
	struct sbi_rig *r = *state;
	static const struct {
		uint64_t hvip;
		uint64_t vsie;
	} cases[] = {
		{ HVIP_VSSIP, SIP_SSIP },
		{ HVIP_VSTIP, SIP_STIP },
		{ HVIP_VSEIP, SIP_SEIP | SIP_SSIP },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		for (unsigned sie = 0; sie < 2; sie++) { /* which does not count */
			prepare(r, true);
			vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, sie * 2);
			vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, cases[i].hvip);
			vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, cases[i].vsie);
			assert_int_equal(trap(r, VIRTUAL_INSN, WFI), AXVCPU_EXIT_HOST_IRQ);
			assert_int_equal(pc(r), ENTRY + 4);
		}
	}
}

static void a_waiting_hart_has_its_timer_watched(void **state)
{
	struct sbi_rig *r = *state;

	prepare(r, true);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, 5000);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_STIP);
	assert_true(OPS->deadline_ns(self(r)) > 500000); /* hardware does it */
	assert_int_equal(trap(r, VIRTUAL_INSN, WFI), AXVCPU_EXIT_IDLE);
	assert_int_equal(OPS->deadline_ns(self(r)), 500000);
	axtest_now_ns = 500000;
	prepare(r, true);
	assert_int_equal(trap(r, VIRTUAL_INSN, WFI), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY + 4);
}

static void without_stval_the_instruction_is_fetched(void **state)
{
	struct sbi_rig *r = *state;
	static const uint8_t wfi[] = { 0x73, 0x00, 0x50, 0x10 };
	static const uint8_t hlv[] = { 0xf3, 0x42, 0x03, 0x60 };
	static const uint8_t compressed[] = { 0x01, 0x00, 0xff, 0xff };

	prepare(r, true);
	vcpu_riscv64_fake_set_code(ENTRY, wfi, sizeof(wfi));
	assert_int_equal(trap(r, VIRTUAL_INSN, 0), AXVCPU_EXIT_IDLE);
	assert_int_equal(pc(r), ENTRY + 4);
	prepare(r, true);
	vcpu_riscv64_fake_set_code(ENTRY, hlv, sizeof(hlv));
	trap(r, VIRTUAL_INSN, 0);
	assert_illegal(r, 0x600342f3, true, "fetched");
	/* Overwritten meanwhile. */
	prepare(r, true);
	vcpu_riscv64_fake_set_code(ENTRY, compressed, sizeof(compressed));
	trap(r, VIRTUAL_INSN, 0);
	assert_illegal(r, 1, true, "compressed");
}

static void a_fetch_that_faults_is_left_to_the_guest(void **state)
{
	struct sbi_rig *r = *state;
	uint32_t entries = vcpu_riscv64_fake_entries();

	prepare(r, true);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSCAUSE, 99);
	assert_int_equal(trap(r, VIRTUAL_INSN, 0), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSCAUSE), 99);
	assert_int_equal(vcpu_riscv64_fake_entries(), entries + 2); /* it tried again */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_needs_h_is_an_illegal_instruction, rig_setup),
		cmocka_unit_test_setup(wfi_waits_behind_itself, rig_setup),
		cmocka_unit_test_setup(wfi_with_an_enabled_interrupt_pending_goes_on, rig_setup),
		cmocka_unit_test_setup(a_waiting_hart_has_its_timer_watched, rig_setup),
		cmocka_unit_test_setup(without_stval_the_instruction_is_fetched, rig_setup),
		cmocka_unit_test_setup(a_fetch_that_faults_is_left_to_the_guest, rig_setup),
	};

	return cmocka_run_group_tests_name("csr", tests, NULL, NULL);
}
