/*
 * CRC-32C, the checksum of snapshots (silt_snapshot.h), for writer and reader. x86-64 (SSE 4.2) and
 * aarch64 (CRC32) have an instruction for the Castagnoli polynomial: about 8 bytes in 3 cycles.
 * Elsewhere a table is used, one byte at a time. Threads: any; all store the same values.
 * Must not: allocate, call anything but getauxval (aarch64), use thread-local storage.
 */
#ifndef SILT_CHECKSUM_H
#define SILT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __x86_64__
#include <cpuid.h>
#elif defined __aarch64__
#include <sys/auxv.h>
#endif

#define SILT_CRC32C_POLYNOMIAL 0x82F63B78u /* reflected 0x1EDC6F41 */

/* Both functions update a state, which starts as ~0 and is inverted at the end. */
static inline uint32_t silt_crc32c_by_table(uint32_t crc, const unsigned char *at, size_t size)
{
	static uint32_t table[256];

	/* the last entry is stored last: a thread that reads it sees all others, too */
	if (!__atomic_load_n(&table[255], __ATOMIC_ACQUIRE)) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t value = i;

			for (int bit = 0; bit < 8; bit++)
				value = value >> 1 ^ (value & 1 ? SILT_CRC32C_POLYNOMIAL : 0);
			__atomic_store_n(&table[i], value, __ATOMIC_RELEASE);
		}
	}
	while (size-- > 0)
		crc = crc >> 8 ^ table[(crc ^ *at++) & 0xff];
	return crc;
}

#if defined __x86_64__
static inline int silt_crc32c_in_hardware(void)
{
	unsigned a, b, c = 0, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

__attribute__((target("sse4.2"))) static inline uint32_t
silt_crc32c_by_instruction(uint32_t crc, const unsigned char *at, size_t size)
{
	uint64_t state = crc, word;

	for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
		memcpy(&word, at, sizeof word);
		state = __builtin_ia32_crc32di(state, word);
	}
	crc = (uint32_t)state;
	while (size-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *at++);
	return crc;
}
#elif defined __aarch64__
#define SILT_HWCAP_CRC32 (1ul << 7) /* HWCAP_CRC32 of <asm/hwcap.h> */
#ifdef __clang__
#define SILT_CRC32C_BYTE __builtin_arm_crc32cb
#define SILT_CRC32C_WORD __builtin_arm_crc32cd
#define SILT_CRC32C_TARGET "crc"
#else
#define SILT_CRC32C_BYTE __builtin_aarch64_crc32cb
#define SILT_CRC32C_WORD __builtin_aarch64_crc32cx
#define SILT_CRC32C_TARGET "+crc"
#endif

static inline int silt_crc32c_in_hardware(void)
{
	return (getauxval(AT_HWCAP) & SILT_HWCAP_CRC32) != 0;
}

__attribute__((target(SILT_CRC32C_TARGET))) static inline uint32_t
silt_crc32c_by_instruction(uint32_t crc, const unsigned char *at, size_t size)
{
	uint64_t word;

	for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
		memcpy(&word, at, sizeof word);
		crc = SILT_CRC32C_WORD(crc, word);
	}
	while (size-- > 0)
		crc = SILT_CRC32C_BYTE(crc, *at++);
	return crc;
}
#else
static inline int silt_crc32c_in_hardware(void)
{
	return 0;
}

static inline uint32_t silt_crc32c_by_instruction(uint32_t crc, const unsigned char *at,
						  size_t size)
{
	return silt_crc32c_by_table(crc, at, size);
}
#endif

static inline uint32_t silt_crc32c(const void *data, size_t size)
{
	static int hardware; /* 0: not asked yet, 1: yes, 2: no */
	int known = __atomic_load_n(&hardware, __ATOMIC_RELAXED);

	if (!known) {
		known = silt_crc32c_in_hardware() ? 1 : 2;
		__atomic_store_n(&hardware, known, __ATOMIC_RELAXED);
	}
	return ~(known == 1 ? silt_crc32c_by_instruction(~0u, data, size)
			    : silt_crc32c_by_table(~0u, data, size));
}

#endif
