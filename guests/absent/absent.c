/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses where nothing is: every kind of access ends in a synchronous external abort (a guest has no
 * stage 2 that it could be told of), names its address where the architecture says so, and the guest
 * goes on.
 */
#include "guest.h"

#define NOWHERE 0xc0000000 /* above the RAM of a small machine */

static void show(const char *what, const struct guest_trap *t)
{
	if (t->count == 0) {
		guest_printf("%s: no exception\n", what);
	} else {
		guest_printf("%s: EC 0x%x FSC 0x%x\n", what, GUEST_EC(t->esr),
			     GUEST_ISS_FSC(t->esr));
	}
}

void guest_main(uint64_t dtb)
{
	struct guest_trap t;
	uint64_t v;

	(void)dtb;
	guest_mmu_enable();
	guest_try_read(NOWHERE, 4, &v, &t);
	show("load", &t);
	guest_printf("%-8s|%8s|%08x|%5d|%lx\n", "left", "right", 0x1234u, -5, ~0ul);
	struct guest_regs r = { .x = { 1, NOWHERE }, .sp = NOWHERE };
	guest_try_insn(0xf84087e0u, &r, &t); /* ldr x0, [sp], #8 */
	show("sp", &t);
	guest_printf("x0 %lx sp %lx far %lx\n", r.x[0], r.sp, t.far);
	guest_try_insn(0xd63f0020, &r, &t); /* blr x1 */
	show("blr", &t);
	guest_printf("args %d %lu %d\n", guest_arg("foo"), guest_arg_number("n", 7),
		     guest_arg_is("mode", "x"));
	guest_done();
}
