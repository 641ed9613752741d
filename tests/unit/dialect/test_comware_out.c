/* test_comware_out.c - Comware V5 read, written, and read again: the same */
#include "tests/unit/dialect/sketch_says.h"

#include "core/model/peer.h"

static char *written(const struct sketch *d, struct sketch *notes_)
{
	struct text t;

	text_init(&t, 0);
	sketch_init(notes_);
	dialect_find("comware")->write(d, &t, notes_);
	assert_false(notes_->no_memory);
	return text_give(&t);
}

/* Every member of every record, the keys of secrets, and which members were set. */
static void assert_same(const struct sketch *a, const struct sketch *b, const char *text)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct record *r = a->at[i]->rec;
		const struct entry *e = sketch_find(b, r->kind, r->name);

		if (!e)
			fail_msg("%s %s is gone from\n%s", kind_row(r->kind)->path, r->name, text);
		for (const struct field *fl = kind_row(r->kind)->fields; fl->name; fl++)
			if (fl->kind != F_SECRET && !field_equal(fl, r, e->rec))
				fail_msg("%s of %s %s differs in\n%s", fl->name,
					 kind_row(r->kind)->path, r->name, text);
		assert_true(slice_equal(slice_of(a->at[i]->secret), slice_of(e->secret)));
	}
	assert_int_equal(a->n, b->n);
}

static void comes_back(const char *text)
{
	struct sketch a = read_text("comware", text), n;
	char *out = written(&a, &n);
	struct sketch b = read_text("comware", out), m;
	char *again = written(&b, &m);

	assert_same(&a, &b, out);
	assert_string_equal(out, again);
	free(out);
	free(again);
	sketch_done(&a);
	sketch_done(&b);
	sketch_done(&n);
	sketch_done(&m);
}

#define KEY " pre-shared-key simple abcde\n remote-address 2.2.2.2\n"
#define NETS(a, b) \
	"permit ip source 10." #a ".0.0 0.0.255.255 destination 10." #b ".0.0 0.0.255.255\n"

static const char *const texts[] = {
	/* the manual's main mode, both gateways */
	"acl number 3101\n rule 0 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 "
	"0.0.0.255\n"
	"ike proposal 10\n authentication-algorithm md5\n sa duration 5000\n"
	"ike peer peer\n" KEY "ipsec proposal tran1\n esp authentication-algorithm sha1\n"
	"ipsec policy map1 10 isakmp\n security acl 3101\n ike-peer peer\n proposal tran1\n"
	"interface e0\n ipsec policy map1\n",
	"acl number 3101\n rule 0 permit ip source 10.1.2.0 0.0.0.255 destination 10.1.1.0 "
	"0.0.0.255\n"
	"ike peer peer\n" KEY "ipsec proposal tran1\n esp authentication-algorithm sha1\n"
	"ipsec policy map1 10 isakmp\n security acl 3101\n ike-peer peer\n proposal tran1\n",
	/* names and NAT: branch and centre */
	"sysname Branch\nike dpd 1\n interval-time 30\n"
	"ike peer center\n exchange-mode aggressive\n pre-shared-key simple 12345\n id-type name\n"
	" remote-name center\n remote-address 3.3.3.3\n nat traversal\n dpd 1\n local-address "
	"4.4.4.4\n",
	"ike local-name center\nike sa keepalive-timer interval 20\nike sa keepalive-timer timeout "
	"60\n"
	"acl number 3000\n rule " NETS(1,
				       2) "ike peer branch\n exchange-mode aggressive\n "
					  "pre-shared-key simple 12345\n id-type name\n"
					  " remote-name branch\n nat traversal\nipsec proposal p1\n"
					  "ipsec policy-template t 7\n security acl 3000\n "
					  "ike-peer branch\n proposal p1\n pfs dh-group14\n"
					  "ipsec policy center 100 isakmp template t\n",
	/* two entries of a template, one of them without a list */
	"ike peer a\n exchange-mode aggressive\n remote-name a@b\n pre-shared-key simple 12345\n"
	"acl number 3000\n rule " NETS(1, 2) " rule " NETS(
		3, 4) "ipsec proposal p1\n"
		      "ipsec policy-template t 7\n security acl 3000\n ike-peer a\n proposal p1\n"
		      "ipsec policy-template t 9\n ike-peer a\n proposal p1\n pfs dh-group5\n"
		      "ipsec policy c 100 isakmp template t\n",
	/* lists that are a product and lists that are not, a label, a disabled one, transport */
	"ike peer p\n" KEY " remote-address 1.1.1.1 1.1.1.9\n proposal 3 1\nike proposal 1\n"
	"ike proposal 3\n encryption-algorithm aes-cbc 256\n authentication-algorithm sha256\n dh "
	"group14\n"
	"acl number 3001\n rule 1 " NETS(1, 3) " rule 7 " NETS(2, 4) "acl number 3002\n rule " NETS(
		1,
		3) " rule " NETS(2,
				 3) "acl number 3003\n rule permit tcp source 10.0.0.1 0 "
				    "source-port eq 80 destination 10.0.0.2 0\n"
				    " rule permit 89\n"
				    "ipsec proposal t\n esp encryption-algorithm aes 128\n"
				    "ipsec proposal u\n encapsulation-mode transport\n transform "
				    "ah\n ah authentication-algorithm sha1\n"
				    "ipsec policy m 1 isakmp\n security acl 3001 aggregation\n "
				    "ike-peer p\n proposal t\n pfs dh-group2\n"
				    "ipsec policy m 2 isakmp\n security acl 3002\n ike-peer p\n "
				    "proposal t\n connection-name to-p\n"
				    " sa duration time-based 600\n sa duration traffic-based 5000\n"
				    "ipsec policy m 3 isakmp\n security acl 3003\n ike-peer p\n "
				    "proposal u\n undo policy enable\n"
				    "ipsec policy m 4 isakmp\n security acl 3001\n ike-peer p\n "
				    "proposal t\n connection-name both\n",
	/* the system view */
	"undo ipsec anti-replay check\nipsec anti-replay window 1024\nundo ipsec decrypt check\n"
	"ipsec invalid-spi-recovery enable\nike next-payload check disabled\n"
	"ipsec sa global-duration time-based 7200\nike sa nat-keepalive-timer interval 30\n"
	"ike peer p\n" KEY " certificate domain d\n local multi-subnet\n",
};

static void what_was_read_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		comes_back(texts[i]);
}

static void the_text_is_comware(void **state)
{
	struct sketch d = read_text("comware", texts[0]), n;
	char *out = written(&d, &n);

	(void)state;
	assert_string_equal(
		out, "#\n#\nike proposal 10\n authentication-method pre-share\n"
		     " authentication-algorithm md5\n encryption-algorithm des-cbc\n dh group1\n"
		     " sa duration 5000\n#\nike peer peer\n exchange-mode main\n id-type ip\n"
		     " pre-shared-key simple abcde\n remote-address 2.2.2.2\n#\n"
		     "ipsec proposal tran1\n transform esp\n esp encryption-algorithm des\n"
		     " esp authentication-algorithm sha1\n#\nacl number 3000\n"
		     " rule 0 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255\n"
		     "#\nipsec policy map1 10 isakmp\n security acl 3000\n ike-peer peer\n"
		     " proposal tran1\n#\nreturn\n");
	assert_true(notes(&n, 0, "apply the policies"));
	assert_int_equal(n.notes_n, 1);
	free(out);
	sketch_done(&d);
	sketch_done(&n);
}

static void what_comware_cannot_say_is_noted(void **state)
{
	struct sketch d = read_text("comware", texts[0]), n, back;
	struct entry *e = sketch_find(&d, K_PEER, "peer");

	(void)state;
	bytes_free(sketch_find(&d, K_SECRET, "peer")->secret);
	sketch_find(&d, K_SECRET, "peer")->secret = NULL;
	assert_true(sketch_set(&d, e, "fragmentation", "true", 0));
	assert_true(sketch_set(&d, e, "nat_traversal", "force", 0));
	assert_true(sketch_set(&d, e, "local_id.type", "key_id", 0));
	e = sketch_find(&d, K_IKE_PROPOSAL, "ike-10");
	assert_true(sketch_set(&d, e, "dh_group", "x25519", 0));
	e = sketch_find(&d, K_TUNNEL, "map1-10");
	assert_true(sketch_set(&d, e, "remote_ts", "2001:db8::/64", 0));
	assert_true(sketch_set(&d, e, "local_ts", "10.9.0.1-10.9.0.6", 0));
	assert_true(sketch_set(&d, e, "start_action", "start", 0));
	char *out = written(&d, &n);
	assert_true(notes(&n, 0, "fragmentation true of the peer cannot be said"));
	assert_true(notes(&n, 0, "nat_traversal force"));
	assert_true(notes(&n, 0, "local_id.type key_id"));
	assert_true(notes(&n, 0, "dh_group x25519 of the IKE proposal"));
	assert_true(notes(&n, 0, "2001:db8::/64 cannot be said"));
	assert_true(notes(&n, 0, "10.9.0.1-10.9.0.6"));
	assert_true(notes(&n, 0, "never by itself"));
	assert_non_null(strstr(out, " pre-shared-key simple " SECRET_HERE "\n"));
	back = read_text("comware", out);
	assert_null(sketch_find(&back, K_SECRET, "peer")->secret); /* the words are no key */
	free(out);
	sketch_done(&d);
	sketch_done(&n);
	sketch_done(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_comes_back),
		cmocka_unit_test(the_text_is_comware),
		cmocka_unit_test(what_comware_cannot_say_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
