/* test_column.c - the register of columns, and every shape of value */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/alg.h"
#include "core/model/peer.h"
#include "snmp/column.h"

enum { INTEGER = 0x02, OCTETS = 0x04, COUNTER32 = 0x41, UNSIGNED = 0x42, COUNTER64 = 0x46 };

static const struct column *named(enum grid_id g, const char *name)
{
	const struct grid *grid = grid_row(g);

	for (size_t i = 0; i < grid->columns_n; i++)
		if (strcmp(grid->columns[i].name, name) == 0)
			return &grid->columns[i];
	fail_msg("no column %s", name);
	return NULL;
}

static struct value of(enum grid_id g, const char *name, const void *row)
{
	static struct value v; /* its pointers point into itself */

	column_value(named(g, name), row, &v);
	return v;
}

static void assert_number(enum grid_id g, const char *name, const void *row, int type, long n)
{
	struct value v = of(g, name, row);

	assert_int_equal(v.type, type);
	assert_int_equal(v.number, n);
	assert_int_equal(v.n, sizeof(long));
}

static void assert_octets(enum grid_id g, const char *name, const void *row, const char *at,
			  size_t n)
{
	struct value v = of(g, name, row);

	assert_int_equal(v.type, OCTETS);
	assert_int_equal(v.n, n);
	assert_memory_equal(v.octets, at, n);
}

/* A walk finds the next column by adding one: no gap, tables from 2, scalars from 1. */
static void columns_have_no_gaps(void **state)
{
	(void)state;
	for (enum grid_id g = 0; g < GRID_COUNT; g++) {
		const struct grid *grid = grid_row(g);

		assert_true(grid->columns_n > 0);
		for (size_t i = 0; i < grid->columns_n; i++)
			assert_int_equal(grid->columns[i].number, i + (grid->index_n ? 2 : 1));
	}
}

/* A column of the wrong width would read its neighbour. */
static void members_fit_their_shapes(void **state)
{
	(void)state;
	for (enum grid_id g = 0; g < GRID_COUNT; g++) {
		const struct grid *grid = grid_row(g);

		for (size_t i = 0; i < grid->columns_n; i++) {
			const struct column *c = &grid->columns[i];
			assert_true(c->offset + (size_t)c->size <= grid->row_size);
			switch (c->shape) {
			case SHAPE_FLAG:
				assert_int_equal(c->size, 1);
				break;
			case SHAPE_ENUM:
			case SHAPE_ENUM_1:
			case SHAPE_ENCR:
			case SHAPE_PRF:
			case SHAPE_INTEG:
			case SHAPE_GROUP:
			case SHAPE_REASON:
			case SHAPE_MASK:
				assert_int_equal(c->size, 4);
				break;
			case SHAPE_COUNT_64:
			case SHAPE_TIME:
			case SHAPE_TIME_MS:
				assert_int_equal(c->size, 8);
				break;
			case SHAPE_BINARY:
			case SHAPE_BINARY_TYPE:
				assert_int_equal(c->size, sizeof(struct addr));
				break;
			case SHAPE_TEXT:
				assert_in_range(c->size, 2,
						RISK_SIZE); /* over 255 octets it is cut */
				break;
			default:
				break;
			}
		}
	}
}

static void numbers_saturate_and_counters_wrap(void **state)
{
	struct view v = { .revision = 42, .peers_n = 7 };
	struct peer_row p = { .up_count = 0x100000005, .bytes_in = 0x123456789abcdef0 };

	(void)state;
	assert_number(GRID_GATEWAY, "ikeeperGatewayConfigRevision", &v, UNSIGNED, 42);
	assert_number(GRID_GATEWAY, "ikeeperGatewayPeers", &v, UNSIGNED, 7);
	v.revision = 0x100000005;
	assert_number(GRID_GATEWAY, "ikeeperGatewayConfigRevision", &v, UNSIGNED, 0xffffffff);
	assert_number(GRID_PEER, "ikeeperPeerUpCount", &p, COUNTER32, 5);
	struct value c = of(GRID_PEER, "ikeeperPeerOctetsIn", &p);
	assert_int_equal(c.type, COUNTER64);
	assert_int_equal(c.wide[0], 0x12345678);
	assert_int_equal(c.wide[1], 0x9abcdef0);
}

static void words_become_numbers(void **state)
{
	struct ike_sa_row sa = { .state = SA_REKEYING,
				 .exchange_mode = MODE_AGGRESSIVE,
				 .role = ROLE_RESPONDER,
				 .nat_remote = true,
				 .encryption_algorithm = ENCR_AES_CBC,
				 .integrity_algorithm = INTEG_SHA256,
				 .dh_group = GROUP_ECP256,
				 .remote_id_type = IDK_FQDN };
	struct peer_row p = { .state = PS_PARTIAL };

	(void)state;
	assert_number(GRID_IKE_SA, "ikeeperIkeSaState", &sa, INTEGER, 3);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaExchangeMode", &sa, INTEGER, 2);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaRole", &sa, INTEGER, 2);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaRemoteIdType", &sa, INTEGER, 2);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaNatRemote", &sa, INTEGER, 1);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaNatLocal", &sa, INTEGER, 2);
	/* IANA, Internet Key Exchange Version 2 (IKEv2) Parameters */
	assert_number(GRID_IKE_SA, "ikeeperIkeSaEncryption", &sa, UNSIGNED, 12);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaPrf", &sa, UNSIGNED, 5);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaIntegrity", &sa, UNSIGNED, 12);
	assert_number(GRID_IKE_SA, "ikeeperIkeSaDhGroup", &sa, UNSIGNED, 19);
	assert_number(GRID_PEER, "ikeeperPeerState", &p, INTEGER, 5);
}

static void text_stays_text(void **state)
{
	struct peer_row p = { .name = "m\xc3\xbcnchen" };

	(void)state;
	assert_octets(GRID_PEER, "ikeeperPeerName", &p, "m\xc3\xbcnchen", 8);
	memcpy(p.name, "m\xfcnchen", 8);
	assert_octets(GRID_PEER, "ikeeperPeerName", &p, "m?nchen", 7);
	memset(p.name, 'x', sizeof(p.name)); /* no end: stays within the member */
	assert_int_equal(of(GRID_PEER, "ikeeperPeerName", &p).n, sizeof(p.name));
}

static void times_are_utc(void **state)
{
	struct view v = { .started_at = 1700000000, .made_wall_ms = 1700000000987 };
	struct peer_row p = { 0 };

	(void)state;
	/* 2023-11-14 22:13:20 UTC */
	assert_octets(GRID_GATEWAY, "ikeeperGatewayStartTime", &v,
		      "\x07\xe7\x0b\x0e\x16\x0d\x14\x00+\x00\x00", 11);
	assert_octets(GRID_GATEWAY, "ikeeperGatewayPictureTime", &v,
		      "\x07\xe7\x0b\x0e\x16\x0d\x14\x09+\x00\x00", 11);
	assert_octets(GRID_PEER, "ikeeperPeerStateSince", &p, "\0\0\0\0\0\0\0\0", 8);
}

static void addresses_have_types(void **state)
{
	struct peer_row p = { .remote_address = "192.0.2.1" };
	struct event e = { 0 };

	(void)state;
	assert_number(GRID_PEER, "ikeeperPeerRemoteAddressType", &p, INTEGER, 1);
	assert_octets(GRID_PEER, "ikeeperPeerRemoteAddress", &p, "\xc0\x00\x02\x01", 4);
	strcpy(p.remote_address, "2001:db8::1");
	assert_number(GRID_PEER, "ikeeperPeerRemoteAddressType", &p, INTEGER, 2);
	assert_octets(GRID_PEER, "ikeeperPeerRemoteAddress", &p,
		      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	strcpy(p.remote_address, "any");
	assert_number(GRID_PEER, "ikeeperPeerRemoteAddressType", &p, INTEGER, 0);
	assert_octets(GRID_PEER, "ikeeperPeerRemoteAddress", &p, "", 0);
	assert_octets(GRID_PEER, "ikeeperPeerRemote", &p, "any", 3);
	assert_octets(GRID_EVENT, "ikeeperEventRemoteAddress", &e, "", 0);
	addr_read("192.0.2.1", &e.remote);
	e.remote.port = 4500;
	assert_number(GRID_EVENT, "ikeeperEventRemoteAddressType", &e, INTEGER, 1);
	assert_octets(GRID_EVENT, "ikeeperEventRemoteAddress", &e, "\xc0\x00\x02\x01", 4);
	assert_number(GRID_EVENT, "ikeeperEventRemotePort", &e, UNSIGNED, 4500);
}

static void cookies_masks_and_reasons(void **state)
{
	struct ike_sa_row sa = { .initiator_spi = "0123456789abcdef" };
	struct trap_tally t = { .mask = 1u << 1 | 1u << 12 | 1u << 31 };
	struct event e = { .reason = R_DPD_TIMEOUT };

	(void)state;
	assert_octets(GRID_IKE_SA, "ikeeperIkeSaInitiatorCookie", &sa,
		      "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_octets(GRID_IKE_SA, "ikeeperIkeSaResponderCookie", &sa, "", 0);
	assert_octets(GRID_NOTIFY, "ikeeperNotifyEnabled", &t, "\x40\x08\x00\x01", 4);
	assert_octets(GRID_EVENT, "ikeeperEventReason", &e, "dpd-timeout", 11);
	e.reason = R_OK;
	assert_octets(GRID_EVENT, "ikeeperEventReason", &e, "", 0);
}

/* Three pairs: one that goes, one that is up one way, and one that is not there yet. */
static void put_pairs(struct view *v)
{
	struct child_row *c = view_children(v);

	v->number = 7;
	c[0] = (struct child_row){ .id = 4,
				   .state = CS_UP,
				   .flags = SAF_RL,
				   .spi_in = 0xc0000001,
				   .spi_out = 2,
				   .age_seconds = 3,
				   .bytes_in = 10,
				   .bytes_out = 20,
				   .packets_out = 5,
				   .protocol = "esp" };
	c[1] = (struct child_row){ .id = 6, .state = CS_NEGOTIATING, .spi_in = 3 };
	c[2] = c[0];
	c[2].id = 9;
	c[2].flags = 0;
}

static void each_sa_of_a_pair_has_a_row(void **state)
{
	struct view *v = view_new(0, 3, 0, 0);
	const struct grid *g = grid_row(GRID_SPI);
	unsigned long index[GRID_INDEX];
	size_t n;

	(void)state;
	put_pairs(v);
	v->number = 8;
	const char *rows = grid_rows(GRID_SPI, v, NULL, &n);
	assert_int_equal(n, 4);
	assert_int_equal(grid_index(g, rows + g->row_size, index), 2);
	assert_int_equal(index[0], 4);
	assert_int_equal(index[1], 2);
	assert_number(GRID_SPI, "ikeeperSpiValue", rows, UNSIGNED, 0xc0000001);
	assert_number(GRID_SPI, "ikeeperSpiDirection", rows, INTEGER, 1);
	assert_number(GRID_SPI, "ikeeperSpiState", rows, INTEGER, 2);
	assert_number(GRID_SPI, "ikeeperSpiAge", rows, UNSIGNED, 3);
	assert_octets(GRID_SPI, "ikeeperSpiProtocol", rows, "esp", 3);
	rows += 3 * g->row_size;
	assert_int_equal(grid_index(g, rows, index), 2);
	assert_int_equal(index[0], 9);
	assert_number(GRID_SPI, "ikeeperSpiDirection", rows, INTEGER, 2);
	assert_number(GRID_SPI, "ikeeperSpiValue", rows, UNSIGNED, 2);
	assert_number(GRID_SPI, "ikeeperSpiState", rows, INTEGER, 1);
	assert_int_equal(of(GRID_SPI, "ikeeperSpiOctets", rows).wide[1], 20);
	assert_int_equal(of(GRID_SPI, "ikeeperSpiPackets", rows).wide[1], 5);
	view_unref(v);
	assert_int_equal(grid_index(grid_row(GRID_GATEWAY), &n, index), 1);
	assert_int_equal(index[0], 0);
}

static void grids_know_their_rows(void **state)
{
	struct trap_tally t = { 0 };
	const struct view rows = {
		.ike_sas_n = 2, .children_n = 3, .tunnels_n = 4, .peers_n = 5, .failures_n = 6
	};
	struct view *v = view_new_as(&rows);
	static const size_t want[] = { 1, 5, 2, 3, 4, 6, 4, 1 };
	size_t n;

	(void)state;
	put_pairs(v);
	for (enum grid_id g = 0; g < GRID_EVENT; g++) {
		assert_non_null(grid_rows(g, v, &t, &n));
		assert_int_equal(n, want[g]);
	}
	/* Before the first picture there is nothing but what the agent counts itself. */
	for (enum grid_id g = 0; g < GRID_NOTIFY; g++) {
		assert_null(grid_rows(g, NULL, &t, &n));
		assert_int_equal(n, 0);
	}
	view_unref(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_have_no_gaps),
		cmocka_unit_test(members_fit_their_shapes),
		cmocka_unit_test(numbers_saturate_and_counters_wrap),
		cmocka_unit_test(words_become_numbers),
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(times_are_utc),
		cmocka_unit_test(addresses_have_types),
		cmocka_unit_test(cookies_masks_and_reasons),
		cmocka_unit_test(each_sa_of_a_pair_has_a_row),
		cmocka_unit_test(grids_know_their_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
