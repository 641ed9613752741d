/* The printer: whatever comes in, JSON comes out (T-LOUD, T-TEXT, T-ENUM, T-SHORT). */
#include "tests/unit/wire/exact.h"

#include <jansson.h>

#include "core/wire/dump.h"
#include "core/wire/writer.h"

static json_t *dumped(struct slice datagram, struct slice clear)
{
	struct text t;
	json_error_t error;

	text_init(&t, 0);
	dump_message(&t, datagram, clear);
	json_t *o = json_loads(t.at, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s in %s", error.text, t.at);
	assert_true(json_is_object(o));
	text_done(&t);
	return o;
}

static const char *text_in(json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static struct slice start(struct writer *w, uint8_t *at, size_t cap, uint8_t exchange, uint8_t type,
			  struct slice body)
{
	struct header h = { .cky_i = { 0xab }, .version = VERSION_1, .exchange = exchange };

	writer_start(w, at, cap, &h);
	wr_slice(writer_payload_type(w, type), body);
	return writer_done(w, 0);
}

static void a_real_message(void **state)
{
	own(bytes) m =
		bytes_of_hex("59cedc5dcea558fe9e169842364452570110020000000000000000740d00003800000"
			     "001000000010000"
			     "002c00010001000000240101000080010007800e00808002000280040002800300018"
			     "00b0001800c7080"
			     "0d00000c09002689dfd6b71200000014afcad71368a1f1c96b8696fc77570100");
	json_t *o = dumped(slice_of(m), slice(NULL, 0));
	json_t *payloads = json_object_get(o, "payloads");
	json_t *sa = json_array_get(payloads, 0);
	json_t *t = json_array_get(
		json_object_get(json_array_get(json_object_get(sa, "proposals"), 0), "transforms"),
		0);

	(void)state;
	assert_string_equal(text_in(o, "initiator_spi"), "59cedc5dcea558fe");
	assert_string_equal(text_in(o, "exchange"), "main mode");
	assert_string_equal(text_in(o, "version"), "1.0");
	assert_null(json_object_get(o, "error"));
	assert_int_equal(json_array_size(payloads), 3);
	assert_string_equal(text_in(t, "text"), "aes-cbc-128/sha1/modp1024/psk 28800 s");
	assert_int_equal(json_integer_value(json_object_get(t, "key_bits")), 128);
	assert_string_equal(text_in(json_array_get(payloads, 1), "vendor"), "XAUTH");
	assert_string_equal(text_in(json_array_get(payloads, 2), "vendor"), "dead peer detection");
	json_decref(o);
}

static void encrypted(void **state)
{
	uint8_t at[100];
	struct writer w;
	struct header h = { .version = VERSION_1, .exchange = XCHG_QUICK, .flags = FLAG_ENCRYPTED };
	static const uint8_t hash[20] = { 0, 0, 0, 20, 1, 2, 3 };
	struct slice datagram;

	(void)state;
	writer_start(&w, at, sizeof(at), &h);
	wr_zeros(writer_payload(&w, PL_HASH), 20);
	datagram = writer_done(&w, 16);

	json_t *dark = dumped(datagram, slice(NULL, 0));
	assert_true(json_is_true(json_object_get(dark, "encrypted")));
	assert_null(json_object_get(dark, "payloads"));
	json_decref(dark);

	json_t *lit = dumped(datagram, slice(hash, sizeof(hash)));
	assert_true(json_is_true(json_object_get(lit, "encrypted")));
	assert_int_equal(json_array_size(json_object_get(lit, "payloads")), 1);
	json_decref(lit);
}

/* Every payload type with every length of two kinds of content. */
static void every_type(void **state)
{
	(void)state;
	for (unsigned type = 1; type < 256; type++) {
		for (size_t n = 0; n <= 48; n++) {
			for (int fill = 0; fill < 256; fill += 51) {
				uint8_t at[100], body[48];
				struct writer w;

				memset(body, fill, sizeof(body));
				struct slice d = start(&w, at, sizeof(at), XCHG_INFO, (uint8_t)type,
						       slice(body, n));
				exact(e, d.at, d.n);
				json_decref(dumped(look(&e), slice(NULL, 0)));
			}
		}
	}
}

/* Every cut of a message, every version, exchange and set of flags. */
static void every_header(void **state)
{
	uint8_t at[200];
	struct writer w;
	struct slice d = start(&w, at, sizeof(at), XCHG_MAIN, 13, slice(at, 60));

	(void)state;
	for (size_t n = 0; n <= d.n; n++) {
		exact(e, d.at, n);
		json_t *o = dumped(look(&e), slice(NULL, 0));

		assert_int_equal(json_object_get(o, "error") != NULL, n < d.n);
		json_decref(o);
	}
	for (unsigned field = 16; field < 20; field++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t was = at[field];

			at[field] = (uint8_t)v;
			json_decref(dumped(d, slice(NULL, 0)));
			at[field] = was;
		}
	}
}

static void strangers_text(void **state)
{
	static const uint8_t body[] = "\x02\0\0\0a\"b\\\n\x1b[31m\xff\xe2\x80\xa8$(id)";
	uint8_t at[100];
	struct writer w;
	json_t *o =
		dumped(start(&w, at, sizeof(at), XCHG_AGGRESSIVE, 5, slice(body, sizeof(body) - 1)),
		       slice(NULL, 0));
	const char *said = text_in(json_array_get(json_object_get(o, "payloads"), 0), "text");

	(void)state;
	assert_non_null(said);
	for (const char *c = said; *c; c++)
		assert_true(*c >= 0x20 && *c < 0x7f);
	json_decref(o);
}

/* One broken payload among good ones: all are shown, and what is wrong is said twice. */
static void shows_the_rest(void **state)
{
	uint8_t at[200];
	struct writer w;
	struct header h = { .version = VERSION_1, .exchange = XCHG_MAIN };

	(void)state;
	writer_start(&w, at, sizeof(at), &h);
	wr_zeros(writer_payload(&w, PL_SA), 12);
	wr_zeros(writer_payload(&w, PL_VID), 3);
	json_t *o = dumped(writer_done(&w, 0), slice(NULL, 0));
	json_t *payloads = json_object_get(o, "payloads");

	assert_int_equal(json_array_size(payloads), 2);
	assert_non_null(text_in(o, "error"));
	assert_string_equal(text_in(json_array_get(payloads, 0), "error"), text_in(o, "error"));
	assert_null(text_in(json_array_get(payloads, 1), "error"));
	json_decref(o);
}

static void one_payload(void **state)
{
	static const uint8_t whole[] = { 0, 0, 0, 8, 1, 2, 3, 4 };
	struct pl p = { PL_HASH, 8, slice(&whole[4], 4), slice(whole, 8) };
	struct text t;

	(void)state;
	text_init(&t, 0);
	dump_payload(&t, &p, XCHG_QUICK);
	assert_string_equal(t.at,
			    "{\"type\":8,\"name\":\"hash\",\"length\":8,\"data\":\"01020304\"}");
	text_done(&t);
}

/* A text with a limit is cut, nothing else. */
static void tiny_room(void **state)
{
	uint8_t at[200];
	struct writer w;
	struct slice d = start(&w, at, sizeof(at), XCHG_MAIN, 13, slice(at, 60));

	(void)state;
	for (size_t limit = 1; limit < 200; limit++) {
		struct text t;

		text_init(&t, limit);
		dump_message(&t, d, slice(NULL, 0));
		assert_true(t.n <= limit);
		text_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_message), cmocka_unit_test(encrypted),
		cmocka_unit_test(every_type),     cmocka_unit_test(every_header),
		cmocka_unit_test(strangers_text), cmocka_unit_test(shows_the_rest),
		cmocka_unit_test(one_payload),    cmocka_unit_test(tiny_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
