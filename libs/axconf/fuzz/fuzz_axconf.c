/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a blob: what is accepted validates, what is refused leaves nothing but a line. Half of the
 * inputs get a device tree's header, so that the fuzzer need not find it.
 */
#include <axport/port.h>
#include <axconf/vm.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond)) {   \
			abort(); \
		}                \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The structure, then the strings, whose share is @strings_share of 255. */
static void add_header(uint8_t *blob, size_t size, uint8_t strings_share)
{
	uint32_t at = sizeof(struct fdt_header) + 16;
	uint32_t body = (uint32_t)(size - at) & ~UINT32_C(3);
	uint32_t strings = body * strings_share / 255 & ~UINT32_C(3);

	memset(blob, 0, at);
	fdt_set_magic(blob, FDT_MAGIC);
	fdt_set_totalsize(blob, (uint32_t)size);
	fdt_set_off_mem_rsvmap(blob, sizeof(struct fdt_header));
	fdt_set_version(blob, 17);
	fdt_set_last_comp_version(blob, 16);
	fdt_set_off_dt_struct(blob, at);
	fdt_set_size_dt_struct(blob, body - strings);
	fdt_set_off_dt_strings(blob, at + body - strings);
	fdt_set_size_dt_strings(blob, strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct axconf_vm zero;
	static struct axconf_vm vm;
	struct axconf_diag diag = { "" }, again;
	uint8_t *blob;
	ax_err_t err;

	if (size < 2 || size > 1 << 16) {
		return 0;
	}
	blob = malloc(size - 1); /* of exactly this size, so that a byte too far is seen */
	CHECK(blob != NULL);
	memcpy(blob, data + 1, size - 1);
	if (data[0] % 2 == 1 && size - 1 >= 64) {
		add_header(blob, size - 1, data[0]);
	}
	memset(&vm, 0x5a, sizeof(vm));
	err = axconf_parse(blob, size - 1, &vm, &diag);
	if (err == AX_OK) {
		CHECK(axconf_validate(&vm, &again) == AX_OK);
	} else {
		CHECK(memcmp(&vm, &zero, sizeof(vm)) == 0);
		CHECK(diag.text[0] != '\0');
	}
	for (const char *c = diag.text; *c != '\0'; c++) {
		CHECK(*c >= ' ' && *c <= '~');
	}
	free(blob);
	return 0;
}
