/* test_merge.c - bodies onto records: every kind there and back, and all that is refused */
#include "tests/unit/api/desk.h"

#include "api/json.h"

static const uint8_t key[32] = { 7 };
static struct keyring *keys;

static const struct {
	enum kind kind;
	const char *body;
} samples[] = {
	{ K_SETTINGS_IKE, "{\"local_name\":\"gw\"}" },
	{ K_SETTINGS_KEEPALIVE, "{}" },
	{ K_SETTINGS_IPSEC, "{\"anti_replay\":false}" },
	{ K_SETTINGS_API, "{\"hosts\":[\"gw.example\"]}" },
	{ K_SETTINGS_SNMP, "{}" },
	{ K_SETTINGS_LOGGING, "{}" },
	{ K_SECRET, "{\"name\":\"s\",\"type\":\"psk\",\"value\":\"a secret\"}" },
	{ K_PRIVATE_KEY, "{\"name\":\"s\",\"value\":\"a\\nkey\"}" },
	{ K_CERTIFICATE, "{\"name\":\"c\",\"pem\":\"two\\nlines\",\"private_key\":\"s\"}" },
	{ K_AUTHORITY, "{\"name\":\"a\",\"pem\":\"two\\r\\nlines\"}" },
	{ K_WEBHOOK, "{\"name\":\"w\",\"url\":\"https://hooks.example/\"}" },
	{ K_EXCEPTION,
	  "{\"name\":\"x\",\"owner\":\"o\",\"reason\":\"why\",\"expires_at\":\"2099-01-31\"}" },
	{ K_IKE_PROPOSAL, "{\"name\":\"i\",\"number\":5}" },
	{ K_IPSEC_PROPOSAL, "{\"name\":\"e\"}" },
	{ K_DPD_PROFILE, "{\"name\":\"d\",\"interval_seconds\":20}" },
	{ K_PEER,
	  "{\"name\":\"p\",\"remote_address\":\"192.0.2.1\",\"psk\":\"s\",\"local_id\":{\"type\":"
	  "\"fqdn\",\"value\":\"gw.example\"},\"ike_proposals\":[\"i\",\"j\"]}" },
	{ K_TUNNEL, "{\"name\":\"t\",\"peer\":\"p\",\"local_ts\":[\"10.1.0.0/24\"],"
		    "\"remote_ts\":[\"10.2.0.0/24\"],\"ipsec_proposals\":[\"e\"]}" },
};

static struct record *made(enum kind k, const char *body)
{
	static struct faults errors;
	struct record *r;

	errors = (struct faults){ 0 };
	json_read_record(k, slice_str(body), keys, &r, &errors);
	if (!r)
		fail_msg("%s: %s %s", body, errors.at[0].field, errors.at[0].text);
	return r;
}

static json_t *parsed(const char *text)
{
	struct fault f;
	json_t *j;

	if (json_parse(text, strlen(text), &j, &f) != R_OK)
		fail_msg("%s: %s", text, f.text);
	return j;
}

/* The faults of a body, merged as PATCH does onto a record that is there. */
static const struct faults *patched(struct record *r, const char *body)
{
	static struct faults errors;
	own_json j = parsed(body);

	errors = (struct faults){ 0 };
	r->revision = MAX_OF(r->revision, 1);
	enum reason reason = json_merge(r, j, false, keys, &errors);
	assert_int_equal(reason == R_OK, errors.n == 0);
	return &errors;
}

static void every_kind_goes_there_and_back(void **state)
{
	(void)state;
	assert_int_equal(COUNT_OF(samples), K_COUNT);
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		own(record) a = made(samples[i].kind, samples[i].body);
		own(record) b = record_copy(a);
		own_json read = json_of_record(a);
		struct faults errors = { 0 };
		struct text members;

		assert_non_null(read);
		a->revision = b->revision = 1;
		json_decref(read);
		read = json_of_record(a);
		if (json_merge(b, read, true, keys, &errors) != R_OK)
			fail_msg("%s: %s: %s", samples[i].body, errors.at[0].field,
				 errors.at[0].text);
		text_init(&members, 0);
		record_diff(a, b, &members);
		assert_int_equal(members.n, 0);
		text_done(&members);
		own_json again = json_of_record(b);
		assert_true(json_equal(read, again));
	}
}

static void null_is_the_preset(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		own(record) r = made(samples[i].kind, samples[i].body);
		own(record) fresh = record_new(samples[i].kind);

		for (const struct field *fl = kind_row(samples[i].kind)->fields; fl->name; fl++) {
			char body[200], *at = body;
			size_t braces = 1;

			if (fl->flags & (FF_KEY | FF_REQUIRED | FF_READ_ONLY))
				continue;
			at += snprintf(at, 100, "{\"");
			for (const char *s = fl->name; *s; s++) {
				if (*s == '.') {
					at += snprintf(at, 20, "\":{\"");
					braces++;
				} else {
					*at++ = *s;
				}
			}
			at += snprintf(at, 20, "\":null");
			while (braces--)
				*at++ = '}';
			*at = '\0';
			const struct faults *f = patched(r, body);
			if (f->n)
				fail_msg("%s: %s", body, f->at[0].text);
			if (fl->kind == F_SECRET)
				assert_int_equal(field_sealed(fl, r)->n, 0);
			else if (!field_equal(fl, r, fresh))
				fail_msg("%s is not its preset", fl->name);
		}
	}
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *body, *pointer, *rule;
	} table[] = {
		{ "{\"remote_adress\":\"x\"}", "/remote_adress", "member.unknown" },
		{ "{\"a/b~c\":1}", "/a~1b~0c", "member.unknown" },
		{ "{\"local_id\":{\"kind\":1}}", "/local_id/kind", "member.unknown" },
		{ "{\"local_id.type\":\"fqdn\"}", "/local_id.type", "member.unknown" },
		{ "{\"local_id\":[]}", "/local_id", "member.type" },
		{ "{\"local_id\":{\"type\":5}}", "/local_id/type", "member.type" },
		{ "{\"local_id\":{\"type\":\"x\"}}", "/local_id/type", "member.value" },
		{ "{\"enabled\":1}", "/enabled", "member.type" },
		{ "{\"nat_keepalive_seconds\":\"5\"}", "/nat_keepalive_seconds", "member.type" },
		{ "{\"nat_keepalive_seconds\":5.0}", "/nat_keepalive_seconds", "member.type" },
		{ "{\"nat_keepalive_seconds\":-5}", "/nat_keepalive_seconds", "member.value" },
		{ "{\"nat_keepalive_seconds\":4294967296}", "/nat_keepalive_seconds",
		  "member.value" },
		{ "{\"ike_proposals\":\"i\"}", "/ike_proposals", "member.type" },
		{ "{\"ike_proposals\":[\"i\",5]}", "/ike_proposals/1", "member.type" },
		{ "{\"ike_proposals\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]}",
		  "/ike_proposals", "member.value" },
		{ "{\"name\":\"q\"}", "/name", "member.key" },
		{ "{\"name\":null}", "/name", "member.required" },
		{ "{\"revision\":99}", "/revision", "member.read_only" },
		{ "{\"index\":99}", "/index", "member.read_only" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		own(record) r = made(K_PEER, samples[K_PEER].body);
		const struct faults *f = patched(r, table[i].body);

		if (f->n != 1 || strcmp(f->at[0].field, table[i].pointer) != 0 ||
		    strcmp(f->at[0].rule, table[i].rule) != 0)
			fail_msg("%s: %zu faults, %s %s: %s", table[i].body, f->n, f->at[0].field,
				 f->at[0].rule, f->at[0].text);
	}
	own(record) r = made(K_PEER, samples[K_PEER].body);
	assert_non_null(strstr(patched(r, table[0].body)->at[0].hint, "remote_address"));
	assert_int_equal(patched(r, "{\"x\":1,\"enabled\":1,\"psk\":1}")->n, 3);
	assert_int_equal(patched(r, "{\"revision\":1,\"changed_by\":null,\"name\":\"p\"}")->n, 0);
}

/* A hundred mistakes fill the list, the rest is counted. */
static void many_mistakes(void **state)
{
	own(record) r = made(K_PEER, samples[K_PEER].body);
	struct text t;

	(void)state;
	text_init(&t, 0);
	text_add_str(&t, "{\"x\":1");
	for (int i = 0; i < 99; i++)
		text_add(&t, ",\"x%d\":{\"y\":[1]}", i);
	text_add_str(&t, "}");
	const struct faults *f = patched(r, t.at);
	assert_int_equal(f->n + f->dropped, 100);
	assert_true(f->dropped > 0);
	text_done(&t);
}

static void secrets_are_sealed(void **state)
{
	own(record) r = made(K_SECRET, samples[K_SECRET].body);
	struct sealed *s = &((struct secret *)(void *)r)->value;
	char about[64], mark[FINGERPRINT_TEXT];
	own(bytes) plain = NULL;
	own_json read = json_of_record(r);

	(void)state;
	assert_int_equal(
		secret_open(keys, secret_about("s", about), slice(s->at, s->n), &plain, NULL),
		R_OK);
	assert_true(slice_equal(slice_of(plain), slice_str("a secret")));
	secret_fingerprint(keys, slice_str("a secret"), mark);
	assert_string_equal(json_string_value(json_object_get(read, "fingerprint")), mark);
	assert_true(json_is_true(json_object_get(read, "value_set")));
	assert_null(json_object_get(read, "value"));
	assert_int_equal(patched(r, "{\"value\":\"\"}")->n, 1);
	assert_int_equal(patched(r, "{\"value\":5}")->n, 1);
	assert_int_equal(patched(r, "{\"value_set\":false}")->n, 1);
	assert_int_equal(patched(r, "{\"value_set\":true}")->n, 0);
	assert_int_equal(patched(r, "{\"fingerprint\":\"0011223344556677\"}")->n, 1);
	assert_int_equal(patched(r, "{\"value\":null}")->n, 0);
	assert_int_equal(s->n, 0);
	for (size_t i = 0; i < sizeof(s->at); i++)
		assert_int_equal(s->at[i], 0);
	/* What a PUT does not give stays: nobody could have read it. */
	own(record) kept = made(K_SECRET, samples[K_SECRET].body);
	struct faults errors = { 0 };
	own_json whole = parsed("{\"type\":\"psk\"}");
	kept->revision = 1;
	assert_int_equal(json_merge(kept, whole, true, keys, &errors), R_OK);
	assert_true(((struct secret *)(void *)kept)->value.n > 0);
}

static void what_is_required(void **state)
{
	static struct faults errors;
	struct record *r;

	(void)state;
	assert_int_equal(json_read_record(K_PEER, slice_str("{}"), keys, &r, &errors), R_INVALID);
	assert_null(r);
	assert_string_equal(errors.at[0].field, "/name");
	errors = (struct faults){ 0 };
	assert_int_equal(json_read_record(K_PEER, slice_str("[]"), keys, &r, &errors), R_INVALID);
	errors = (struct faults){ 0 };
	assert_int_equal(json_read_record(K_PEER, slice_str("{"), keys, &r, &errors), R_BAD_JSON);
	assert_null(r);
}

static void strict_parsing(void **state)
{
	static const char *const bad[] = { "",
					   " ",
					   "{",
					   "{}x",
					   "{\"a\":1,\"a\":2}",
					   "{\"a\":1,\"\\u0061\":2}",
					   "{\"a\":\"\\u0000\"}",
					   "{\"a\":\"\xff\"}",
					   "{\"a\":\"\\ud800\"}",
					   "\xef\xbb\xbf{}",
					   "{\"a\":99999999999999999999}",
					   "{\"a\":1e999}",
					   "5",
					   "\"x\"" };
	struct fault f;
	char deep[200];
	json_t *j;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (json_parse(bad[i], strlen(bad[i]), &j, &f) != R_BAD_JSON)
			fail_msg("%s was read", bad[i]);
		assert_null(j);
		assert_true(*f.text);
	}
	assert_int_equal(json_parse("{}\0", 3, &j, &f), R_BAD_JSON);
	for (int n = 31; n <= 33; n++) {
		memset(deep, '[', (size_t)n);
		memset(deep + n, ']', (size_t)n);
		assert_int_equal(json_parse(deep, 2 * (size_t)n, &j, &f) == R_OK, n <= 32);
		json_decref(j);
	}
	assert_int_equal(
		json_parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}", 49, &j, &f),
		R_OK);
	json_decref(j);
}

static void times(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} table[] = {
		{ 0, "\"1970-01-01T00:00:00Z\"" },
		{ 951782400, "\"2000-02-29T00:00:00Z\"" },
		{ 1700000000, "\"2023-11-14T22:13:20Z\"" },
		{ 4102444799, "\"2099-12-31T23:59:59Z\"" },
		{ 253402300799, "\"9999-12-31T23:59:59Z\"" },
		{ 253402300800, "null" },
		{ -1, "null" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct text t;

		text_init(&t, 0);
		json_time(&t, table[i].s);
		assert_string_equal(t.at, table[i].text);
		text_done(&t);
	}
}

static void members_that_are_wanted(void **state)
{
	own(record) r = made(K_PEER, samples[K_PEER].body);
	struct text t;

	(void)state;
	assert_true(json_wanted(NULL, "x"));
	assert_true(json_wanted("a,local_id", "local_id.type"));
	assert_true(json_wanted("a,b", "b"));
	assert_false(json_wanted("local_i", "local_id.type"));
	assert_false(json_wanted("", "a"));
	text_init(&t, 0);
	json_record(&t, r, "name,local_id.value,revision");
	assert_string_equal(t.at, "{\"name\":\"p\",\"local_id\":{\"value\":\"gw.example\"},"
				  "\"revision\":0}");
	text_done(&t);
}

static int set_up(void **state)
{
	if (desk_open(state) != 0)
		return -1;
	keys = keyring_of(key);
	return keys ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	keyring_free(keys);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_goes_there_and_back),
		cmocka_unit_test(null_is_the_preset),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(many_mistakes),
		cmocka_unit_test(secrets_are_sealed),
		cmocka_unit_test(what_is_required),
		cmocka_unit_test(strict_parsing),
		cmocka_unit_test(times),
		cmocka_unit_test(members_that_are_wanted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
