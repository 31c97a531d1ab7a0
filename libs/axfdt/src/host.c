/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's tree. axfdt_check() walks all of it first, so that the reads after it stay
 * inside; what values mean is checked here.
 */
#include "reader.h"
#include <axbase/bits.h>
#include <axbase/str.h>
#include <axport/log.h>

#define GIC_CELLS     3
#define GIC_SPI       0
#define GIC_PPI       1
#define GIC_FIRST_PPI 16
#define GIC_FIRST_SPI 32
#define ALIAS_MAX     32 /* Devicetree Specification 3.3: 1 to 31 characters */

static ax_err_t fail(struct axfdt_diag *diag, const char *fmt, ...) AX_PRINTF(2, 3);
static ax_err_t fail(struct axfdt_diag *diag, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)ax_vformat(diag->text, sizeof(diag->text), fmt, args);
	va_end(args);
	return AX_EFORMAT;
}

/* @src into @dst of @cap bytes, cut if it has to be. */
static void copy_cut(char *dst, size_t cap, const char *src)
{
	size_t n = ax_strnlen(src, cap - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
}

static const char *node_name(const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);

	return name != NULL ? name : "?";
}

static ax_err_t read_memory_node(const void *fdt, int node, struct axfdt_host *host,
				 struct axfdt_diag *diag)
{
	struct axfdt_range r;

	for (int i = 0; axfdt_get_reg(fdt, 0, node, i, &r); i++) {
		if (r.size == 0) {
			continue;
		}
		if (!ax_range_valid(r.base, r.size)) {
			return fail(diag, "/%s: reg %d wraps the address space",
				    node_name(fdt, node), i);
		}
		if (host->mem_count < AXFDT_MAX_MEM) { /* RAM past that is left unused */
			host->mem[host->mem_count++] = r;
		}
	}
	return AX_OK;
}

static ax_err_t read_memory(const void *fdt, struct axfdt_host *host, struct axfdt_diag *diag)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0)
	{
		const char *type = axfdt_get_string(fdt, node, "device_type");

		if (type == NULL || !ax_streq(type, "memory") || !axfdt_is_enabled(fdt, node)) {
			continue;
		}
		ax_err_t err = read_memory_node(fdt, node, host, diag);

		if (err != AX_OK) {
			return err;
		}
	}
	return host->mem_count != 0 ? AX_OK : fail(diag, "no memory node with a size");
}

/* Unlike RAM, a reservation must not be passed over: memory in use would be given away. */
static ax_err_t add_reserved(struct axfdt_host *host, struct axfdt_range r, const char *where,
			     struct axfdt_diag *diag)
{
	if (r.size == 0) {
		return AX_OK;
	}
	if (!ax_range_valid(r.base, r.size)) {
		return fail(diag, "%s: a reservation wraps the address space", where);
	}
	if (host->reserved_count == AXFDT_HOST_MAX_RESERVED) {
		return fail(diag, "%s: more than %d reservations", where, AXFDT_HOST_MAX_RESERVED);
	}
	host->reserved[host->reserved_count++] = r;
	return AX_OK;
}

static ax_err_t read_memreserve(const void *fdt, struct axfdt_host *host, struct axfdt_diag *diag)
{
	int count = fdt_num_mem_rsv(fdt);

	if (count < 0) {
		return fail(diag, "/memreserve/: %s", fdt_strerror(count));
	}
	for (int i = 0; i < count; i++) {
		struct axfdt_range r;
		int bad = fdt_get_mem_rsv(fdt, i, &r.base, &r.size);

		if (bad != 0) {
			return fail(diag, "/memreserve/ %d: %s", i, fdt_strerror(bad));
		}
		ax_err_t err = add_reserved(host, r, "/memreserve/", diag);

		if (err != AX_OK) {
			return err;
		}
	}
	return AX_OK;
}

static ax_err_t read_reserved(const void *fdt, struct axfdt_host *host, struct axfdt_diag *diag)
{
	int parent = fdt_subnode_offset(fdt, 0, "reserved-memory");
	int node;
	ax_err_t err = read_memreserve(fdt, host, diag);

	if (err != AX_OK || parent < 0) {
		return err;
	}
	fdt_for_each_subnode(node, fdt, parent)
	{
		struct axfdt_range r;

		if (!axfdt_is_enabled(fdt, node)) {
			continue;
		}
		if (fdt_getprop(fdt, node, "reg", NULL) != NULL &&
		    !axfdt_get_reg(fdt, parent, node, 0, &r)) {
			return fail(diag, "/reserved-memory/%s: cannot read its reg",
				    node_name(fdt, node));
		}
		for (int i = 0; axfdt_get_reg(fdt, parent, node, i, &r); i++) {
			err = add_reserved(host, r, node_name(fdt, node), diag);
			if (err != AX_OK) {
				return err;
			}
		}
	}
	return AX_OK;
}

static ax_err_t read_cpus(const void *fdt, struct axfdt_host *host, struct axfdt_diag *diag)
{
	int cpus = fdt_subnode_offset(fdt, 0, "cpus");
	int node;
	uint64_t hz;

	if (cpus < 0) {
		return fail(diag, "no /cpus");
	}
	if (axfdt_get_number(fdt, cpus, "timebase-frequency", &hz)) {
		host->timebase_hz = (uint32_t)ax_min_u64(hz, UINT32_MAX);
	}
	fdt_for_each_subnode(node, fdt, cpus)
	{
		const char *type = axfdt_get_string(fdt, node, "device_type");
		struct axfdt_range r;

		if (type == NULL || !ax_streq(type, "cpu") || !axfdt_is_enabled(fdt, node)) {
			continue;
		}
		if (!axfdt_get_reg(fdt, cpus, node, 0, &r)) {
			return fail(diag, "/cpus/%s: cannot read its reg", node_name(fdt, node));
		}
		if (host->timebase_hz == 0 &&
		    axfdt_get_number(fdt, node, "timebase-frequency", &hz)) {
			host->timebase_hz = (uint32_t)ax_min_u64(hz, UINT32_MAX);
		}
		if (host->cpu_count < AXFDT_HOST_MAX_CPUS) {
			host->cpu_reg[host->cpu_count++] = r.base;
		}
	}
	return host->cpu_count != 0 ? AX_OK : fail(diag, "/cpus: none is enabled");
}

static void read_psci(const void *fdt, struct axfdt_host *host)
{
	static const char *const compatible[] = { "arm,psci-1.0", "arm,psci-0.2", "arm,psci" };
	int node = -1;

	for (size_t i = 0; i < AX_ARRAY_SIZE(compatible) && node < 0; i++) {
		node = fdt_node_offset_by_compatible(fdt, -1, compatible[i]);
	}
	const char *method = node >= 0 ? axfdt_get_string(fdt, node, "method") : NULL;

	host->psci_smc = method != NULL && ax_streq(method, "smc");
	host->psci_hvc = method != NULL && ax_streq(method, "hvc");
}

static void read_intc(const void *fdt, struct axfdt_host *host)
{
	static const struct {
		const char *compatible;
		enum axfdt_intc_kind kind;
	} known[] = {
		{ "arm,gic-v3", AXFDT_INTC_GICV3 },
		{ "arm,cortex-a15-gic", AXFDT_INTC_GICV2 },
		{ "arm,gic-400", AXFDT_INTC_GICV2 },
		{ "riscv,plic0", AXFDT_INTC_PLIC },
		{ "sifive,plic-1.0.0", AXFDT_INTC_PLIC },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(known); i++) {
		struct axfdt_range r;
		int parent;
		int node = axfdt_find(fdt, known[i].compatible, &parent);

		if (node < 0) {
			continue;
		}
		host->has_intc = true;
		host->intc = known[i].kind;
		for (int n = 0; n < (int)AX_ARRAY_SIZE(host->intc_reg); n++) {
			if (!axfdt_get_reg(fdt, parent, node, n, &r) ||
			    !axfdt_translate(fdt, parent, &r)) {
				break;
			}
			host->intc_reg[host->intc_reg_count++] = r;
		}
		return;
	}
}

static const char *const known_uarts[] = {
	"arm,pl011",    "ns16550a",      "ns16550", "snps,dw-apb-uart", "brcm,bcm2835-aux-uart",
	"sifive,uart0", "arm,sbsa-uart",
};

/* What alias @name (@len bytes, not terminated) stands for; NULL: nothing, or not a full path. */
static const char *alias_path(const void *fdt, const char *name, size_t len)
{
	char alias[ALIAS_MAX];
	int aliases = fdt_subnode_offset(fdt, 0, "aliases");

	if (aliases < 0 || len >= sizeof(alias)) {
		return NULL;
	}
	memcpy(alias, name, len);
	alias[len] = '\0';
	const char *path = axfdt_get_string(fdt, aliases, alias);

	return path != NULL && path[0] == '/' ? path : NULL;
}

/*
 * The node that stdout-path names by path or alias, options after ':' aside. libfdt before 1.7
 * follows an alias of itself for ever, so it only gets full paths.
 */
static int stdout_node(const void *fdt, int chosen)
{
	const char *path = axfdt_get_string(fdt, chosen, "stdout-path");
	int len = 0;

	if (path == NULL) {
		path = axfdt_get_string(fdt, chosen, "linux,stdout-path");
	}
	if (path == NULL) {
		return -FDT_ERR_NOTFOUND;
	}
	while (path[len] != '\0' && path[len] != ':') {
		len++;
	}
	if (path[0] == '/') {
		return fdt_path_offset_namelen(fdt, path, len);
	}
	path = alias_path(fdt, path, (size_t)len);
	return path != NULL ? fdt_path_offset(fdt, path) : -FDT_ERR_NOTFOUND;
}

static int find_uart(const void *fdt, int chosen, int *parent)
{
	int node = chosen >= 0 ? stdout_node(fdt, chosen) : -1;

	if (node >= 0) {
		*parent = axfdt_parent(fdt, node);
	}
	for (size_t i = 0; i < AX_ARRAY_SIZE(known_uarts) && node < 0; i++) {
		node = axfdt_find(fdt, known_uarts[i], parent);
	}
	return node;
}

/* The one of the node's compatible strings that a driver goes by: a known one, else the first. */
static void read_uart_compatible(const void *fdt, int node, struct axfdt_host *host)
{
	const char *name = axfdt_get_string(fdt, node, "compatible");

	for (size_t i = 0; i < AX_ARRAY_SIZE(known_uarts); i++) {
		if (fdt_node_check_compatible(fdt, node, known_uarts[i]) == 0) {
			name = known_uarts[i];
			break;
		}
	}
	copy_cut(host->uart_compatible, sizeof(host->uart_compatible), name != NULL ? name : "");
}

static uint32_t read_irq(const void *fdt, int node, const struct axfdt_host *host)
{
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, node, "interrupts", &len);
	int count = cells != NULL ? len / (int)sizeof(*cells) : 0;

	if (!host->has_intc || count < 1) {
		return 0;
	}
	uint32_t first = fdt32_to_cpu(cells[0]);

	if (host->intc == AXFDT_INTC_PLIC) {
		return first;
	}
	if (count < GIC_CELLS || first > GIC_PPI) {
		return 0;
	}
	uint32_t number = fdt32_to_cpu(cells[1]);

	if (first == GIC_PPI) {
		return number < GIC_FIRST_SPI - GIC_FIRST_PPI ? GIC_FIRST_PPI + number : 0;
	}
	return number < 1020 - GIC_FIRST_SPI ? GIC_FIRST_SPI + number : 0;
}

/* The first reg entry of @node in the root's address space. */
static bool place_of(const void *fdt, int parent, int node, struct axfdt_range *r)
{
	return axfdt_get_reg(fdt, parent, node, 0, r) && axfdt_translate(fdt, parent, r);
}

static void read_uart(const void *fdt, int chosen, struct axfdt_host *host)
{
	int parent;
	int node = find_uart(fdt, chosen, &parent);
	struct axfdt_range r;

	if (node < 0 || !place_of(fdt, parent, node, &r)) {
		return;
	}
	host->uart = r;
	host->uart_irq = read_irq(fdt, node, host);
	read_uart_compatible(fdt, node, host);
}

static void read_rtc(const void *fdt, struct axfdt_host *host)
{
	int parent;
	int node = axfdt_find(fdt, "arm,pl031", &parent);
	struct axfdt_range r;

	if (node >= 0 && place_of(fdt, parent, node, &r)) {
		host->rtc = r;
	}
}

static void read_chosen(const void *fdt, int chosen, struct axfdt_host *host)
{
	const char *bootargs = axfdt_get_string(fdt, chosen, "bootargs");
	uint64_t start;
	uint64_t end;

	if (bootargs != NULL) {
		copy_cut(host->bootargs, sizeof(host->bootargs), bootargs);
	}
	if (axfdt_get_number(fdt, chosen, "linux,initrd-start", &start) &&
	    axfdt_get_number(fdt, chosen, "linux,initrd-end", &end) && end > start) {
		host->initrd = (struct axfdt_range){ .base = start, .size = end - start };
	}
}

ax_err_t axfdt_read_host(const void *fdt, size_t max_bytes, struct axfdt_host *host,
			 struct axfdt_diag *diag)
{
	struct axfdt_host h = { 0 };
	int bad = axfdt_check(fdt, max_bytes);

	if (bad == -FDT_ERR_ALIGNMENT) { /* which libfdt 1.6 has no text for */
		return fail(diag, "device tree: not aligned to 8 bytes");
	}
	if (bad != 0) {
		return fail(diag, "device tree: %s", fdt_strerror(bad));
	}
	h.size = fdt_totalsize(fdt);
	ax_err_t err = read_memory(fdt, &h, diag);

	if (err == AX_OK) {
		err = read_reserved(fdt, &h, diag);
	}
	if (err == AX_OK) {
		err = read_cpus(fdt, &h, diag);
	}
	if (err != AX_OK) {
		return err;
	}
	int chosen = fdt_subnode_offset(fdt, 0, "chosen");

	read_psci(fdt, &h);
	read_intc(fdt, &h);
	read_uart(fdt, chosen, &h);
	read_rtc(fdt, &h);
	axfdt_get_seeds(fdt, chosen, h.seeds);
	if (chosen >= 0) {
		read_chosen(fdt, chosen, &h);
	}
	*host = h;
	return AX_OK;
}
