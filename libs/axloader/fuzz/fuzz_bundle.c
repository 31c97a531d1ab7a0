/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a bundle: entries lie inside, the walk moves on and ends, and what it gives under a
 * name is what a search for that name finds.
 */
#include <axtest/axtest.h>
#include <axloader/bundle.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond)) {   \
			abort(); \
		}                \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const uint8_t *data, size_t size, const struct axloader_file *f)
{
	struct axloader_file found;
	const uint8_t *bytes = f->data;
	const uint8_t *name = (const uint8_t *)f->name;

	CHECK(bytes >= data && bytes <= data + size && f->size <= (size_t)(data + size - bytes));
	CHECK(name >= data && name < data + size);
	CHECK(memchr(name, '\0', (size_t)(data + size - name)) != NULL);
	CHECK(axloader_bundle_find(data, size, f->name, &found) == AX_OK);
	CHECK(strcmp(found.name, f->name) == 0 && found.data <= f->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct axloader_file f;
	size_t pos = 0;
	size_t last = 0;
	ax_err_t err;

	while ((err = axloader_bundle_next(data, size, &pos, &f)) == AX_OK) {
		CHECK(pos > last && pos <= size);
		last = pos;
		check_entry(data, size, &f);
	}
	CHECK(err == AX_ENOENT || err == AX_EFORMAT);
	CHECK(pos == last);
	return 0;
}
