/* SPDX-License-Identifier: Apache-2.0 */
/* Boot, harts and power by SBI, the timer, MMU. */
#include "../guest.h"
#include "../internal.h"

#define HSM_HART_START      0
#define HSM_HART_STOP       1
#define HSM_GET_STATUS      2
#define HSM_STOPPED         1
#define SRST_SHUTDOWN       0
#define SRST_COLD_REBOOT    1
#define SBI_LEGACY_SHUTDOWN 8
#define GIB_SHIFT           30

_Alignas(4096) uint64_t guest_mmu_root[512];
uint64_t guest_mmu_satp; /* start.S reads it; 0: translation is off */
static uint64_t counter_hz;
static bool sstc;

void guest_boot(uint64_t dtb);

/* Whether "_@name" is in a "riscv,isa" string, or @name in a "riscv,isa-extensions" list. */
static bool is_in_isa(const char *isa, uint32_t bytes, const char *name)
{
	for (uint32_t i = 0; i < bytes; i++) {
		uint32_t n = 0;

		while (i + n < bytes && name[n] != '\0' && isa[i + n] == name[n]) {
			n++;
		}
		if (name[n] == '\0' && i > 0 && (isa[i - 1] == '_' || isa[i - 1] == '\0') &&
		    i + n < bytes && (isa[i + n] == '_' || isa[i + n] == '\0')) {
			return true;
		}
	}
	return false;
}

bool guest_isa_has(const char *name)
{
	static const char *const props[2] = { "riscv,isa", "riscv,isa-extensions" };
	uint64_t node = guest_tree_next(guest_tree_root(), "cpu@");

	for (unsigned i = 0; i < 2; i++) {
		uint32_t bytes;
		const char *isa = (const char *)guest_tree_prop(node, props[i], &bytes);

		if (isa == NULL) {
			continue;
		}
		if (is_in_isa(isa, bytes, name)) {
			return true;
		}
		/* Single letters follow "rv64". */
		for (uint32_t k = 4;
		     name[1] == '\0' && k < bytes && isa[k] != '_' && isa[k] != '\0'; k++) {
			if (isa[k] == name[0]) {
				return true;
			}
		}
	}
	return false;
}

void guest_boot(uint64_t dtb)
{
	guest_tree_init(dtb);
	counter_hz = guest_tree_cells(guest_tree_next(guest_tree_root(), "cpus"),
				      "timebase-frequency", 0, 1);
	sstc = guest_isa_has("sstc");
	guest_console_init();
	/* The hart that the firmware entered first may still be on its way to stop. */
	for (uint32_t cpu = 1; cpu < guest_cpu_count(); cpu++) {
		while (guest_sbi(SBI_EXT_HSM, HSM_GET_STATUS, cpu, 0, 0).value != HSM_STOPPED) {
		}
	}
	guest_main(dtb);
}

struct guest_sbi_ret guest_sbi6(uint64_t ext, uint64_t function, const uint64_t a[6])
{
	register uint64_t a0 __asm__("a0") = a[0];
	register uint64_t a1 __asm__("a1") = a[1];
	register uint64_t a2 __asm__("a2") = a[2];
	register uint64_t a3 __asm__("a3") = a[3];
	register uint64_t a4 __asm__("a4") = a[4];
	register uint64_t a5 __asm__("a5") = a[5];
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = ext;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a6), "r"(a7)
			 : "memory");
	return (struct guest_sbi_ret){ .error = (int64_t)a0, .value = a1 };
}

struct guest_sbi_ret guest_sbi(uint64_t ext, uint64_t function, uint64_t a0, uint64_t a1,
			       uint64_t a2)
{
	return guest_sbi6(ext, function, (const uint64_t[6]){ a0, a1, a2 });
}

int64_t guest_cpu_on(uint64_t cpu)
{
	return guest_sbi(SBI_EXT_HSM, HSM_HART_START, cpu, (uint64_t)guest_secondary_start, cpu)
		.error;
}

static _Noreturn void park(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void guest_cpu_off(void)
{
	guest_irq_mask();
	guest_sbi(SBI_EXT_HSM, HSM_HART_STOP, 0, 0, 0);
	park();
}

void guest_power_off(void)
{
	guest_sbi(SBI_EXT_SRST, 0, SRST_SHUTDOWN, 0, 0);
	guest_sbi(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
	park();
}

void guest_reset(void)
{
	guest_sbi(SBI_EXT_SRST, 0, SRST_COLD_REBOOT, 0, 0);
	park();
}

/* --- Time */

uint64_t guest_counter_hz(void)
{
	return counter_hz;
}

uint64_t guest_ticks(uint64_t us)
{
	return counter_hz * us / 1000000;
}

void guest_delay_us(uint64_t us)
{
	uint64_t end = guest_counter() + guest_ticks(us);

	while (guest_counter() < end) {
	}
}

bool guest_has_sstc(void)
{
	return sstc;
}

void guest_timer_set(uint64_t when)
{
	if (sstc) {
		guest_csr_write(CSR_STIMECMP, when);
	} else {
		guest_sbi(SBI_EXT_TIME, 0, when, 0, 0);
	}
}

void guest_timer_off(void)
{
	guest_timer_set(~UINT64_C(0));
}

void guest_timer_wait(uint64_t us)
{
	guest_timer_set(guest_counter() + guest_ticks(us));
	while (!guest_irq_is_pending(IRQ_S_TIMER)) {
	}
	guest_timer_off();
}

/* --- MMU */

uint64_t *guest_mmu_table(void)
{
	return guest_mmu_root;
}

void guest_tlb_flush(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}

void guest_mmu_enable(void)
{
	for (uint64_t i = 0; i < 256; i++) {
		guest_mmu_root[i] = GUEST_PTE(i << GIB_SHIFT, GUEST_MAP_RWX);
	}
	guest_mmu_satp = GUEST_SATP_SV39 | (uint64_t)guest_mmu_root >> 12;
	guest_barrier();
	guest_csr_write(satp, guest_mmu_satp);
	guest_tlb_flush();
}

void guest_fp_enable(void)
{
	guest_csr_clear(sstatus, SSTATUS_FS);
	guest_csr_set(sstatus, 0x2000);
}
