/* SPDX-License-Identifier: Apache-2.0 */
/* ELF64 executables: System V ABI, chapters 4 (header) and 5 (program header). */
#include "internal.h"
#include <axbase/bits.h>

#define EI_CLASS     4
#define EI_DATA      5
#define ELFCLASS64   2
#define ELFDATA2LSB  1
#define ET_EXEC      2
#define ET_DYN       3
#define EM_X86_64    62
#define EM_AARCH64   183
#define EM_RISCV     243
#define PT_LOAD      1
#define ELF64_EHDR   64
#define ELF64_PHDR   56
#define E_TYPE       16
#define E_MACHINE    18
#define E_ENTRY      24
#define E_PHOFF      32
#define E_PHENTSIZE  54
#define E_PHNUM      56
#define P_OFFSET     8
#define P_VADDR      16
#define P_PADDR      24
#define P_FILESZ     32
#define P_MEMSZ      40
#define SEGMENTS_MAX AXLOADER_MAX_SEGMENTS
#define ELF_NAME(gz) ((gz) ? "gzip: ELF" : "ELF")

struct phdr {
	uint32_t type;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
};

static struct phdr read_phdr(const uint8_t *head, uint64_t phoff, unsigned index)
{
	const uint8_t *p = head + phoff + (uint64_t)index * ELF64_PHDR;

	return (struct phdr){
		.type = axloader_le32(p),
		.offset = axloader_le64(p + P_OFFSET),
		.vaddr = axloader_le64(p + P_VADDR),
		.paddr = axloader_le64(p + P_PADDR),
		.filesz = axloader_le64(p + P_FILESZ),
		.memsz = axloader_le64(p + P_MEMSZ),
	};
}

static const char *header_fault(const uint8_t *head)
{
	uint16_t type = axloader_le16(head + E_TYPE);
	uint16_t machine = axloader_le16(head + E_MACHINE);

	if (head[EI_CLASS] != ELFCLASS64 || head[EI_DATA] != ELFDATA2LSB) {
		return "is not 64-bit little-endian";
	}
	if (type != ET_EXEC && type != ET_DYN) {
		return "is not an executable";
	}
	if (machine != EM_AARCH64 && machine != EM_RISCV && machine != EM_X86_64) {
		return "is for an unknown machine";
	}
	if (axloader_le16(head + E_PHENTSIZE) != ELF64_PHDR || axloader_le16(head + E_PHNUM) == 0) {
		return "has no usable program headers";
	}
	return NULL;
}

static const char *segment_fault(const struct phdr *p, const struct axloader_image *image)
{
	if (p->filesz > p->memsz) {
		return "has more bytes in the file than in memory";
	}
	if (p->offset > image->file_size || p->filesz > image->file_size - p->offset) {
		return "lies past the end of the file";
	}
	if (!ax_range_valid(p->paddr, p->memsz)) {
		return "wraps the address space";
	}
	if (image->segment_count == SEGMENTS_MAX) {
		return "is one too many";
	}
	return NULL;
}

/*
 * The physical address of e_entry, which is virtual in most kernels but physical in x86_64 vmlinux:
 * looked for in the virtual ranges first.
 */
static bool find_entry(const uint8_t *head, uint64_t phoff, unsigned phnum, uint64_t *entry)
{
	uint64_t want = axloader_le64(head + E_ENTRY);
	bool found = false;

	for (unsigned i = 0; i < phnum; i++) {
		struct phdr p = read_phdr(head, phoff, i);

		if (p.type != PT_LOAD) {
			continue;
		}
		if (want >= p.vaddr && want - p.vaddr < p.memsz) {
			*entry = p.paddr + (want - p.vaddr);
			return true;
		}
		if (want >= p.paddr && want - p.paddr < p.memsz) {
			*entry = want;
			found = true;
		}
	}
	return found;
}

/* Segments with mem_offset still a physical address. */
static ax_err_t read_segments(const uint8_t *head, uint64_t phoff, unsigned phnum,
			      struct axloader_image *image, struct axloader_diag *diag)
{
	image->segment_count = 0;
	for (unsigned i = 0; i < phnum; i++) {
		struct phdr p = read_phdr(head, phoff, i);

		if (p.type != PT_LOAD || p.memsz == 0) {
			continue;
		}
		const char *fault = segment_fault(&p, image);

		if (fault != NULL) {
			return axloader_fail(diag, AX_EFORMAT, "%s: program header %u %s",
					     ELF_NAME(image->gzip), i, fault);
		}
		image->segments[image->segment_count++] = (struct axloader_segment){
			.file_offset = p.offset,
			.file_size = p.filesz,
			.mem_offset = p.paddr,
			.mem_size = p.memsz,
		};
	}
	if (image->segment_count == 0) {
		return axloader_fail(diag, AX_EFORMAT, "%s: nothing to load",
				     ELF_NAME(image->gzip));
	}
	return AX_OK;
}

static void rebase(struct axloader_image *image)
{
	uint64_t base = UINT64_MAX;
	uint64_t last = 0;

	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct axloader_segment *s = &image->segments[i];

		base = ax_min_u64(base, s->mem_offset);
		last = ax_max_u64(last, s->mem_offset + (s->mem_size - 1));
	}
	for (uint32_t i = 0; i < image->segment_count; i++) {
		image->segments[i].mem_offset -= base;
	}
	image->elf_base = base;
	/* A span of the whole address space would wrap to 0; it fits nowhere in any case. */
	image->mem_size = last - base == UINT64_MAX ? UINT64_MAX : last - base + 1;
}

ax_err_t axloader_probe_elf(const uint8_t *head, size_t head_size, struct axloader_image *image,
			    size_t *need, struct axloader_diag *diag)
{
	const char *name = ELF_NAME(image->gzip);
	uint64_t entry;

	*need = head_size;
	if (head_size < ELF64_EHDR) {
		return axloader_fail(diag, AX_EFORMAT, "%s: header is cut", name);
	}
	const char *fault = header_fault(head);

	if (fault != NULL) {
		return axloader_fail(diag, AX_EFORMAT, "%s: %s", name, fault);
	}
	uint64_t phoff = axloader_le64(head + E_PHOFF);
	unsigned phnum = axloader_le16(head + E_PHNUM);
	uint64_t bytes = (uint64_t)phnum * ELF64_PHDR;

	if (phoff > image->file_size || bytes > image->file_size - phoff) {
		return axloader_fail(diag, AX_EFORMAT, "%s: program headers past the end", name);
	}
	if (phoff + bytes > head_size) {
		*need = (size_t)(phoff + bytes);
		return axloader_fail(diag, AX_EFORMAT, "%s: program headers are not near the start",
				     name);
	}
	ax_err_t err = read_segments(head, phoff, phnum, image, diag);

	if (err != AX_OK) {
		return err;
	}
	if (!find_entry(head, phoff, phnum, &entry)) {
		return axloader_fail(diag, AX_EFORMAT, "%s: entry %#llx is in no segment", name,
				     (unsigned long long)axloader_le64(head + E_ENTRY));
	}
	rebase(image);
	image->entry_offset = entry - image->elf_base;
	return AX_OK;
}
