/* SPDX-License-Identifier: Apache-2.0 */
/* Traps: handlers, and those that are expected of code that is tried. */
#include "../guest.h"

/* Beginning at 0, start.S knows the first three fields and the size. */
struct cpu {
	uint64_t number;
	uint64_t run_sp; /* of guest_run() while tried code runs, else 0 */
	uint64_t scratch;
	uint64_t armed;
	struct guest_trap trap;
	uint64_t end; /* of tried code */
	struct guest_regs *regs;
	uint64_t probe; /* guest_irq_is_pending(): 1 while it asks, 2 if one came */
	_Alignas(64) uint16_t code[8];
	_Alignas(64) uint64_t unused[8];
};

_Static_assert(sizeof(struct cpu) == 256, "start.S");
_Static_assert(offsetof(struct cpu, run_sp) == 8, "start.S");
_Static_assert(offsetof(struct cpu, scratch) == 16, "start.S");
_Static_assert(sizeof(struct guest_frame) == 304, "start.S");
_Static_assert(offsetof(struct guest_frame, run_sp) == 288, "start.S");

struct cpu guest_cpus[GUEST_MAX_CPUS];
static guest_handler handlers[GUEST_KINDS];

void guest_exception(struct guest_frame *f);
void guest_run(uint64_t pc, struct guest_regs *r, uint64_t status);
void guest_run_end(void);

static struct cpu *self(void)
{
	uint64_t c;

	guest_csr_read(sscratch, c);
	return (struct cpu *)c;
}

uint32_t guest_cpu_self(void)
{
	return (uint32_t)self()->number;
}

uint64_t guest_cpu_own_id(void)
{
	return self()->number; /* start.S sees to it */
}

void guest_set_handler(enum guest_kind kind, guest_handler h)
{
	handlers[kind] = h;
}

const char *guest_cause_name(uint64_t cause)
{
	static const char names[16][28] = {
		"instruction misaligned",
		"instruction access fault",
		"illegal instruction",
		"breakpoint",
		"load misaligned",
		"load access fault",
		"store misaligned",
		"store access fault",
		"call from U-mode",
		"call from S-mode",
		"cause 10",
		"cause 11",
		"instruction page fault",
		"load page fault",
		"cause 14",
		"store page fault",
	};

	return cause < 16 ? names[cause] : "other cause";
}

void guest_unexpected(struct guest_frame *f)
{
	guest_printf("trap: scause 0x%lx, sepc 0x%lx, stval 0x%lx, sstatus 0x%lx, ra 0x%lx\n",
		     f->cause, f->pc, f->tval, f->status, f->x[1]);
	guest_power_off();
}

static bool is_fetch(uint64_t cause)
{
	return cause == GUEST_CAUSE_FETCH_ALIGN || cause == GUEST_CAUSE_FETCH_ACCESS ||
	       cause == GUEST_CAUSE_FETCH_PAGE;
}

/* Bytes of the instruction at @pc, which may be in a page of U-mode, or of one that can only be executed. */
static uint64_t length_at(uint64_t pc)
{
	uint64_t status;
	uint64_t low;

	__asm__ volatile("csrrs %0, sstatus, %2\n\t"
			 "lhu %1, 0(%3)\n\t"
			 "csrw sstatus, %0"
			 : "=&r"(status), "=&r"(low)
			 : "r"(UINT64_C(SSTATUS_SUM | SSTATUS_MXR)), "r"(pc)
			 : "memory");
	return (low & 3) == 3 ? 4 : 2;
}

/* Tried code is over: its registers are kept, and guest_run() returns. */
static void end_run(struct cpu *c, struct guest_frame *f)
{
	for (unsigned i = 1; i < 32; i++) {
		c->regs->x[i] = f->x[i];
	}
	f->pc = (uint64_t)guest_run_end;
	f->x[2] = f->run_sp;
	f->run_sp = 0;
	f->status = (f->status & ~(uint64_t)SSTATUS_SPIE) | SSTATUS_SPP;
}

static void note(struct cpu *c, struct guest_frame *f)
{
	if (c->trap.count++ == 0) {
		c->trap.cause = f->cause;
		c->trap.tval = f->tval;
		c->trap.pc = f->pc;
	}
	if (!is_fetch(f->cause)) {
		f->pc += length_at(f->pc);
	} else if (f->run_sp != 0) {
		end_run(c, f);
	} else {
		f->pc = f->x[1];
	}
}

void guest_exception(struct guest_frame *f)
{
	struct cpu *c = self();
	enum guest_kind kind = (f->cause & GUEST_CAUSE_IRQ) != 0 ? GUEST_IRQ : GUEST_SYNC;

	if (kind == GUEST_IRQ && c->probe == 1) {
		c->probe = 2;
		f->status &= ~(uint64_t)SSTATUS_SPIE;
	} else if (kind == GUEST_SYNC && f->run_sp != 0 && f->cause == GUEST_CAUSE_BREAK &&
		   f->pc == c->end) {
		end_run(c, f);
	} else if (kind == GUEST_SYNC && c->armed != 0) {
		note(c, f);
	} else if (handlers[kind] != NULL) {
		handlers[kind](f);
	} else {
		guest_unexpected(f);
	}
}

#define COMPILER_BARRIER() __asm__ volatile("" : : : "memory")

bool guest_irq_is_pending(unsigned cause)
{
	struct cpu *c = self();
	uint64_t status;
	uint64_t sie;

	guest_csr_read(sstatus, status);
	guest_irq_mask();
	c->probe = 1;
	__asm__ volatile("csrrw %0, sie, %1\n\t"
			 "csrsi sstatus, 2\n\tnop\n\tnop\n\tcsrci sstatus, 2"
			 : "=&r"(sie)
			 : "r"(UINT64_C(1) << cause)
			 : "memory");
	bool came = *(volatile uint64_t *)&c->probe == 2;

	c->probe = 0;
	guest_csr_write(sie, sie);
	guest_csr_set(sstatus, status & SSTATUS_SIE);
	return came;
}

void guest_trap_begin(void)
{
	struct cpu *c = self();

	c->trap = (struct guest_trap){ 0 };
	c->armed = 1;
	COMPILER_BARRIER();
}

struct guest_trap guest_trap_end(void)
{
	struct cpu *c = self();

	COMPILER_BARRIER();
	c->armed = 0;
	return c->trap;
}

static bool passed(struct guest_trap *t)
{
	struct guest_trap now = guest_trap_end();

	if (t != NULL) {
		*t = now;
	}
	return now.count == 0;
}

bool guest_try_read(uint64_t address, unsigned size, uint64_t *val, struct guest_trap *t)
{
	uint64_t v = 0;

	guest_trap_begin();
	switch (size) {
	case 1:
		__asm__ volatile("lbu %0, 0(%1)" : "+r"(v) : "r"(address) : "memory");
		break;
	case 2:
		__asm__ volatile("lhu %0, 0(%1)" : "+r"(v) : "r"(address) : "memory");
		break;
	case 4:
		__asm__ volatile("lwu %0, 0(%1)" : "+r"(v) : "r"(address) : "memory");
		break;
	default:
		__asm__ volatile("ld %0, 0(%1)" : "+r"(v) : "r"(address) : "memory");
		break;
	}
	*val = v;
	return passed(t);
}

bool guest_try_write(uint64_t address, unsigned size, uint64_t val, struct guest_trap *t)
{
	guest_trap_begin();
	switch (size) {
	case 1:
		__asm__ volatile("sb %0, 0(%1)" : : "r"(val), "r"(address) : "memory");
		break;
	case 2:
		__asm__ volatile("sh %0, 0(%1)" : : "r"(val), "r"(address) : "memory");
		break;
	case 4:
		__asm__ volatile("sw %0, 0(%1)" : : "r"(val), "r"(address) : "memory");
		break;
	default:
		__asm__ volatile("sd %0, 0(%1)" : : "r"(val), "r"(address) : "memory");
		break;
	}
	return passed(t);
}

bool guest_try_code(uint64_t pc, uint64_t end, bool user, struct guest_regs *r,
		    struct guest_trap *t)
{
	struct cpu *c = self();

	c->regs = r;
	c->end = end;
	__asm__ volatile("fence.i" ::: "memory");
	guest_trap_begin();
	guest_run(pc, r, user ? 0 : SSTATUS_SPP);
	return passed(t);
}

bool guest_try_insn(uint32_t insn, struct guest_regs *r, struct guest_trap *t)
{
	volatile uint16_t *code = self()->code;
	unsigned n = (insn & 3) == 3 ? 2 : 1;

	code[0] = (uint16_t)insn;
	code[1] = (uint16_t)(insn >> 16);
	code[n] = (uint16_t)GUEST_INSN_EBREAK;
	code[n + 1] = (uint16_t)(GUEST_INSN_EBREAK >> 16);
	return guest_try_code((uint64_t)code, (uint64_t)&code[n], false, r, t);
}
