/* SPDX-License-Identifier: Apache-2.0 */
/* See gic_probe.h. */
#include "gic_probe.h"

#define FSC_ALIGNMENT 0x21
#define SCTLR_A       0x2

void gic_probe_pair(const char *name, uint64_t set, uint64_t clear, uint32_t mask)
{
	guest_write32(clear, mask);
	guest_printf("%s: clear %08x", name, guest_read32(set) & mask);
	guest_write32(set, mask & 0xa5c3690f);
	guest_printf(", some set %08x %08x", guest_read32(set) & mask, guest_read32(clear) & mask);
	guest_write32(set, 0);
	guest_write32(clear, 0);
	guest_printf(", zeroes written %08x", guest_read32(set) & mask);
	guest_write32(set, mask);
	guest_write32(clear, mask & 0x0ff00ff0);
	guest_printf(", others cleared %08x %08x", guest_read32(set) & mask,
		     guest_read32(clear) & mask);
	guest_write32(clear, mask);
	guest_printf(", clear again %08x\n", guest_read32(set) & mask);
}

void gic_probe_word(const char *name, uint64_t at, uint32_t mask)
{
	static const uint32_t values[] = { 0xffffffff, 0, 0x5a0ff0a5 };
	uint32_t was = guest_read32(at);

	guest_printf("%s:", name);
	for (uint32_t i = 0; i < 3; i++) {
		guest_write32(at, values[i]);
		guest_printf(" %08x", guest_read32(at) & mask);
	}
	guest_write32(at, was);
	guest_printf("\n");
}

void gic_probe_bytes(const char *name, uint64_t at, uint32_t value, uint32_t mask)
{
	uint32_t was = guest_read32(at);
	uint64_t v = 0;

	mask *= 0x01010101;
	guest_write32(at, value);
	guest_printf("%s: word %08x, bytes", name, guest_read32(at) & mask);
	for (uint32_t i = 0; i < 4; i++) {
		bool done = guest_try_read(at + i, 1, &v, NULL);

		guest_printf(done ? " %02x" : " abort", (uint32_t)v & mask & 0xff);
	}
	guest_try_write(at + 1, 1, value & 0xff, NULL);
	guest_try_write(at + 3, 1, value >> 8 & 0xff, NULL);
	guest_printf(", two bytes written %08x\n", guest_read32(at) & mask);
	guest_write32(at, was);
}

bool gic_is_zero(uint64_t at, uint32_t words)
{
	uint32_t bad = 0;

	for (uint32_t i = 0; i < words; i++) {
		bad += guest_read32(at + 4ul * i) != 0;
		guest_write32(at + 4ul * i, UINT32_MAX);
		bad += guest_read32(at + 4ul * i) != 0;
	}
	return bad == 0;
}

void gic_probe_zero(const char *name, uint64_t at, uint32_t words)
{
	guest_printf("%s: %s\n", name, gic_is_zero(at, words) ? "zero" : "NOT ZERO");
}

/* An access that the manual does not allow has one of three outcomes. */
static bool is_open(bool done, uint64_t got, uint64_t whole, unsigned size,
		    const struct guest_trap *t)
{
	uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * size) - 1;

	if (!done) {
		return GUEST_EC(t->esr) == GUEST_EC_DABT &&
		       (GUEST_ISS_FSC(t->esr) == GUEST_FSC_EXTERNAL ||
			GUEST_ISS_FSC(t->esr) == FSC_ALIGNMENT);
	}
	return got == 0 || got == (whole & mask) || (size == 8 && (uint32_t)got == (uint32_t)whole);
}

static void probe_size(uint64_t at, const struct gic_sizes *r, unsigned size, uint32_t whole)
{
	struct guest_trap t = { .count = 0 };
	uint64_t mask = size >= 4 ? UINT32_MAX : (UINT64_C(1) << 8 * size) - 1;
	uint64_t got = 0;
	bool done = guest_try_read(at, size, &got, &t);
	bool good;

	if ((r->allowed & size) != 0) {
		good = done && (got & mask) == (whole & mask);
		guest_printf(" %u:%s", size, good ? "as allowed" : "WRONG");
	} else {
		good = is_open(done, got, whole, size, &t);
		guest_printf(" %u:%s", size, good ? "as may be" : "WRONG");
	}
	done = guest_try_write(at, size, whole, &t);
	if (!done && ((r->allowed & size) != 0 || !is_open(done, 0, whole, size, &t))) {
		guest_printf(" WRITE FAULTS");
	}
}

/* With SCTLR_EL1.A the fault is stage 1's; without it, what a Device access does is not for us to say. */
static void probe_misaligned(uint64_t at, unsigned size, uint32_t *faults)
{
	struct guest_trap t = { .count = 0 };
	uint64_t sctlr;
	uint64_t v;

	guest_mrs(sctlr_el1, sctlr);
	guest_msr(sctlr_el1, sctlr | SCTLR_A);
	*faults += !guest_try_read(at, size, &v, &t) && GUEST_ISS_FSC(t.esr) == FSC_ALIGNMENT;
	*faults += !guest_try_write(at, size, 0, &t) && GUEST_ISS_FSC(t.esr) == FSC_ALIGNMENT;
	guest_msr(sctlr_el1, sctlr & ~(uint64_t)SCTLR_A);
	guest_try_read(at, size, &v, NULL);
	guest_msr(sctlr_el1, sctlr);
}

void gic_probe_sizes(uint64_t base, const struct gic_sizes *rows, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = base + rows[i].off;
		uint32_t was = guest_read32(at);
		uint32_t faults = 0;
		uint32_t tried = 0;

		guest_printf("%s, size", rows[i].name);
		for (unsigned size = 1; size <= 8; size *= 2) {
			if (at % size == 0) {
				probe_size(at, &rows[i], size, was);
			}
			for (unsigned by = 1; by < size; by++) {
				if ((at + by) % size != 0) {
					probe_misaligned(at + by, size, &faults);
					tried += 2;
				}
			}
		}
		guest_printf("; misaligned: %u of %u fault; %s\n", faults, tried,
			     guest_read32(at) == was ? "unchanged" : "CHANGED");
	}
}
