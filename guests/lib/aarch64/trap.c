/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: handlers, and those that are expected of a tried instruction. */
#include "../guest.h"

#define PSTATE_IL  (UINT64_C(1) << 20)
#define FROM_LOWER 8           /* vectors from here on */
#define INSN_B     0x14000000u /* and a word offset of 26 bits */

/* Beginning at 0, start.S knows the first three fields and the size. */
struct cpu {
	uint64_t number;
	struct guest_regs *regs;
	uint64_t sp;
	uint64_t armed;
	struct guest_trap trap;
	_Alignas(64) uint32_t code[16];
};

_Static_assert(sizeof(struct cpu) == 128, "start.S");
_Static_assert(offsetof(struct cpu, regs) == 8, "start.S");
_Static_assert(offsetof(struct cpu, sp) == 16, "start.S");
_Static_assert(sizeof(struct guest_frame) == 288, "start.S");
_Static_assert(offsetof(struct guest_frame, vector) == 280, "start.S");
_Static_assert(offsetof(struct guest_regs, sp) == 248, "start.S");

struct cpu guest_cpus[GUEST_MAX_CPUS];
static guest_handler handlers[GUEST_KINDS];

void guest_exception(struct guest_frame *f);
void guest_insn_run(const uint32_t *code, struct guest_regs *r);
void guest_insn_return(void);

static struct cpu *self(void)
{
	uint64_t c;

	guest_mrs(tpidr_el1, c);
	return (struct cpu *)c;
}

uint32_t guest_cpu_self(void)
{
	return (uint32_t)self()->number;
}

void guest_set_handler(enum guest_kind kind, guest_handler h)
{
	handlers[kind] = h;
}

void guest_unexpected(struct guest_frame *f)
{
	static const char *const names[GUEST_KINDS] = { "synchronous", "IRQ", "FIQ", "SError" };

	guest_printf("exception: %s, vector %lu, ESR_EL1 0x%lx, ELR_EL1 0x%lx, FAR_EL1 0x%lx, "
		     "SPSR_EL1 0x%lx\n",
		     names[f->vector % GUEST_KINDS], f->vector, f->esr, f->pc, f->far, f->pstate);
	guest_power_off();
}

static void step_over(struct guest_frame *f)
{
	switch (GUEST_EC(f->esr)) {
	case GUEST_EC_ILLEGAL:
		f->pstate &= ~PSTATE_IL;
		break;
	case GUEST_EC_IABT:
	case GUEST_EC_PC_ALIGN:
		f->pc = f->x[30];
		break;
	case GUEST_EC_SVC64:
		break; /* the PC is behind it */
	default:
		f->pc += 4;
		break;
	}
}

void guest_exception(struct guest_frame *f)
{
	struct cpu *c = self();
	unsigned kind = (unsigned)f->vector % GUEST_KINDS;

	if (c->armed != 0 && kind == GUEST_SYNC && f->vector < FROM_LOWER) {
		if (c->trap.count++ == 0) {
			c->trap.esr = f->esr;
			c->trap.far = f->far;
			c->trap.pc = f->pc;
		}
		step_over(f);
	} else if (handlers[kind] != NULL) {
		handlers[kind](f);
	} else {
		guest_unexpected(f);
	}
}

#define BARRIER() __asm__ volatile("" : : : "memory")

void guest_trap_begin(void)
{
	struct cpu *c = self();

	c->trap = (struct guest_trap){ 0 };
	c->armed = 1;
	BARRIER();
}

struct guest_trap guest_trap_end(void)
{
	struct cpu *c = self();

	BARRIER();
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
		__asm__ volatile("ldrb %w0, [%1]" : "+r"(v) : "r"(address) : "memory");
		break;
	case 2:
		__asm__ volatile("ldrh %w0, [%1]" : "+r"(v) : "r"(address) : "memory");
		break;
	case 4:
		__asm__ volatile("ldr %w0, [%1]" : "+r"(v) : "r"(address) : "memory");
		break;
	default:
		__asm__ volatile("ldr %0, [%1]" : "+r"(v) : "r"(address) : "memory");
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
		__asm__ volatile("strb %w0, [%1]" : : "r"(val), "r"(address) : "memory");
		break;
	case 2:
		__asm__ volatile("strh %w0, [%1]" : : "r"(val), "r"(address) : "memory");
		break;
	case 4:
		__asm__ volatile("str %w0, [%1]" : : "r"(val), "r"(address) : "memory");
		break;
	default:
		__asm__ volatile("str %0, [%1]" : : "r"(val), "r"(address) : "memory");
		break;
	}
	return passed(t);
}

bool guest_try_insn(uint32_t insn, struct guest_regs *r, struct guest_trap *t)
{
	struct cpu *c = self();
	volatile uint32_t *code = c->code;
	uint64_t back = (uint64_t)guest_insn_return - (uint64_t)&code[1];

	code[0] = insn;
	code[1] = INSN_B | (uint32_t)(back >> 2 & 0x3ffffff);
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
			 :
			 : "r"(code)
			 : "memory");
	guest_trap_begin();
	guest_insn_run(c->code, r);
	return passed(t);
}
