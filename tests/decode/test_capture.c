/* test_capture.c - capture files: every format we read, strangers' files, and files that lie */
#include "tests/decode/decoded.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core/daemon/capture.h"
#include "core/base/cursor.h"
#include "core/crypto/suite.h"

static const char message[] = "59cedc5dcea558fe0000000000000000011002000000000000000054"
			      "0000003800000001000000010000002c00010001000000240001000080010007"
			      "800e0080800200028004000280030001800b0001800c7080";

/* --- building files -------------------------------------------------------------------- */

struct shape {
	bool big; /* byte order */
	bool nano, ng;
	uint32_t link_type;
	bool v6, vlan;
	uint16_t port;
	bool marker;
};

static void put16(struct wr *w, const struct shape *s, uint16_t v)
{
	wr_u16(w, s->big ? v : __builtin_bswap16(v));
}

static void put32(struct wr *w, const struct shape *s, uint32_t v)
{
	wr_u32(w, s->big ? v : __builtin_bswap32(v));
}

static void put_ip(struct wr *w, const struct shape *s, struct slice octets)
{
	size_t udp = 8 + octets.n + (s->marker ? 4 : 0);

	if (s->v6) {
		wr_u32(w, 0x60000000);
		wr_u16(w, (uint16_t)(udp + 8));
		wr_u8(w, 60); /* destination options first */
		wr_u8(w, 64);
		wr_zeros(w, 15);
		wr_u8(w, 1);
		wr_zeros(w, 15);
		wr_u8(w, 2);
		wr_u8(w, 17);
		wr_zeros(w, 7);
	} else {
		wr_u16(w, 0x4500);
		wr_u16(w, (uint16_t)(udp + 20));
		wr_u32(w, 0);
		wr_u16(w, 0x4011);
		wr_u16(w, 0);
		wr_u32(w, 0xc0000201);
		wr_u32(w, 0xc6336402);
	}
	wr_u16(w, s->port);
	wr_u16(w, s->port);
	wr_u16(w, (uint16_t)udp);
	wr_u16(w, 0);
	wr_zeros(w, s->marker ? 4 : 0);
	wr_slice(w, octets);
}

static void put_link(struct wr *w, const struct shape *s)
{
	uint16_t type = s->v6 ? 0x86dd : 0x0800;

	switch (s->link_type) {
	case 1:
		wr_zeros(w, 12);
		if (s->vlan)
			wr_u32(w, 0x81000005);
		wr_u16(w, type);
		break;
	case 113:
		wr_zeros(w, 14);
		wr_u16(w, type);
		break;
	case 276:
		wr_u16(w, type);
		wr_zeros(w, 18);
		break;
	case 0:
	case 108:
		put32(w, s, s->v6 ? 30 : 2);
		break;
	default:
		break;
	}
}

static struct slice frame_of(const struct shape *s, struct slice octets, uint8_t *at, size_t cap)
{
	struct wr w = wr_of(at, cap);

	put_link(&w, s);
	put_ip(&w, s, octets);
	return wr_done(&w);
}

static void put_pcap(struct wr *w, const struct shape *s, struct slice frame)
{
	put32(w, s, s->nano ? 0xa1b23c4d : 0xa1b2c3d4);
	put16(w, s, 2);
	put16(w, s, 4);
	put32(w, s, 0);
	put32(w, s, 0);
	put32(w, s, 65535);
	put32(w, s, s->link_type);
	put32(w, s, 1750000000);
	put32(w, s, s->nano ? 250000000 : 250000);
	put32(w, s, (uint32_t)frame.n);
	put32(w, s, (uint32_t)frame.n);
	wr_slice(w, frame);
}

static void put_pcapng(struct wr *w, const struct shape *s, struct slice frame)
{
	uint32_t padded = (uint32_t)(frame.n + 3) & ~3u;
	uint64_t at = 1750000000250000ull * (s->nano ? 1000 : 1);

	put32(w, s, 0x0a0d0d0a); /* section */
	put32(w, s, 28);
	put32(w, s, 0x1a2b3c4d);
	put16(w, s, 1);
	put16(w, s, 0);
	put32(w, s, 0xffffffff);
	put32(w, s, 0xffffffff);
	put32(w, s, 28);
	put32(w, s, 1); /* interface */
	put32(w, s, 32);
	put16(w, s, (uint16_t)s->link_type);
	put16(w, s, 0);
	put32(w, s, 0);
	put16(w, s, 9); /* resolution of time stamps */
	put16(w, s, 1);
	wr_u8(w, s->nano ? 9 : 6);
	wr_zeros(w, 3);
	put32(w, s, 0);
	put32(w, s, 32);
	put32(w, s, 0x0bad); /* a block nobody knows */
	put32(w, s, 16);
	put32(w, s, 0);
	put32(w, s, 16);
	put32(w, s, 6); /* packet */
	put32(w, s, 32 + padded);
	put32(w, s, 0);
	put32(w, s, (uint32_t)(at >> 32));
	put32(w, s, (uint32_t)at);
	put32(w, s, (uint32_t)frame.n);
	put32(w, s, (uint32_t)frame.n);
	wr_slice(w, frame);
	wr_zeros(w, padded - frame.n);
	put32(w, s, 32 + padded);
}

static struct slice file_of(const struct shape *s, struct slice octets, uint8_t *at, size_t cap)
{
	uint8_t room[1024];
	struct slice frame = frame_of(s, octets, room, sizeof(room));
	struct wr w = wr_of(at, cap);

	if (s->ng)
		put_pcapng(&w, s, frame);
	else
		put_pcap(&w, s, frame);
	return wr_done(&w);
}

/* --- what comes out -------------------------------------------------------------------- */

static void shows_the_message(const struct shape *s, uint16_t extra_port)
{
	own(bytes) m = bytes_of_hex(message);
	struct decode_want want = { .port = extra_port };
	struct fault f = { 0 };
	uint8_t at[2048];
	struct slice file = file_of(s, slice_of(m), at, sizeof(at));

	assert_true(file.n > 0);
	json_t *list = decoded(file, &want, &f);
	if (json_array_size(list) != 1)
		print_error("link type %u, v6 %d, ng %d, big %d: %s\n", (unsigned)s->link_type,
			    s->v6, s->ng, s->big, f.text);
	assert_int_equal(f.reason, R_OK);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(said(list, 0, "exchange"), "main mode");
	assert_string_equal(said(list, 0, "initiator_spi"), "59cedc5dcea558fe");
	double t = json_number_value(json_object_get(json_array_get(list, 0), "time"));
	assert_true(t > 1750000000.2499 && t < 1750000000.2501);
	assert_non_null(strstr(said(list, 0, "source"), s->v6 ? "::1]:" : "192.0.2.1:"));
	json_decref(list);
}

static void every_format_and_link(void **state)
{
	static const uint32_t links[] = { 0, 1, 12, 101, 108, 113, 276 };

	(void)state;
	for (unsigned bits = 0; bits < 32; bits++) {
		for (size_t i = 0; i < COUNT_OF(links); i++) {
			struct shape s = { .big = bits & 1,
					   .nano = bits & 2,
					   .ng = bits & 4,
					   .v6 = bits & 8,
					   .vlan = bits & 16,
					   .link_type = links[i],
					   .port = 500 };

			shows_the_message(&s, 0);
		}
	}
}

static void ports_and_markers(void **state)
{
	struct shape natt = { .link_type = 1, .port = 4500, .marker = true };
	struct shape own_port = { .link_type = 1, .port = 15500 };
	struct shape own_natt = { .link_type = 1, .port = 15500, .marker = true };

	(void)state;
	shows_the_message(&natt, 0);
	shows_the_message(&own_port, 15500);
	shows_the_message(&own_natt, 15500);
	/* without being asked, other ports are none of our business, nor is ESP on 4500 */
	struct shape esp = { .link_type = 1, .port = 4500 };
	const struct shape *quiet[] = { &own_port, &esp };
	own(bytes) m = bytes_of_hex(message);
	uint8_t at[2048];
	for (size_t i = 0; i < COUNT_OF(quiet); i++) {
		struct decode_want want = { 0 };
		struct fault f = { 0 };
		json_t *list = decoded(file_of(quiet[i], slice_of(m), at, sizeof(at)), &want, &f);

		assert_int_equal(json_array_size(list), 0);
		json_decref(list);
	}
}

static json_t *decoded_text(const char *text, struct fault *f)
{
	struct decode_want want = { 0 };

	return decoded(slice_str(text), &want, f);
}

static void hex_as_people_paste_it(void **state)
{
	char text[1024];
	struct fault f = { 0 };
	json_t *list;

	(void)state;
	snprintf(text, sizeof(text), "# first\n%.40s\n%.60s\n%s\n\n%s\n", message, &message[40],
		 &message[100], message);
	list = decoded_text(text, &f);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
	snprintf(text, sizeof(text), "00000000%s", message); /* with the marker */
	list = decoded_text(text, &f);
	assert_int_equal(json_array_size(list), 1);
	assert_true(json_is_true(json_object_get(json_array_get(list, 0), "non_esp_marker")));
	json_decref(list);
	list = decoded_text("59:ce dc\n\n", &f); /* cut: shown with what is wrong */
	assert_int_equal(json_array_size(list), 1);
	assert_true(*said(list, 0, "error"));
	json_decref(list);
	list = decoded_text("59cedc5", &f);
	assert_int_equal(f.reason, R_MALFORMED);
	json_decref(list);
	list = decoded_text("hello", &f);
	assert_int_equal(f.reason, R_MALFORMED);
	json_decref(list);
	list = decoded_text("", &f);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

/* --- strangers ------------------------------------------------------------------------- */

struct stranger {
	const char *name;
	size_t messages;
	const char *first; /* exchange of the first */
};

static const struct stranger strangers[] = {
	{ "tcpdump-ISAKMP_sa_setup", 9, "main mode" },
	{ "tcpdump-isakmp4500", 15, "main mode" },
	{ "tcpdump-ikev2four", 21, "" },
	{ "tcpdump-isakmp-pointer-loop", 1, "" },
	{ "tcpdump-isakmp-identification-segfault", 1, "" },
	{ "tcpdump-isakmpv1-attr-oobr", 1, "" },
	{ "tcpdump-ikev1_id_ipv6_addr_subnet-oobr", 1, "" },
	{ "tcpdump-isakmp-3948-oobr-2", 0, "" },
	{ "tcpdump-ikev2-id-normal", 1, "" },
	{ "ipsec-ikev1-isakmp-main-mode", 9, "main mode" },
	{ "ipsec-ikev1-payload-bad-length", 1, "" },
	{ "ipsec-then-esp", 11, "" },
};

static struct bytes *load(const char *name)
{
	char path[512];
	uint8_t at[65536];

	snprintf(path, sizeof(path), SOURCE_DIR "/tests/vectors/captures/%s.pcap", name);
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	size_t n = fread(at, 1, sizeof(at), in);
	fclose(in);
	return bytes_of(at, n);
}

static void captures_of_strangers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strangers); i++) {
		own(bytes) file = load(strangers[i].name);
		struct decode_want want = { 0 };
		struct fault f = { 0 };
		json_t *list = decoded(slice_of(file), &want, &f);

		if (json_array_size(list) != strangers[i].messages)
			print_error("%s: %zu messages, %s\n", strangers[i].name,
				    json_array_size(list), f.text);
		assert_int_equal(json_array_size(list), strangers[i].messages);
		if (*strangers[i].first)
			assert_string_equal(said(list, 0, "exchange"), strangers[i].first);
		json_decref(list);
	}
}

static void nowhere(void *arg, const struct captured *c)
{
	size_t *sum = arg;

	for (size_t i = 0; i < c->octets.n; i++)
		*sum += c->octets.at[i]; /* every octet can be touched */
}

/* Each file cut at each length, in a buffer of just that length. */
static void files_cut_at_each_length(void **state)
{
	size_t sum = 0;
	struct capture_want want = { .each = nowhere, .arg = &sum };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(strangers); i++) {
		own(bytes) file = load(strangers[i].name);

		for (size_t n = 0; n < file->n; n++) {
			own(bytes) cut = bytes_of(file->at, n);

			capture_read(slice_of(cut), &want, NULL);
		}
	}
	for (unsigned bits = 0; bits < 8; bits++) {
		struct shape s = {
			.big = bits & 1, .ng = bits & 2, .v6 = bits & 4, .link_type = 1, .port = 500
		};
		own(bytes) m = bytes_of_hex(message);
		uint8_t at[2048];
		struct slice file = file_of(&s, slice_of(m), at, sizeof(at));

		for (size_t n = 0; n < file.n; n++) {
			own(bytes) cut = bytes_of(file.at, n);
			struct fault f = { 0 };

			capture_read(slice_of(cut), &want, &f);
			if (n > 4 && n + 4 < file.n)
				assert_int_equal(f.reason == R_OK,
						 s.ng ? n == 28 || n == 60 || n == 76 : n == 24);
		}
	}
}

static void files_with_each_octet_changed(void **state)
{
	struct decode_want want = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(strangers); i++) {
		own(bytes) file = load(strangers[i].name);

		for (size_t n = 0; n < MIN_OF(file->n, (size_t)300); n++) {
			static const uint8_t odd[] = { 0xff, 0x01 };

			for (size_t k = 0; k < COUNT_OF(odd); k++) {
				uint8_t was = file->at[n];
				struct fault f = { 0 };

				file->at[n] ^= odd[k];
				json_decref(decoded(slice_of(file), &want, &f));
				file->at[n] = was;
			}
		}
	}
}

/* --- the command ----------------------------------------------------------------------- */

static int command(const char *input, int argc, char **argv)
{
	int in[2], status = -1;

	assert_int_equal(pipe(in), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		close(in[0]);
		close(in[1]);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(99);
		_exit(decode_main(argc, argv));
	}
	close(in[0]);
	assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
	close(in[1]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + status;
}

#define COMMAND(input, ...)                                                    \
	command((input), (int)COUNT_OF(((char *[]){ "decode", __VA_ARGS__ })), \
		(char *[]){ "decode", __VA_ARGS__, NULL })

static void what_the_command_exits_with(void **state)
{
	(void)state;
	assert_int_equal(COMMAND(message, "-"), 0);
	assert_int_equal(COMMAND(message, "--psk", "x", "--dh-private", "0x11", "-"), 0);
	assert_int_equal(COMMAND(message, "-", "--key", "0011", "--port", "15500"), 0);
	assert_int_equal(COMMAND("", "--help"), 0);
	assert_int_equal(COMMAND("zz", "-"), 1);
	assert_int_equal(COMMAND("", "/nowhere/at/all"), 1);
	assert_int_equal(COMMAND("", "-", "another"), 2);
	assert_int_equal(COMMAND("", "--what", "-"), 2);
	assert_int_equal(COMMAND("", "--port", "0", "-"), 2);
	assert_int_equal(COMMAND("", "--port", "99999", "-"), 2);
	assert_int_equal(COMMAND("", "--key", "xyz", "-"), 2);
	assert_int_equal(COMMAND("", "--psk"), 2);
	assert_int_equal(command("", 1, (char *[]){ "decode", NULL }), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_and_link),
		cmocka_unit_test(ports_and_markers),
		cmocka_unit_test(hex_as_people_paste_it),
		cmocka_unit_test(captures_of_strangers),
		cmocka_unit_test(files_cut_at_each_length),
		cmocka_unit_test(files_with_each_octet_changed),
		cmocka_unit_test(what_the_command_exits_with),
	};
	struct fault f = { 0 };

	if (crypto_open(&f) != R_OK)
		return 1;
	return cmocka_run_group_tests(tests, play_start, NULL);
}
