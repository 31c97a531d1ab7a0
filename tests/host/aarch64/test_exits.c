/* SPDX-License-Identifier: Apache-2.0 */
/* Directed scenarios through the whole stack, and random exits from fixed seeds. */
#include "ends.h"
#include "seeds.h"
#include <string.h>

#define CPU_ON     UINT32_C(0xc4000003)
#define CPU_OFF    UINT32_C(0x84000002)
#define SYSTEM_OFF UINT32_C(0x84000008)
#define SYSTEM_RST UINT32_C(0x84000009)
#define SECOND     (GUEST_RAM + 0x1000)
#define HOLE       UINT64_C(0x0a000000)
#define VBAR       (GUEST_RAM + 0x800)
#define EC_OF(esr) ((esr) >> 26 & 0x3f)

static struct {
	uint64_t x[4];
	uint64_t pc;
	uint64_t esr, far, elr, spsr;
	unsigned entries;
	uint32_t iar;
	bool seen;
} saw; /* by a guest, for the test to compare */

static struct guest *const vm_a = &machine.guests[0];
static struct guest *const vm_b = &machine.guests[1];

/* The state that an exit left, as the next entry shows it. */
static void look(const struct machine_entry *e)
{
	for (uint32_t i = 0; i < 4; i++) {
		saw.x[i] = script_x(e, i);
	}
	saw.pc = script_x(e, VCPU_AARCH64_PC);
	saw.esr = vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_ESR_EL1);
	saw.far = vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_FAR_EL1);
	saw.elr = vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_ELR_EL1);
	saw.spsr = vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_SPSR_EL1);
	saw.entries++;
}

static void look_once(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		look(e);
	}
}

static int begin(void **state)
{
	(void)state;
	memset(&saw, 0, sizeof(saw));
	script_on(ARCH_GICV3, 2);
	return 0;
}

static int begin_gicv2(void **state)
{
	(void)state;
	memset(&saw, 0, sizeof(saw));
	script_on(ARCH_GICV2, 2);
	return 0;
}

static int end(void **state)
{
	(void)state;
	machine_off();
	return 0;
}

/* --- PSCI */

static void start_second(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_hvc(e, CPU_ON, 1, SECOND, 0x77);
	} else if (n == 1) {
		saw.iar = (uint32_t)script_x(e, 0);
	}
}

static void cpu_on_starts_the_second_vcpu_at_its_entry(void **state)
{
	(void)state;
	saw.iar = UINT32_MAX;
	script_run(1); /* the second one's task sleeps */
	axtest_kick_count[1] = 0;
	script_set(0, 0, start_second);
	script_set(0, 1, look_once);
	script_run(0);
	assert_int_equal(saw.iar, 0);          /* PSCI_SUCCESS */
	assert_true(axtest_kick_count[1] > 0); /* its pCPU was told */
	assert_int_equal(saw.entries, 0);
	script_run(1);
	assert_int_equal(saw.entries, 1);
	assert_int_equal(saw.pc, SECOND);
	assert_int_equal(saw.x[0], 0x77);
}

static void turn_off(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_hvc(e, CPU_OFF, 0, 0, 0);
	} else {
		saw.seen = true;
	}
}

static void the_last_cpu_off_ends_the_vm(void **state)
{
	(void)state;
	script_set(0, 0, turn_off);
	script_run(0);
	machine_settle();
	assert_int_equal(vm_a->told, AXVM_OFF);
	assert_false(saw.seen);
}

static void ask_reset(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_hvc(e, SYSTEM_RST, 0, 0, 0);
	} else if (n == 1) {
		look(e);
	}
}

static void system_reset_loads_the_images_again(void **state)
{
	struct ax_gmem m = axaddrspace_gmem(&vm_a->vm.as);
	char bytes[12] = "overwritten!";

	(void)state;
	assert_int_equal(ax_gmem_write(&m, gpa(vm_a->vm.boot_entry), bytes, sizeof(bytes)), AX_OK);
	script_set(0, 0, ask_reset);
	script_run(0);
	assert_int_equal(axvm_state(&vm_a->vm), AXVM_QUIESCING); /* the other vCPU has to agree */
	script_run(1);
	script_run(0);
	assert_int_equal(vm_a->start_count, 2);
	assert_int_equal(saw.pc, vm_a->vm.boot_entry);
	assert_int_equal(saw.x[0], vm_a->vm.boot_arg);
	assert_int_equal(ax_gmem_read(&m, gpa(vm_a->vm.boot_entry), bytes, sizeof(bytes)), AX_OK);
	assert_memory_equal(bytes, "kernel bytes", 12);
}

static void ask_off(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_hvc(e, SYSTEM_OFF, 0, 0, 0);
	}
}

static void system_off_ends_only_its_vm(void **state)
{
	(void)state;
	assert_int_equal(machine_request(vm_b, MACHINE_START), AX_OK);
	machine_settle();
	script_set(0, 0, ask_off);
	for (unsigned i = 0; i < 4; i++) {
		script_run(0);
		script_run(1);
		axtest_now_ns += 11000000;
	}
	assert_int_equal(axvm_state(&vm_a->vm), AXVM_OFF);
	assert_int_equal(axvm_state(&vm_b->vm), AXVM_RUNNING);
	script_set(1, 0, look_once);
	script_run(0);
	assert_int_equal(saw.entries, 1); /* and it runs on */
}

/* --- Interrupts */

static void open_and_wait(const struct machine_entry *e, unsigned n)
{
	if (script_open_gic(e, n)) {
		return;
	}
	saw.entries++;
	saw.iar = vgic_fake_ack(e->gic, 1);
	if (saw.iar == GIC_INTID_SPURIOUS) {
		script_wfi(e);
	} else {
		saw.seen = true;
		vgic_fake_eoi(e->gic, 1, saw.iar);
	}
}

static void wait_for_sgi(const struct machine_entry *e, unsigned n)
{
	if (n > 8 && script_has_lr(e, 5)) {
		saw.x[0]++;
	}
	open_and_wait(e, n);
}

static void send_sgi(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_msr(e, VGIC_SYSREG_ICC_SGI1R_EL1, UINT64_C(5) << 24 | 2);
	}
}

static void send_sgi_v2(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_write32(e, GUEST_GICD + 0xf00, UINT32_C(2) << 16 | 5);
	}
}

static void sgi_reaches_the_other_vcpu(script_fn send)
{
	script_set(0, 0, start_second);
	script_run(0);
	script_set(0, 1, wait_for_sgi);
	script_run(1);
	assert_int_equal(saw.iar, GIC_INTID_SPURIOUS); /* it waits */
	assert_true(vm_a->vcpus[1].asleep);
	axtest_kick_count[1] = 0;
	script_set(0, 0, send);
	script_run(0);
	assert_true(axtest_kick_count[1] > 0);
	script_run(1);
	assert_int_equal(saw.x[0], 1);
	assert_true(saw.seen);
}

static void an_sgi_is_delivered_to_the_other_vcpu_with_a_kick(void **state)
{
	(void)state;
	sgi_reaches_the_other_vcpu(send_sgi);
}

static void an_sgi_of_gicv2_is_delivered_with_its_source(void **state)
{
	(void)state;
	sgi_reaches_the_other_vcpu(send_sgi_v2);
	assert_int_equal(saw.iar & 0x3ff, GIC_INTID_SPURIOUS); /* looked again, and waits again */
}

/* Reads the character it was interrupted for. */
static void serve_uart(const struct machine_entry *e, unsigned n)
{
	if (script_open_gic(e, n)) {
		return;
	}
	if (n == 9) {
		script_write32(e, GUEST_UART + 0x30, 0x301); /* CR: UARTEN, TXE, RXE */
	} else if (n == 10) {
		script_write32(e, GUEST_UART + 0x38, 0x50); /* IMSC: RXIM, RTIM */
	} else if (saw.seen) {
		saw.seen = false;
		saw.x[2] = script_x(e, 2);
		vgic_fake_eoi(e->gic, 1, UART_INTID);
	} else if (script_has_lr(e, UART_INTID)) {
		saw.iar = vgic_fake_ack(e->gic, 1);
		saw.entries++;
		saw.seen = true;
		script_read32(e, GUEST_UART);
	} else {
		script_wfi(e);
	}
}

static void console_input_raises_the_uarts_interrupt(void **state)
{
	(void)state;
	script_set(0, 0, serve_uart);
	script_run(0);
	assert_int_equal(saw.entries, 0);
	assert_true(vm_a->vcpus[0].asleep);
	machine_type(vm_a, "z", 1);
	script_run(0);
	assert_int_equal(saw.iar, UART_INTID);
	assert_int_equal(saw.x[2], 'z');
	assert_int_equal(saw.entries, 1); /* once: the line fell when the byte was read */
}

static void arm_timer(const struct machine_entry *e, unsigned n)
{
	if (n == 9) {
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CVAL_EL0,
				      axtest_now_ns / 16 + 1000); /* 16 us on */
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, 1);
	}
	if (n > 9 && script_has_lr(e, VTIMER_INTID)) {
		saw.x[0]++;
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, 0);
	}
	open_and_wait(e, n);
}

static void a_waiting_guest_gets_its_timer(void **state)
{
	(void)state;
	script_set(0, 0, arm_timer);
	script_run(0);
	assert_true(vm_a->vcpus[0].asleep);
	machine_advance(axtest_now_ns + 15999);
	script_run(0);
	assert_int_equal(saw.x[0], 0);
	machine_advance(axtest_now_ns + 1);
	script_run(0);
	assert_int_equal(saw.x[0], 1);
	assert_true(saw.seen);
	assert_false(machine.arch.vtimer_active[0]); /* the guest's EOI ended the physical one */
}

static void a_waiting_guest_gets_its_timer_when_another_has_its_pcpu(void **state)
{
	(void)state;
	assert_int_equal(machine_request(vm_b, MACHINE_START), AX_OK);
	machine_settle();
	script_set(0, 0, arm_timer);
	while (!vm_a->vcpus[0].asleep) {
		script_run(0);
		axtest_now_ns += 1000;
	}
	script_run(0);
	assert_true(vm_b->vm.vcpus[0].core.resident_on == 0); /* on the timer's pCPU */
	assert_int_equal(saw.x[0], 0);
	machine_advance(axtest_now_ns + 20000000);
	for (unsigned i = 0; i < 4; i++) {
		script_run(0);
		machine_advance(axtest_now_ns + 11000000);
	}
	assert_int_equal(saw.x[0], 1);
	assert_true(saw.seen);
}

/* --- Accesses */

static void store_and_load_a_pair(const struct machine_entry *e, unsigned n)
{
	switch (n) {
	case 0: /* stp w1, w2, [x0] to IBRD and FBRD */
		assert_int_equal(vcpu_aarch64_set_gpr(e->arch, 1, 0x1234), AX_OK);
		assert_int_equal(vcpu_aarch64_set_gpr(e->arch, 2, 0x2a), AX_OK);
		script_insn(e, 0x29000801, GUEST_UART + 0x24, true);
		break;
	case 1: /* ldp w1, w2, [x0] */
		assert_int_equal(vcpu_aarch64_set_gpr(e->arch, 1, UINT64_MAX), AX_OK);
		assert_int_equal(vcpu_aarch64_set_gpr(e->arch, 2, UINT64_MAX), AX_OK);
		script_insn(e, 0x29400801, GUEST_UART + 0x24, false);
		break;
	case 2:
		look(e);
		break;
	default:
		break;
	}
}

static void a_pair_without_a_syndrome_is_two_accesses(void **state)
{
	(void)state;
	script_set(0, 0, store_and_load_a_pair);
	script_run(0);
	assert_int_equal(saw.x[1], 0x1234);
	assert_int_equal(saw.x[2], 0x2a);
	assert_int_equal(saw.pc, GUEST_CODE + 4);
}

static void set_mode(const struct machine_entry *e, uint64_t mode)
{
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_VBAR_EL1, VBAR);
	vcpu_aarch64_fake_set_pstate(e->arch, mode);
}

static void read_nothing_at_el1(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		set_mode(e, 5);
		assert_int_equal(vcpu_aarch64_set_gpr(e->arch, VCPU_AARCH64_PC, SECOND), AX_OK);
		script_read32(e, HOLE);
	}
	if (n == 1) {
		look(e);
	}
}

static void read_nothing_at_el0(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		set_mode(e, 0);
		assert_int_equal(vcpu_aarch64_set_gpr(e->arch, VCPU_AARCH64_PC, SECOND), AX_OK);
		script_insn(e, 0xa9400801, HOLE, false);
	}
	if (n == 1) {
		look(e);
	}
}

static void run_nothing(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		set_mode(e, 4);
		script_fetch(e, HOLE);
	}
	if (n == 1) {
		look(e);
	}
}

static void write_rom(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		set_mode(e, 5);
		script_write32(e, GUEST_ROM + 8, 1);
		e->exit->esr |= 0x0f; /* permission fault at level 3 */
	}
	if (n == 1) {
		look(e);
	}
}

static void access_to_nothing_is_the_right_abort(void **state)
{
	static const struct {
		script_fn fn;
		uint64_t ec, far, vector, mode;
	} cases[] = { /* Arm ARM D17.2.37, D1.4.2 */
		      { read_nothing_at_el1, 0x25, HOLE, 0x200, 5 },
		      { read_nothing_at_el0, 0x24, HOLE, 0x400, 0 },
		      { run_nothing, 0x21, HOLE, 0x000, 4 },
		      { write_rom, 0x25, GUEST_ROM + 8, 0x200, 5 }
	};

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		script_set(0, 0, cases[i].fn);
		script_run(0);
		assert_int_equal(EC_OF(saw.esr), cases[i].ec);
		assert_int_equal(saw.esr & 0x3f, 0x10); /* synchronous external abort */
		assert_int_equal(saw.far, cases[i].far);
		assert_int_equal(saw.pc, VBAR + cases[i].vector);
		assert_int_equal(saw.spsr & 0x1f, cases[i].mode);
	}
}

static void creation_without_memory_leaves_nothing_behind(void **state)
{
	unsigned n = 1;

	(void)state;
	while (machine_recreate_short(vm_b, n) != AX_OK) {
		n++;
	}
	assert_true(n > 16); /* the structures, the tables, and each page of ROM */
	assert_int_equal(machine_request(vm_b, MACHINE_START), AX_OK);
	machine_settle();
	assert_int_equal(axvm_state(&vm_b->vm), AXVM_RUNNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cpu_on_starts_the_second_vcpu_at_its_entry, begin,
						end),
		cmocka_unit_test_setup_teardown(the_last_cpu_off_ends_the_vm, begin, end),
		cmocka_unit_test_setup_teardown(system_reset_loads_the_images_again, begin, end),
		cmocka_unit_test_setup_teardown(system_off_ends_only_its_vm, begin, end),
		cmocka_unit_test_setup_teardown(an_sgi_is_delivered_to_the_other_vcpu_with_a_kick,
						begin, end),
		cmocka_unit_test_setup_teardown(an_sgi_of_gicv2_is_delivered_with_its_source,
						begin_gicv2, end),
		cmocka_unit_test_setup_teardown(console_input_raises_the_uarts_interrupt, begin,
						end),
		cmocka_unit_test_setup_teardown(a_waiting_guest_gets_its_timer, begin, end),
		cmocka_unit_test_setup_teardown(
			a_waiting_guest_gets_its_timer_when_another_has_its_pcpu, begin, end),
		cmocka_unit_test_setup_teardown(a_pair_without_a_syndrome_is_two_accesses, begin,
						end),
		cmocka_unit_test_setup_teardown(access_to_nothing_is_the_right_abort, begin, end),
		cmocka_unit_test_setup_teardown(creation_without_memory_leaves_nothing_behind,
						begin, end),
		cmocka_unit_test(seeds_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
