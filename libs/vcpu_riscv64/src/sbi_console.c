/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI 2.0 DBCN, chapter 12, and the legacy calls that remain, chapter 5. Guest memory goes through
 * a buffer of a fixed size, and a call takes no more than a fixed share: the guest asks again for
 * the rest.
 */
#include "sbi.h"

#define DBCN_BUFFER UINT64_C(128) /* bytes */
#define DBCN_CHUNKS 8

/* Memory from a1 on, a2 above it; a0 bytes, of which one call moves no more than @limit. */
static bool console_range(const struct vcpu_riscv64 *v, uint64_t limit, uint64_t *addr,
			  uint64_t *bytes)
{
	uint64_t num = sbi_arg(v, 0);

	*addr = sbi_arg(v, 1);
	*bytes = ax_min_u64(num, limit);
	return sbi_arg(v, 2) == 0 && (num == 0 || ax_range_valid(*addr, num)) &&
	       v->cfg.gmem != NULL;
}

static bool console_write(struct vcpu_riscv64 *v)
{
	const struct ax_chardev *console = v->cfg.console;
	uint8_t buf[DBCN_BUFFER];
	uint64_t done = 0;
	uint64_t bytes;
	uint64_t addr;

	if (!console_range(v, DBCN_BUFFER * DBCN_CHUNKS, &addr, &bytes)) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	while (done < bytes) {
		uint64_t n = ax_min_u64(bytes - done, DBCN_BUFFER);

		if (ax_gmem_read(v->cfg.gmem, gpa(addr + done), buf, n) != AX_OK) {
			break;
		}
		for (uint64_t i = 0; i < n; i++) {
			console->put(console->ctx, buf[i]);
		}
		done += n;
	}
	/*
	 * What has been written is said, so that it is not written twice; the next call has the
	 * error.
	 */
	return done == 0 && bytes != 0 ? sbi_error(v, SBI_ERR_INVALID_PARAM) : sbi_value(v, done);
}

/* Input that is taken cannot be given back: first see that the guest's memory takes it. */
static bool writable(const struct vcpu_riscv64 *v, uint64_t addr, uint8_t *buf, uint64_t bytes)
{
	return ax_gmem_read(v->cfg.gmem, gpa(addr), buf, bytes) == AX_OK &&
	       ax_gmem_write(v->cfg.gmem, gpa(addr), buf, bytes) == AX_OK;
}

static bool console_read(struct vcpu_riscv64 *v)
{
	const struct ax_chardev *console = v->cfg.console;
	uint8_t buf[DBCN_BUFFER];
	uint64_t done = 0;
	uint64_t bytes;
	uint64_t addr;

	if (!console_range(v, DBCN_BUFFER, &addr, &bytes) ||
	    (bytes != 0 && !writable(v, addr, buf, bytes))) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	while (done < bytes && console->get(console->ctx, &buf[done])) {
		done++;
	}
	if (done != 0 && ax_gmem_write(v->cfg.gmem, gpa(addr), buf, done) != AX_OK) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM); /* taken away between the two */
	}
	return sbi_value(v, done);
}

AX_NOINLINE bool vcpu_riscv64_sbi_dbcn(struct vcpu_riscv64 *v)
{
	const struct ax_chardev *console = v->cfg.console;

	if (console == NULL) {
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
	switch (sbi_fid(v)) {
	case SBI_DBCN_CONSOLE_WRITE:
		return console_write(v);
	case SBI_DBCN_CONSOLE_READ:
		return console_read(v);
	case SBI_DBCN_CONSOLE_WRITE_BYTE:
		console->put(console->ctx, (uint8_t)sbi_arg(v, 0));
		return sbi_value(v, 0);
	default:
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
}

/* Legacy calls have one result, and leave a1 alone. */
static bool legacy_answer(struct vcpu_riscv64 *v, uint64_t val)
{
	return sbi_answer(v, val, v->x[11]);
}

bool vcpu_riscv64_sbi_legacy(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	const struct ax_chardev *console = v->cfg.console;
	uint64_t eid = sbi_eid(v);
	uint8_t byte;

	if (eid == SBI_EXT_LEGACY_SHUTDOWN) {
		exit->kind = AXVCPU_EXIT_SYSTEM;
		exit->u.system = AXVCPU_SYSTEM_OFF;
		return true;
	}
	if (console != NULL && eid == SBI_EXT_LEGACY_PUTCHAR) {
		console->put(console->ctx, (uint8_t)sbi_arg(v, 0));
		return legacy_answer(v, SBI_SUCCESS);
	}
	if (console != NULL && eid == SBI_EXT_LEGACY_GETCHAR) {
		return legacy_answer(v, console->get(console->ctx, &byte) ? byte : UINT64_MAX);
	}
	return legacy_answer(v, SBI_ERR_NOT_SUPPORTED);
}
