/* SPDX-License-Identifier: Apache-2.0 */
/* Directed scenarios through the whole stack, and random exits from fixed seeds. */
#include "ends.h"
#include "seeds.h"
#include <libfdt.h>
#include <string.h>

#define SECOND   (GUEST_RAM + 0x1000)
#define HOLE     UINT64_C(0x0a000000)
#define VECTOR   (GUEST_RAM + 0x800)
#define CLAIM(v) (GUEST_PLIC + PLIC_CONTEXT + VIRT_RISCV64_CONTEXT_S(v) * PLIC_CONTEXT_STRIDE + 4)

static struct {
	uint64_t a0, a1, a2;
	uint64_t pc, hvip;
	uint64_t vscause, vstval;
	unsigned entries;
	bool seen;
} saw; /* by a guest, for the test to compare */

static uint64_t claimed[3];
static bool wire[3];

static struct guest *const vm_a = &machine.guests[0];
static struct guest *const vm_b = &machine.guests[1];

/* The state that an exit left, as the next entry shows it. */
static void look(const struct machine_entry *e)
{
	saw.a0 = script_x(e, REG_A0);
	saw.a1 = script_x(e, REG_A0 + 1);
	saw.a2 = script_x(e, REG_A0 + 2);
	saw.pc = script_x(e, VCPU_RISCV64_PC);
	saw.hvip = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HVIP);
	saw.vscause = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VSCAUSE);
	saw.vstval = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VSTVAL);
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
	script_on(ARCH_SV39, 2);
	return 0;
}

static int begin_without_sstc(void **state)
{
	(void)state;
	memset(&saw, 0, sizeof(saw));
	script_on(ARCH_SV48, 2);
	return 0;
}

static int end(void **state)
{
	(void)state;
	machine_off();
	return 0;
}

static int begin_without_blocks(void **state)
{
	(void)state;
	memset(&saw, 0, sizeof(saw));
	script_on(ARCH_SV57, 2);
	return 0;
}

/* --- The tree */

static void the_tree_says_what_the_guest_may_use(void **state)
{
	static const char list[] = "riscv,isa-extensions";
	static _Alignas(8) uint8_t tree[16384];
	uint32_t kind = machine.arch.kind;
	const char *isa;
	int node;

	(void)state;
	memcpy(tree, vm_a->vm.dtb, vm_a->vm.dtb_size);
	assert_int_equal(fdt_check_full(tree, vm_a->vm.dtb_size), 0);
	node = fdt_path_offset(tree, "/cpus/cpu@1");
	isa = fdt_getprop(tree, node, "riscv,isa", NULL);
	assert_non_null(isa);
	assert_memory_equal(isa, "rv64imafdcv_", 12); /* and no h */
	assert_string_equal(fdt_getprop(tree, node, "riscv,isa-base", NULL), "rv64i");
	assert_true(fdt_stringlist_search(tree, node, list, "i") >= 0);
	assert_true(fdt_stringlist_search(tree, node, list, "v") >= 0);
	assert_true(fdt_stringlist_search(tree, node, list, "h") < 0);
	assert_int_equal(fdt_stringlist_search(tree, node, list, "sstc") >= 0, kind != ARCH_SV48);
	assert_int_equal(fdt_stringlist_search(tree, node, list, "zicbom") >= 0, kind != ARCH_SV57);
	assert_int_equal(fdt_stringlist_search(tree, node, list, "zicboz") >= 0, kind != ARCH_SV57);
	assert_int_equal(fdt_getprop(tree, node, "riscv,cboz-block-size", NULL) != NULL,
			 kind != ARCH_SV57);
	assert_true(fdt_node_offset_by_compatible(tree, -1, "sifive,plic-1.0.0") > 0);
	assert_true(fdt_node_offset_by_compatible(tree, -1, "google,goldfish-rtc") > 0);
	assert_true(fdt_node_offset_by_compatible(tree, -1, "ns16550a") > 0);
}

/* --- HSM and SRST */

static void start_second(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_call(e, SBI_HSM, 0, 1, SECOND, 77, 0);
	} else if (n == 1) {
		look(e);
	}
}

static struct {
	uint64_t pc, a0, a1;
} second;

static void be_second(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		second.pc = script_x(e, VCPU_RISCV64_PC);
		second.a0 = script_x(e, REG_A0);
		second.a1 = script_x(e, REG_A0 + 1);
	}
}

static void hart_start_starts_the_second_vcpu_at_its_entry(void **state)
{
	(void)state;
	script_set(0, 1, be_second);
	script_set(0, 0, start_second);
	script_run(0);
	script_run(1);
	assert_int_equal(saw.a0, 0);
	assert_int_equal(second.pc, SECOND);
	assert_int_equal(second.a0, 1);
	assert_int_equal(second.a1, 77);
}

static void stop(const struct machine_entry *e, unsigned n)
{
	(void)n;
	script_call(e, SBI_HSM, 1, 0, 0, 0, 0);
}

static void the_last_hart_to_stop_ends_the_vm(void **state)
{
	(void)state;
	script_set(0, 0, stop);
	script_run(0);
	machine_settle();
	assert_int_equal(vm_a->told, AXVM_OFF);
	assert_int_equal(axvm_state(&vm_b->vm), AXVM_CREATED);
}

static void reset(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_call(e, SBI_SRST, 0, 1, 0, 0, 0);
	}
}

static void system_reset_loads_the_images_again(void **state)
{
	(void)state;
	script_set(0, 0, reset);
	script_run(0);
	machine_settle();
	assert_int_equal(vm_a->told, AXVM_RUNNING);
	assert_int_equal(vm_a->start_count, 2);
}

/* --- Interrupts */

/* Only when it waits: until it has begun, a hart forgets what was sent to it. */
static void ipi_to_second(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_call(e, SBI_HSM, 0, 1, SECOND, 0, 0);
	} else if (saw.seen) {
		script_call(e, SBI_IPI, 0, 1, 1, 0, 0); /* mask 1 from hart 1 on */
		saw.seen = false;
	}
}

static void wait_for_ipi(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
		saw.seen = true;
		script_wfi(e);
	} else if (n == 1) {
		look(e);
	}
}

static void an_ipi_wakes_the_other_vcpu(void **state)
{
	(void)state;
	script_set(0, 1, wait_for_ipi);
	script_set(0, 0, ipi_to_second);
	script_run(0);
	script_run(1);
	script_run(0);
	script_run(1);
	assert_int_equal(saw.entries, 1);
	assert_int_not_equal(saw.hvip & HVIP_VSSIP, 0);
}

/* Waits for its wire to rise, claims twice, and looks at what that gave. */
static void console_driver(const struct machine_entry *e, unsigned n)
{
	if (script_open_plic(e, n)) {
		return;
	}
	if (!saw.seen) {
		script_write32(e, GUEST_UART + 1, 1); /* IER: received data */
		e->exit->htinst &= ~UINT64_C(0x3000);
		saw.seen = true;
	} else if (saw.entries == 0 &&
		   (vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HVIP) & HVIP_VSEIP) == 0) {
		script_wfi(e);
	} else if (saw.entries < 3) {
		look(e);
		claimed[saw.entries - 1] = saw.a2;
		wire[saw.entries - 1] = (saw.hvip & HVIP_VSEIP) != 0;
		script_read32(e, CLAIM(0));
	}
}

static void console_input_raises_the_uarts_source_which_is_claimed_once(void **state)
{
	(void)state;
	script_set(0, 0, console_driver);
	for (unsigned i = 0; i < 4; i++) {
		script_run(0);
	}
	assert_int_equal(saw.entries, 0);
	machine_type(vm_a, "x", 1);
	script_run(0);
	script_run(0);
	assert_int_equal(saw.entries, 3);
	assert_true(wire[0]);
	assert_int_equal(claimed[1], VIRT_RISCV64_UART_IRQ);
	assert_false(wire[1]);
	assert_int_equal(claimed[2], 0);
}

static void sleep_for_timer(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_STIP);
		script_call(e, SBI_TIME, 0, 20000, 0, 0, 0); /* at 2 ms */
	} else if (n == 1) {
		script_wfi(e);
	} else {
		look(e);
	}
}

static void a_waiting_guest_gets_its_timer(void **state)
{
	(void)state;
	axtest_now_ns = 0;
	script_set(0, 0, sleep_for_timer);
	script_run(0);
	assert_int_equal(saw.entries, 0);
	assert_int_equal(axvm_vcpu_deadline_ns(&vm_a->vm.vcpus[0]), 2000000);
	machine_advance(2000000);
	script_run(0);
	assert_true(saw.entries > 0);
}

/* --- Accesses */

static void load_by_insn(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_insn(e, 0x00054603, GUEST_UART + 5, false); /* lbu a2, 0(a0): LSR */
	} else if (n == 1) {
		look(e);
	}
}

static void an_access_that_hardware_does_not_describe_is_decoded(void **state)
{
	(void)state;
	script_set(0, 0, load_by_insn);
	script_run(0);
	assert_int_equal(saw.a2, 0x60);
	assert_int_equal(saw.pc, GUEST_CODE + 4);
}

static void read_nothing(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTVEC, VECTOR);
		script_read32(e, HOLE);
	} else if (n == 1) {
		look(e);
	}
}

static void write_rom(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_write32(e, GUEST_ROM + 8, 1);
	} else if (n == 1) {
		look(e);
	}
}

static void run_nothing(const struct machine_entry *e, unsigned n)
{
	if (n == 0) {
		script_fetch(e, HOLE);
	} else if (n == 1) {
		look(e);
	}
}

static void access_to_nothing_is_the_right_fault(void **state)
{
	static const struct {
		script_fn fn;
		uint64_t cause, tval;
	} cases[] = { { read_nothing, 5, HOLE },
		      { write_rom, 7, GUEST_ROM + 8 },
		      { run_nothing, 1, HOLE } };

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		script_set(0, 0, cases[i].fn);
		script_run(0);
		assert_int_equal(saw.vscause, cases[i].cause);
		assert_int_equal(saw.vstval, cases[i].tval);
		assert_int_equal(saw.pc, VECTOR);
	}
}

static void touch_memory(const struct machine_entry *e, unsigned n)
{
	if (n < 2) {
		script_write32(e, GUEST_RAM + 0x40000, 1);
	} else if (n == 2) {
		look(e);
	}
}

static void memory_that_is_touched_is_there_when_the_guest_tries_again(void **state)
{
	struct axaddrspace_mapping m;

	(void)state;
	script_set(0, 0, touch_memory);
	script_run(0);
	assert_int_equal(axaddrspace_query(&vm_a->vm.as, gpa(GUEST_RAM + 0x40000), &m), AX_OK);
	assert_int_equal(saw.pc, vm_a->vm.boot_entry); /* not skipped */
}

static void a_vm_begins_with_its_hart_and_its_tree(void **state)
{
	(void)state;
	script_set(0, 0, look_once);
	script_run(0);
	assert_int_equal(saw.a0, 0);
	assert_int_equal(saw.a1, vm_a->vm.dtb_at.v);
	assert_int_equal(saw.pc, vm_a->vm.boot_entry);
}

#define WITH(begins, name) cmocka_unit_test_setup_teardown(name, begins, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(begin, the_tree_says_what_the_guest_may_use),
		WITH(begin_without_sstc, the_tree_says_what_the_guest_may_use),
		WITH(begin_without_blocks, the_tree_says_what_the_guest_may_use),
		WITH(begin, a_vm_begins_with_its_hart_and_its_tree),
		WITH(begin, hart_start_starts_the_second_vcpu_at_its_entry),
		WITH(begin, the_last_hart_to_stop_ends_the_vm),
		WITH(begin, system_reset_loads_the_images_again),
		WITH(begin, an_ipi_wakes_the_other_vcpu),
		WITH(begin, console_input_raises_the_uarts_source_which_is_claimed_once),
		WITH(begin, a_waiting_guest_gets_its_timer),
		WITH(begin_without_sstc, a_waiting_guest_gets_its_timer),
		WITH(begin, an_access_that_hardware_does_not_describe_is_decoded),
		WITH(begin, access_to_nothing_is_the_right_fault),
		WITH(begin, memory_that_is_touched_is_there_when_the_guest_tries_again),
		cmocka_unit_test(seeds_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
