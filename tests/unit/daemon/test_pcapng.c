/* test_pcapng.c - the octets of a capture file: blocks, headers, checksums, and back by our own reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/daemon/capture.h"
#include "core/daemon/pcapng.h"

static const uint8_t word[] = { 1, 2, 3, 4, 5 };

static struct addr end(const char *text, uint16_t port)
{
	struct addr a;

	assert_true(addr_read(text, &a));
	a.port = port;
	return a;
}

static uint32_t le32(const char *at)
{
	const uint8_t *b = (const uint8_t *)at;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void a_file_begins_with_a_section_and_an_interface(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 0);
	pcapng_begin(&t, "abcde");
	assert_false(t.cut);
	assert_int_equal(le32(t.at), 0x0a0d0d0a);
	assert_int_equal(le32(t.at + 8), 0x1a2b3c4d);
	assert_memory_equal(t.at + 12, "\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	assert_memory_equal(t.at + 24, "\1\0\5\0abcde\0\0\0", 12); /* padded to four */
	size_t section = le32(t.at + 4);
	assert_int_equal(section % 4, 0);
	assert_int_equal(le32(t.at + section - 4), section);
	assert_int_equal(le32(t.at + section - 8), 0); /* end of options */
	assert_int_equal(le32(t.at + section), 1);
	size_t interface = le32(t.at + section + 4);
	assert_int_equal(section + interface, t.n);
	assert_memory_equal(t.at + section + 8, "\x65\0\0\0\0\0\0\0\2\0\3\0ike\0\0\0\0\0", 20);
	assert_int_equal(le32(t.at + t.n - 4), interface);
	text_done(&t);
}

static void a_datagram_has_headers_made_from_its_ends(void **state)
{
	static const uint8_t packet[] = {
		0x45, 0,  0,    33,   0,   0, 0, 0, 64,   17,   0xf6, 0xc8,
		192,  0,  2,    1,    192, 0, 2, 2, 0x01, 0xf4, 0x01, 0xf4,
		0,    13, 0x6e, 0xe2, 1,   2, 3, 4, 5,    0,    0,    0,
	};
	const struct pcapng_datagram d = { .wall_ms = 0x100000001,
					   .from = end("192.0.2.1", 500),
					   .to = end("192.0.2.2", 500),
					   .octets = slice(word, sizeof(word)),
					   .comment = "n" };
	struct text t;

	(void)state;
	text_init(&t, 0);
	pcapng_add(&t, &d);
	assert_int_equal(le32(t.at), 6);
	assert_int_equal(le32(t.at + 4), t.n);
	assert_int_equal(le32(t.at + 8), 0);
	uint64_t us = (uint64_t)le32(t.at + 12) << 32 | le32(t.at + 16);
	assert_true(us == 0x100000001u * UINT64_C(1000));
	assert_int_equal(le32(t.at + 20), 33);
	assert_int_equal(le32(t.at + 24), 33);
	assert_memory_equal(t.at + 28, packet, sizeof(packet));
	assert_memory_equal(t.at + 64, "\2\0\4\0\2\0\0\0\1\0\1\0n\0\0\0\0\0\0\0",
			    20); /* outbound */
	assert_int_equal(le32(t.at + t.n - 4), t.n);
	text_done(&t);
}

/* Over all 16-bit words and the pseudo header the sum of UDP comes to nothing. */
static void the_checksum_of_ipv6_is_right(void **state)
{
	const struct pcapng_datagram d = { .wall_ms = 1,
					   .from = end("2001:db8::1", 4500),
					   .to = end("2001:db8::2", 4500),
					   .inbound = true,
					   .marker = true,
					   .octets = slice(word, sizeof(word)),
					   .comment = "" };
	struct text t;
	uint32_t sum;

	(void)state;
	text_init(&t, 0);
	pcapng_add(&t, &d);
	const uint8_t *ip = (const uint8_t *)t.at + 28;
	size_t udp = 8 + 4 + sizeof(word);
	assert_int_equal(ip[0] >> 4, 6);
	assert_int_equal(ip[5], udp);
	sum = 17 + (uint32_t)udp;
	for (size_t i = 8; i < 40 + udp; i++) /* addresses, header, marker, octets */
		sum += i % 2 ? ip[i] : (uint32_t)ip[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
	text_done(&t);
}

struct back {
	unsigned n;
	struct captured at[4];
	uint8_t octets[4][8];
};

static void keep(void *arg, const struct captured *c)
{
	struct back *b = arg;

	assert_true(b->n < 4 && c->octets.n <= 8);
	b->at[b->n] = *c;
	memcpy(b->octets[b->n++], c->octets.at, c->octets.n);
}

/* Our own reader wants a cookie where there is no marker: eight octets that are not zero. */
static void our_reader_reads_it_back(void **state)
{
	static const uint8_t octets[] = { 9, 8, 7, 6, 5, 4, 3, 2 };
	struct pcapng_datagram d = { .wall_ms = 1764100000123,
				     .from = end("192.0.2.1", 500),
				     .to = end("198.51.100.2", 500),
				     .octets = slice(octets, sizeof(octets)),
				     .comment = "" };
	struct back b = { 0 };
	struct capture_want w = { .each = keep, .arg = &b };
	struct fault f = { 0 };
	struct text t;

	(void)state;
	text_init(&t, 0);
	pcapng_begin(&t, "");
	pcapng_add(&t, &d);
	d.from.port = d.to.port = 4500;
	d.marker = true;
	pcapng_add(&t, &d);
	d.from = (struct addr){ 0 }; /* an end that nobody knows */
	pcapng_add(&t, &d);
	d.from = end("2001:db8::1", 500); /* two families */
	pcapng_add(&t, &d);
	assert_int_equal(capture_read(slice(t.at, t.n), &w, &f), R_OK);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.at[0].time_us, 1764100000123000);
	assert_false(b.at[0].natt);
	assert_true(b.at[1].natt);
	assert_memory_equal(b.octets[0], octets, sizeof(octets));
	assert_memory_equal(b.octets[1], octets, sizeof(octets));
	assert_int_equal(b.at[1].to.port, 4500);
	text_done(&t);
}

static void a_comment_that_is_too_long_is_cut(void **state)
{
	static char comment[100001];
	struct text t;

	(void)state;
	memset(comment, 'x', sizeof(comment) - 1);
	text_init(&t, 0);
	pcapng_begin(&t, comment);
	assert_int_equal(le32(t.at + 24), 1 | 60000u << 16);
	size_t section = le32(t.at + 4);
	assert_int_equal(le32(t.at + section - 4), section);
	text_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_begins_with_a_section_and_an_interface),
		cmocka_unit_test(a_datagram_has_headers_made_from_its_ends),
		cmocka_unit_test(the_checksum_of_ipv6_is_right),
		cmocka_unit_test(our_reader_reads_it_back),
		cmocka_unit_test(a_comment_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
