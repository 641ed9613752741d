/* fuzz_notify.c - notify and delete payloads: read, and written again octet by octet */
#include "tests/fuzz/fuzz.h"

#include "core/wire/notify.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	static uint8_t again[70000];
	struct slice s = slice(at, n);
	struct wr w = wr_of(again, sizeof(again));
	struct notify no;
	struct delete_ de;

	if (notify_read(s, &no, NULL) == R_OK) {
		notify_write(&w, &no);
		MUST(slice_equal(wr_done(&w), s));
	}
	w = wr_of(again, sizeof(again));
	if (delete_read(s, &de, NULL) == R_OK) {
		MUST(de.spis.n == (size_t)de.n * de.spi_size);
		delete_write(&w, &de);
		MUST(wr_done(&w).n <= n);
	}
	return 0;
}
