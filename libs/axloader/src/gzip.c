/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gzip member around deflated data: header, CRC-32 and length (RFC 1952). One member per file.
 */
#include "inflate.h"
#include "internal.h"

#define GZIP_HEADER  10
#define GZIP_TRAILER 8
/* FLG, RFC 1952 2.3.1. FTEXT is a hint for humans. */
#define GZIP_FHCRC       0x02
#define GZIP_FEXTRA      0x04
#define GZIP_FNAME       0x08
#define GZIP_FCOMMENT    0x10
#define GZIP_RESERVED    0xe0

#define CRC32_POLYNOMIAL UINT32_C(0xedb88320) /* bit 0 first */

static void crc_init(struct gzip *gz)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (unsigned bit = 0; bit < 8; bit++) {
			c = c >> 1 ^ ((c & 1) != 0 ? CRC32_POLYNOMIAL : 0);
		}
		gz->crc_table[i] = c;
	}
}

static uint32_t crc_update(const struct gzip *gz, uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc = crc >> 8 ^ gz->crc_table[(crc ^ p[i]) & 0xff];
	}
	return ~crc;
}

static ax_err_t bad(struct gzip *gz, const char *fault)
{
	gz->fault = fault;
	return AX_EFORMAT;
}

/* *@pos moved past a NUL-terminated string. */
static bool skip_string(const uint8_t *data, size_t size, size_t *pos)
{
	while (*pos < size && data[*pos] != 0) {
		*pos += 1;
	}
	*pos += 1;
	return *pos <= size;
}

/* The optional fields; *@pos is after the fixed ones. */
static bool skip_fields(struct gzip *gz, const uint8_t *data, size_t size, size_t *pos)
{
	uint8_t flags = data[3];

	if ((flags & GZIP_FEXTRA) != 0) {
		if (size - *pos < 2) {
			return false;
		}
		size_t extra = axloader_le16(data + *pos);

		*pos += 2;
		if (size - *pos < extra) {
			return false;
		}
		*pos += extra;
	}
	if (((flags & GZIP_FNAME) != 0 && !skip_string(data, size, pos)) ||
	    ((flags & GZIP_FCOMMENT) != 0 && !skip_string(data, size, pos))) {
		return false;
	}
	if ((flags & GZIP_FHCRC) != 0) {
		if (size - *pos < 2 ||
		    axloader_le16(data + *pos) != (crc_update(gz, 0, data, *pos) & 0xffff)) {
			return false;
		}
		*pos += 2;
	}
	return true;
}

ax_err_t axloader_gzip_begin(struct gzip *gz, const uint8_t *data, size_t size)
{
	size_t pos = GZIP_HEADER;

	gz->crc = 0;
	gz->fault = NULL;
	crc_init(gz);
	if (size < GZIP_HEADER + GZIP_TRAILER) {
		return bad(gz, "is shorter than its header and trailer");
	}
	if (data[2] != 8 || (data[3] & GZIP_RESERVED) != 0) {
		return bad(gz, "has an unknown method or flag");
	}
	size -= GZIP_TRAILER;
	if (!skip_fields(gz, data, size, &pos)) {
		return bad(gz, "has a damaged header");
	}
	axloader_inflate_begin(&gz->z, data + pos, size - pos + GZIP_TRAILER);
	return AX_OK;
}

/* What follows the last block: CRC-32 and the length modulo 2^32, and nothing else. */
static ax_err_t check_trailer(struct gzip *gz)
{
	size_t unused = axloader_inflate_unused(&gz->z);
	const uint8_t *trailer = gz->z.in + (gz->z.in_size - unused);

	if (unused < GZIP_TRAILER) {
		return bad(gz, "ends before its CRC-32 does");
	}
	if (unused > GZIP_TRAILER) {
		return bad(gz, "has more bytes after its end");
	}
	if (axloader_le32(trailer) != gz->crc) {
		return bad(gz, "has a wrong CRC-32");
	}
	if (axloader_le32(trailer + 4) != (uint32_t)gz->z.out) {
		return bad(gz, "has a wrong length");
	}
	return AX_OK;
}

ax_err_t axloader_gzip_run(struct gzip *gz, size_t budget, const uint8_t **slice, size_t *n)
{
	ax_err_t err = axloader_inflate_run(&gz->z, budget, slice, n);

	gz->crc = crc_update(gz, gz->crc, *slice, *n);
	if (err == AX_EFORMAT) {
		return bad(gz, gz->z.fault);
	}
	return err == AX_OK ? check_trailer(gz) : err;
}

uint32_t axloader_gzip_isize(const uint8_t *data, size_t size)
{
	return axloader_le32(data + size - 4);
}
