/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walk of a newc cpio archive: a 110-byte header of ASCII hex, the name, the data, each padded to 4
 * bytes counted from the archive's start. cpio(5), "New ASCII Format".
 */
#include <axbase/mem.h>
#include <axbase/str.h>
#include <axloader/bundle.h>

#define NEWC_MAGIC     "070701"
#define NEWC_MAGIC_LEN 6
#define NEWC_HEADER    110
#define NEWC_FIELD_LEN 8
/* Index of a field after the magic. */
#define NEWC_FILESIZE 6
#define NEWC_NAMESIZE 11

static bool hex_digit(char c, uint32_t *v)
{
	if (c >= '0' && c <= '9') {
		*v = (uint32_t)(c - '0');
	} else if (c >= 'a' && c <= 'f') {
		*v = (uint32_t)(c - 'a') + 10;
	} else if (c >= 'A' && c <= 'F') {
		*v = (uint32_t)(c - 'A') + 10;
	} else {
		return false;
	}
	return true;
}

static bool hex_field(const char *header, unsigned index, uint32_t *v)
{
	const char *p = header + NEWC_MAGIC_LEN + (size_t)index * NEWC_FIELD_LEN;

	*v = 0;
	for (unsigned i = 0; i < NEWC_FIELD_LEN; i++) {
		uint32_t digit;

		if (!hex_digit(p[i], &digit)) {
			return false;
		}
		*v = *v << 4 | digit;
	}
	return true;
}

/*
 * @pos moved on by @bytes and to the next multiple of 4; false if @bytes (not the padding) end past
 * @len.
 */
static bool advance(size_t len, uint64_t *pos, uint64_t bytes)
{
	if (*pos > len || bytes > len - *pos) {
		return false;
	}
	*pos = (*pos + bytes + 3) & ~UINT64_C(3);
	return true;
}

static const char *without_dot(const char *name)
{
	return name[0] == '.' && name[1] == '/' && name[2] != '\0' ? name + 2 : name;
}

ax_err_t axloader_bundle_next(const void *bundle, size_t len, size_t *pos,
			      struct axloader_file *file)
{
	const char *bytes = bundle;
	uint64_t at = *pos;
	uint64_t name_at = at + NEWC_HEADER;
	uint32_t file_size;
	uint32_t name_size;

	if (at > len || len - at < NEWC_HEADER ||
	    memcmp(bytes + at, NEWC_MAGIC, NEWC_MAGIC_LEN) != 0 ||
	    !hex_field(bytes + at, NEWC_FILESIZE, &file_size) ||
	    !hex_field(bytes + at, NEWC_NAMESIZE, &name_size)) {
		return AX_EFORMAT;
	}
	/* Header and name are padded as one. */
	if (name_size == 0 || !advance(len, &at, (uint64_t)NEWC_HEADER + name_size) ||
	    bytes[name_at + name_size - 1] != '\0') {
		return AX_EFORMAT;
	}
	if (ax_streq(bytes + name_at, "TRAILER!!!")) {
		return AX_ENOENT;
	}
	uint64_t data_at = at <= len ? at : len; /* the padding may be cut if no data follow */

	if (!advance(len, &data_at, file_size)) {
		return AX_EFORMAT;
	}
	*file = (struct axloader_file){
		.name = without_dot(bytes + name_at),
		.data = bytes + (at <= len ? at : len),
		.size = file_size,
	};
	*pos = data_at <= len ? (size_t)data_at : len;
	return AX_OK;
}

ax_err_t axloader_bundle_find(const void *bundle, size_t len, const char *name,
			      struct axloader_file *file)
{
	size_t pos = 0;
	struct axloader_file f;

	while (axloader_bundle_next(bundle, len, &pos, &f) == AX_OK) {
		if (ax_streq(f.name, name)) {
			*file = f;
			return AX_OK;
		}
	}
	return AX_ENOENT;
}
