/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's tree: root, chosen, memory; and /chosen of a tree that the user gave. */
#include "reader.h"
#include "writer.h"
#include <axbase/bits.h>
#include <axbase/str.h>
#include <axport/log.h>

static bool is_gic(const struct axfdt_machine *m)
{
	return m->intc != AXFDT_INTC_PLIC;
}

/* On GIC an SPI or a PPI, on PLIC a source; 0 is none on both. */
static bool irq_is_valid(const struct axfdt_machine *m, uint32_t irq)
{
	return irq == 0 || (is_gic(m) ? irq >= 16 && irq < 1020 : irq <= m->intc_source_count);
}

/* A list has at least one name, the last of which has its end. */
static bool riscv_is_valid(const struct axfdt_riscv *r)
{
	size_t bytes = r->isa_extensions_bytes;

	return ax_strnlen(r->isa, sizeof(r->isa)) < sizeof(r->isa) &&
	       bytes <= sizeof(r->isa_extensions) &&
	       (bytes == 0 || r->isa_extensions[bytes - 1] == '\0');
}

static bool machine_is_valid(const struct axfdt_machine *m)
{
	if (m->mem_count > AXFDT_MAX_MEM || m->cpu_count == 0 || m->cpu_count > AXFDT_MAX_CPUS ||
	    m->device_count > AXFDT_MAX_DEVICES ||
	    (m->stdout_device >= 0 && (uint32_t)m->stdout_device >= m->device_count) ||
	    (m->initrd.size != 0 && !ax_range_valid(m->initrd.base, m->initrd.size)) ||
	    !riscv_is_valid(&m->riscv)) {
		return false;
	}
	for (uint32_t i = 0; i < m->device_count; i++) {
		if (!irq_is_valid(m, m->devices[i].irq)) {
			return false;
		}
	}
	return true;
}

static const char *const seed_names[AXFDT_SEED_COUNT] = { "rng-seed", "kaslr-seed" };

static void write_chosen(struct writer *w, const struct axfdt_machine *m)
{
	axfdt_begin(w, "chosen");
	if (m->cmdline != NULL && m->cmdline[0] != '\0') {
		axfdt_str(w, "bootargs", m->cmdline);
	}
	if (m->stdout_device >= 0) {
		const struct axfdt_device *d = &m->devices[m->stdout_device];
		char path[NODE_NAME_MAX + 1];

		(void)ax_format(path, sizeof(path), "/%s@%llx", axfdt_device_node(d),
				(unsigned long long)d->reg.base);
		axfdt_str(w, "stdout-path", path);
	}
	if (m->initrd.size != 0) {
		axfdt_u64(w, "linux,initrd-start", m->initrd.base);
		axfdt_u64(w, "linux,initrd-end", m->initrd.base + m->initrd.size);
	}
	if (m->seeds) {
		axfdt_cells(w, seed_names[AXFDT_RNG_SEED], (const uint32_t[8]){ 0 }, 8);
		axfdt_u64(w, seed_names[AXFDT_KASLR_SEED], 0);
	}
	axfdt_end(w);
}

static void write_memory(struct writer *w, const struct axfdt_range *mem)
{
	axfdt_begin_at(w, "memory", mem->base);
	axfdt_str(w, "device_type", "memory");
	axfdt_reg(w, mem, 1);
	axfdt_end(w);
}

static void write_root(struct writer *w, const struct axfdt_machine *m)
{
	axfdt_begin(w, "");
	axfdt_u32(w, "#address-cells", 2);
	axfdt_u32(w, "#size-cells", 2);
	if (m->compatible != NULL) {
		axfdt_str(w, "compatible", m->compatible);
	}
	if (m->model != NULL) {
		axfdt_str(w, "model", m->model);
	}
	if (is_gic(m)) { /* on RISC-V the harts' own controllers would inherit it, and be the PLIC's */
		axfdt_u32(w, "interrupt-parent", PHANDLE_INTC);
	}
	write_chosen(w, m);
	for (uint32_t i = 0; i < m->mem_count; i++) {
		write_memory(w, &m->mem[i]);
	}
	axfdt_write_cpus(w, m);
	axfdt_write_intc(w, m);
	axfdt_write_devices(w, m);
	axfdt_end(w);
}

ax_err_t axfdt_write_machine(const struct axfdt_machine *m, void *buf, size_t cap, size_t *len)
{
	struct writer w = { .fdt = buf };

	if (!machine_is_valid(m)) {
		return AX_EINVAL;
	}
	cap = cap > INT32_MAX ? INT32_MAX : cap;
	w.err = fdt_create(buf, (int)cap);
	if (w.err == 0) {
		w.err = fdt_finish_reservemap(buf);
	}
	write_root(&w, m);
	if (w.err == 0) {
		w.err = fdt_finish(buf);
	}
	if (w.err != 0) {
		return AX_ENOSPC; /* nothing else can go wrong in a valid sequence of calls */
	}
	*len = fdt_totalsize(buf);
	return AX_OK;
}

AX_COLD void axfdt_get_seeds(const void *fdt, int chosen,
			     struct axfdt_value seeds[AXFDT_SEED_COUNT])
{
	for (uint32_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		int len;
		const uint8_t *value =
			chosen < 0 ? NULL : fdt_getprop(fdt, chosen, seed_names[i], &len);

		seeds[i] = (struct axfdt_value){ 0 };
		if (value != NULL) {
			seeds[i] = (struct axfdt_value){ (size_t)(value - (const uint8_t *)fdt),
							 (size_t)len };
		}
	}
}

void axfdt_find_seeds(const void *fdt, struct axfdt_value seeds[AXFDT_SEED_COUNT])
{
	axfdt_get_seeds(fdt, fdt_subnode_offset(fdt, 0, "chosen"), seeds);
}

static int set_initrd(void *fdt, int chosen, struct axfdt_range initrd)
{
	int err = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", initrd.base);

	return err != 0 ? err
			: fdt_setprop_u64(fdt, chosen, "linux,initrd-end",
					  initrd.base + initrd.size);
}

static int set_chosen(void *fdt, const char *cmdline, struct axfdt_range initrd)
{
	int chosen = fdt_subnode_offset(fdt, 0, "chosen");
	int err = 0;

	if (chosen == -FDT_ERR_NOTFOUND) {
		chosen = fdt_add_subnode(fdt, 0, "chosen");
	}
	if (chosen < 0) {
		return chosen;
	}
	if (cmdline != NULL) {
		err = fdt_setprop(fdt, chosen, "bootargs", cmdline,
				  (int)(ax_strnlen(cmdline, INT32_MAX - 1) + 1));
	}
	if (err == 0 && initrd.size != 0) {
		err = set_initrd(fdt, chosen, initrd);
	}
	return err;
}

ax_err_t axfdt_set_chosen(void *buf, size_t cap, const char *cmdline, struct axfdt_range initrd,
			  size_t *len)
{
	cap = cap > INT32_MAX ? INT32_MAX : cap;
	if (initrd.size != 0 && !ax_range_valid(initrd.base, initrd.size)) {
		return AX_EINVAL;
	}
	if (axfdt_check(buf, cap) != 0) {
		return AX_EFORMAT;
	}
	int err = fdt_open_into(buf, buf, (int)cap);

	if (err == 0) {
		err = set_chosen(buf, cmdline, initrd);
	}
	if (err == 0) {
		err = fdt_pack(buf);
	}
	if (err != 0) {
		return err == -FDT_ERR_NOSPACE ? AX_ENOSPC : AX_EFORMAT;
	}
	*len = fdt_totalsize(buf);
	return AX_OK;
}
