/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the trees of RISC-V machines have. Bindings: riscv/cpus.yaml and extensions.yaml (isa),
 * interrupt-controller/sifive,plic-1.0.0.yaml and riscv,aclint-sswi (interrupts-extended: one pair of a
 * hart's controller and its interrupt for each context), serial/8250.yaml.
 */
#include "reader.h"
#include <axbase/bits.h>
#include <axbase/str.h>

#define IRQ_S_SOFT     1 /* of riscv,cpu-intc: the cause's number */
#define IRQ_S_EXTERNAL 9
#define PLIC_MAX       1023

/** Append @text of @len bytes to @out, all of it or nothing. */
static void append(char *out, size_t cap, const char *text, size_t len)
{
	size_t used = ax_strnlen(out, cap);

	if (used + len < cap) {
		memcpy(out + used, text, len);
		out[used + len] = '\0';
	}
}

/** Those of the string list @list whose names are single letters, or the others with an underscore. */
static void append_extensions(struct axfdt_host_riscv *r, const char *list, size_t bytes,
			      bool letters)
{
	for (size_t at = 0; at < bytes;) {
		size_t len = ax_strnlen(list + at, bytes - at);

		if (len != 0 && (len == 1) == letters) {
			size_t room = sizeof(r->isa) - ax_strnlen(r->isa, sizeof(r->isa));

			if (!letters && room > len + 1) {
				append(r->isa, sizeof(r->isa), "_", 1);
			}
			append(r->isa, sizeof(r->isa), list + at, len);
		}
		at += len + 1;
	}
}

/** "riscv,isa", cut behind the last extension that has room. */
static void copy_isa(struct axfdt_host_riscv *r, const char *isa)
{
	size_t len = ax_strnlen(isa, sizeof(r->isa));

	if (len == sizeof(r->isa)) {
		do {
			len--;
		} while (len > 0 && isa[len] != '_');
	}
	append(r->isa, sizeof(r->isa), isa, len);
}

static void read_isa(const void *fdt, int cpu, struct axfdt_host_riscv *r)
{
	const char *base = axfdt_get_string(fdt, cpu, "riscv,isa-base");
	const char *isa = axfdt_get_string(fdt, cpu, "riscv,isa");
	int bytes;
	const char *list = fdt_getprop(fdt, cpu, "riscv,isa-extensions", &bytes);

	if (base != NULL && list != NULL) {
		append(r->isa, sizeof(r->isa), base,
		       ax_strnlen(base, 4)); /* "rv64i": the i is in the list */
		append_extensions(r, list, (size_t)bytes, true);
		append_extensions(r, list, (size_t)bytes, false);
	} else if (isa != NULL) {
		copy_isa(r, isa);
	}
}

static uint32_t read_u32(const void *fdt, int node, const char *prop)
{
	uint64_t v;

	return axfdt_get_number(fdt, node, prop, &v) && v <= UINT32_MAX ? (uint32_t)v : 0;
}

static void read_cpu(const void *fdt, int cpu, struct axfdt_host_riscv *r)
{
	const char *mmu = axfdt_get_string(fdt, cpu, "mmu-type");

	read_isa(fdt, cpu, r);
	if (mmu != NULL && ax_strnlen(mmu, sizeof(r->mmu_type)) < sizeof(r->mmu_type)) {
		append(r->mmu_type, sizeof(r->mmu_type), mmu, ax_strnlen(mmu, sizeof(r->mmu_type)));
	}
	r->cbom_bytes = read_u32(fdt, cpu, "riscv,cbom-block-size");
	r->cboz_bytes = read_u32(fdt, cpu, "riscv,cboz-block-size");
}

/** The phandle of the controller that stands in @cpu; 0: none. */
static uint32_t controller_of(const void *fdt, int cpu)
{
	int node;

	fdt_for_each_subnode(node, fdt, cpu)
	{
		if (fdt_getprop(fdt, node, "interrupt-controller", NULL) != NULL) {
			return fdt_get_phandle(fdt, node);
		}
	}
	return 0;
}

/** Which pair of @node's interrupts-extended is @irq of the controller @phandle. */
static uint32_t line_to(const void *fdt, int node, uint32_t phandle, uint32_t irq)
{
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, node, "interrupts-extended", &len);
	uint32_t pairs = cells != NULL ? (uint32_t)len / (2 * sizeof(*cells)) : 0;

	for (uint32_t i = 0; i < pairs && phandle != 0; i++) {
		if (fdt32_to_cpu(cells[2 * i]) == phandle &&
		    fdt32_to_cpu(cells[2 * i + 1]) == irq) {
			return i;
		}
	}
	return AXFDT_HOST_NONE;
}

/** The CPU's place in @host; AXFDT_HOST_NONE: it was left out. */
static uint32_t place_of_cpu(const void *fdt, int cpus, int cpu, const struct axfdt_host *host)
{
	struct axfdt_range r;

	for (uint32_t i = 0; i < host->cpu_count && axfdt_get_reg(fdt, cpus, cpu, 0, &r); i++) {
		if (host->cpu_reg[i] == r.base) {
			return i;
		}
	}
	return AXFDT_HOST_NONE;
}

static void read_cpus(const void *fdt, const struct axfdt_host *host, int plic, int sswi,
		      struct axfdt_host_riscv *r)
{
	int cpus = fdt_subnode_offset(fdt, 0, "cpus");
	int cpu;

	fdt_for_each_subnode(cpu, fdt, cpus)
	{
		const char *type = axfdt_get_string(fdt, cpu, "device_type");
		uint32_t i = type != NULL && ax_streq(type, "cpu") && axfdt_is_enabled(fdt, cpu)
				     ? place_of_cpu(fdt, cpus, cpu, host)
				     : AXFDT_HOST_NONE;

		if (i == AXFDT_HOST_NONE) {
			continue;
		}
		uint32_t phandle = controller_of(fdt, cpu);

		if (i == 0) {
			read_cpu(fdt, cpu, r);
		}
		r->plic_context[i] =
			plic >= 0 ? line_to(fdt, plic, phandle, IRQ_S_EXTERNAL) : AXFDT_HOST_NONE;
		r->sswi_index[i] =
			sswi >= 0 ? line_to(fdt, sswi, phandle, IRQ_S_SOFT) : AXFDT_HOST_NONE;
	}
}

/** The place of the first enabled node that is compatible with @name; it, or negative. */
static int find_place(const void *fdt, const char *name, struct axfdt_range *place)
{
	int parent;
	int node = axfdt_find(fdt, name, &parent);
	struct axfdt_range r;

	if (node >= 0 && axfdt_get_reg(fdt, parent, node, 0, &r) &&
	    axfdt_translate(fdt, parent, &r)) {
		*place = r;
		return node;
	}
	return -FDT_ERR_NOTFOUND;
}

/** How the registers of the console at @host->uart lie: of the node that stands there. */
static void read_uart(const void *fdt, const struct axfdt_host *host, struct axfdt_host_riscv *r)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, host->uart_compatible);

	r->uart_width = 1;
	for (; node >= 0; node = fdt_node_offset_by_compatible(fdt, node, host->uart_compatible)) {
		int parent = axfdt_parent(fdt, node);
		struct axfdt_range at;

		if (!axfdt_get_reg(fdt, parent, node, 0, &at) ||
		    !axfdt_translate(fdt, parent, &at) || at.base != host->uart.base) {
			continue;
		}
		uint32_t shift = read_u32(fdt, node, "reg-shift");
		uint32_t width = read_u32(fdt, node, "reg-io-width");

		r->uart_shift = shift <= 4 ? shift : 0;
		r->uart_width = width == 2 || width == 4 ? width : 1;
		return;
	}
}

void axfdt_read_host_riscv(const void *fdt, const struct axfdt_host *host,
			   struct axfdt_host_riscv *riscv)
{
	struct axfdt_range plic_at;
	int sswi;
	int plic = -1;

	memset(riscv, 0, sizeof(*riscv));
	for (uint32_t i = 0; i < AXFDT_HOST_MAX_CPUS; i++) {
		riscv->plic_context[i] = AXFDT_HOST_NONE;
		riscv->sswi_index[i] = AXFDT_HOST_NONE;
	}
	if (host->has_intc && host->intc == AXFDT_INTC_PLIC) {
		plic = find_place(fdt, "riscv,plic0", &plic_at);
		if (plic < 0) {
			plic = find_place(fdt, "sifive,plic-1.0.0", &plic_at);
		}
	}
	if (plic >= 0) {
		uint32_t count = read_u32(fdt, plic, "riscv,ndev");

		riscv->plic_sources = count < PLIC_MAX ? count : PLIC_MAX;
	}
	sswi = find_place(fdt, "riscv,aclint-sswi", &riscv->sswi);
	read_cpus(fdt, host, plic, sswi, riscv);
	(void)find_place(fdt, "google,goldfish-rtc", &riscv->goldfish_rtc);
	read_uart(fdt, host, riscv);
}
