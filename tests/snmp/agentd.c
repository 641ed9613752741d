/* agentd.c - the daemon's end of the pair, without a gateway behind it
 *
 * The real agentlink.c and spawner.c with made-up pictures: what the SNMP tests start instead
 * of ikeeperd. Every member of every row has a value of its own, by the field tables of the
 * model, so that a column that reads the wrong member shows. Settings are arguments NAME=VALUE
 * of the record settings/snmp; the passphrases are "auth-passphrase" and "priv-passphrase".
 *	agentd AGENT NAME=VALUE...
 *	agentd --columns    OID, name and type of every column
 *	agentd --members    grid, number, name, shape, and the member as REST calls it
 *	agentd --foreign    of other vendors' trees: root, form of row, number, name, shape, row, member
 *	agentd --notifications  name of one of another vendor's module, its event and reason
 * Steered by lines on standard input, whose end ends it:
 *	rows N        N rows in every table from the next picture on
 *	drift         rows come and go with every picture from now on
 *	expect        what a walk must show, one line a value, ended by "end"
 *	event NAME N  tells the event, about peer 3N (0: about nobody), 100 times with "x100",
 *	              with another reason than no-proposal-chosen with "x1 REASON"
 *	set NAME=VALUE  changes the settings and adopts them
 *	stats         "worst MS pictures N boots N"
 * Changes of the agent's state come as lines "state ...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/text.h"
#include "core/daemon/agentlink.h"
#include "core/daemon/spawner.h"
#include "snmp/column.h"
#include "snmp/foreigntraps.h"
#include "tests/lib/memrepo.h"

static struct {
	struct loop *loop;
	struct control control;
	struct events events;
	struct listener listener;
	struct memrepo *repo;
	struct config *config;
	struct settings_snmp settings;
	struct agentlink *link;
	struct watch input;
	uint32_t rows;
	bool drift;
	uint64_t pictures;
	char line[512];
	size_t line_n;
} d;

/* ---- a picture ---- */

static void fill_member(const struct field *f, char *at, uint32_t i)
{
	uint64_t n = (uint64_t)i * 1000000 + f->offset + 1;

	if (f->flags & FF_TIME)
		n = 1700000000u + i * 60 + f->offset;
	switch (f->kind) {
	case F_TEXT:
		snprintf(at, f->size, "%s %u", f->name, i);
		break;
	case F_UINT:
		if (f->size == 8)
			*(uint64_t *)(void *)at = (f->flags & FF_COUNTER) ? n << 20 : n;
		else if (strstr(f->name, "port"))
			*(uint32_t *)(void *)at = i % 65536;
		else
			*(uint32_t *)(void *)at = (uint32_t)n;
		break;
	case F_CHOICE:
		*(int *)(void *)at = f->names[i % 2].value;
		break;
	case F_FLAG:
		*at = i % 2;
		break;
	default:
		break;
	}
}

static void fill(const struct field *f, void *row, uint32_t i)
{
	for (; f->name; f++)
		fill_member(f, (char *)row + f->offset, i);
}

static uint32_t id_of(uint32_t i)
{
	return 3 * (i + 1) + (d.drift ? (uint32_t)(d.pictures % 5) : 0);
}

static void address(char *ret, size_t cap, uint32_t i)
{
	if (i % 5 == 4)
		snprintf(ret, cap, "2001:db8::%x", i % 65535 + 1);
	else if (i % 5 == 3)
		snprintf(ret, cap, "any");
	else
		snprintf(ret, cap, "10.%u.%u.%u", i / 65536 % 256, i / 256 % 256, i % 256);
}

static void fill_rows(struct view *v, uint32_t i)
{
	struct ike_sa_row *sa = &view_ike_sas(v)[i];
	struct child_row *ch = &view_children(v)[i];
	struct tunnel_row *tu = &view_tunnels(v)[i];
	struct peer_row *pe = &view_peers(v)[i];
	struct failure_row *fa = &view_failures(v)[i];

	fill(ike_sa_row_fields, sa, i);
	fill(child_row_fields, ch, i);
	fill(tunnel_row_fields, tu, i);
	fill(peer_row_fields, pe, i);
	fill(failure_row_fields, fa, i);
	sa->id = ch->id = tu->index = pe->index = fa->index = id_of(i);
	sa->ike_version = 1;
	snprintf(sa->initiator_spi, sizeof(sa->initiator_spi), "%016x", i + 1);
	snprintf(sa->responder_spi, sizeof(sa->responder_spi), "%016x", i + 2);
	address(sa->local_address, sizeof(sa->local_address), i);
	address(sa->remote_address, sizeof(sa->remote_address), i + 1);
	address(ch->local_address, sizeof(ch->local_address), i);
	address(ch->remote_address, sizeof(ch->remote_address), i + 1);
	address(pe->remote_address, sizeof(pe->remote_address), i);
	address(fa->local_address, sizeof(fa->local_address), i);
	address(fa->remote_address, sizeof(fa->remote_address), i + 1);
	ch->tunnel_index = id_of(d.rows - 1 - i); /* another order than that of the ids */
	ch->ike_sa = id_of(i);
	snprintf(ch->local_ts, 96, i % 4 == 1 ? "10.%u.0.0/16[tcp/80]" : "10.0.0.%u", i);
	snprintf(ch->remote_ts, 96, i % 4 == 1 ? "10.0.0.1-10.0.0.%u" : "2001:db8::%u", i + 2);
	if (i == 1)
		memcpy(pe->name, "b\xffse", 5); /* not UTF-8 */
}

static struct view *make_view(void)
{
	uint32_t n = d.drift && d.pictures % 2 ? d.rows / 2 : d.rows;
	const struct view rows = {
		.ike_sas_n = n, .children_n = n, .tunnels_n = n, .peers_n = n, .failures_n = n
	};
	struct view *v = view_new_as(&rows);

	if (!v)
		abort();
	for (uint32_t i = 0; i < n; i++)
		fill_rows(v, i);
	fill(counter_row_fields, &v->counters, 7);
	v->number = ++d.pictures;
	v->made_wall_ms = 1700000000123;
	v->started_at = 1690000000;
	v->revision = 42;
	v->revision_at = 1695000000;
	v->stale_ike_sas = 3;
	v->stale_children = 4;
	v->peers_up = 5;
	v->tunnels_up = 6;
	v->weak_records = 2;
	strcpy(v->data_plane, "recording");
	strcpy(v->data_plane_reason, "a double");
	return v;
}

static void fresh(void *ctx)
{
	(void)ctx;
	board_post(d.control.board, make_view());
}

/* ---- what a walk must show ---- */

static void print_value(const struct value *v)
{
	if (v->type == 0x04) {
		printf("x");
		for (size_t i = 0; i < v->n; i++)
			printf("%02X", ((const uint8_t *)v->at)[i]);
	} else if (v->type == 0x46) {
		printf("%llu", (unsigned long long)(v->wide[0] << 32 | v->wide[1]));
	} else {
		printf("%ld", v->number);
	}
}

static void expect_grid(enum grid_id g, const struct view *v)
{
	const struct grid *grid = grid_row(g);
	static const struct trap_tally none;
	unsigned long base[GRID_OID], index[GRID_INDEX];
	size_t n, base_n = grid_oid(grid, base);
	const char *rows = grid_rows(g, v, &none, &n);
	struct value value;

	for (size_t c = 0; c < grid->columns_n; c++)
		for (size_t r = 0; r < n; r++) {
			const void *row = rows + r * grid->row_size;
			for (size_t i = 0; i < base_n; i++)
				printf(".%lu", base[i]);
			printf(".%u", grid->columns[c].number);
			size_t index_n = grid_index(grid, row, index);
			for (size_t i = 0; i < index_n; i++)
				printf(".%lu", index[i]);
			printf(" = ");
			column_value(&grid->columns[c], row, &value);
			print_value(&value);
			printf("\n");
		}
}

static void expect(void)
{
	const struct view *v = board_look(d.control.board);

	for (enum grid_id g = 0; g < GRID_NOTIFY; g++)
		expect_grid(g, v);
	view_unref(v);
	printf("end\n");
}

/* The names and numbers of the register, to hold against the module. */
static int list_columns(void)
{
	static const char *const types[] = { [0x02] = "INTEGER",
					     [0x04] = "OCTETS",
					     [0x41] = "Counter32",
					     [0x42] = "Unsigned32",
					     [0x46] = "Counter64" };
	static const struct trap_tally tally;
	static const struct event event;

	d.rows = 1;
	struct view *v = make_view();
	for (enum grid_id g = 0; g < GRID_COUNT; g++) {
		const struct grid *grid = grid_row(g);
		unsigned long base[GRID_OID];
		size_t n, base_n = grid_oid(grid, base);
		const void *rows = g == GRID_EVENT ? &event : grid_rows(g, v, &tally, &n);
		for (size_t c = 0; c < grid->columns_n; c++) {
			struct value value;
			column_value(&grid->columns[c], rows, &value);
			for (size_t i = 0; i < base_n; i++)
				printf("%lu.", base[i]);
			printf("%u %s %s\n", grid->columns[c].number, grid->columns[c].name,
			       types[value.type]);
		}
	}
	view_unref(v);
	return 0;
}

/* What REST calls the member behind a column, "-" when it does not show it. */
static const char *member_of(enum grid_id g, const struct column *c)
{
	static const struct field *const tables[] = {
		counter_row_fields, peer_row_fields,   ike_sa_row_fields,
		child_row_fields,   tunnel_row_fields, failure_row_fields,
	};
	size_t offset = c->offset;

	if (g == GRID_SPI) /* the test knows which side of a pair is which */
		return "-";
	if (g == GRID_GATEWAY) {
		if (offset < offsetof(struct view, counters))
			return "-";
		offset -= offsetof(struct view, counters);
	}
	for (const struct field *f = tables[g]; f->name; f++)
		if (f->offset == offset && f->size == c->size)
			return f->name;
	return "-";
}

static int list_members(void)
{
	static const char *const shapes[SHAPE_COUNT] = {
		[SHAPE_TEXT] = "text",
		[SHAPE_FLAG] = "flag",
		[SHAPE_ENUM] = "word",
		[SHAPE_ENUM_1] = "word",
		[SHAPE_NUMBER] = "number",
		[SHAPE_COUNT_32] = "count32",
		[SHAPE_COUNT_64] = "count64",
		[SHAPE_TIME] = "time",
		[SHAPE_ADDRESS_TYPE] = "address-type",
		[SHAPE_ADDRESS] = "address",
		[SHAPE_COOKIE] = "cookie",
		[SHAPE_ENCR] = "encr",
		[SHAPE_PRF] = "prf",
		[SHAPE_INTEG] = "integ",
		[SHAPE_GROUP] = "group",
	};

	for (enum grid_id g = 0; g <= GRID_SPI; g++) {
		const struct grid *grid = grid_row(g);
		for (size_t c = 0; c < grid->columns_n; c++) {
			const char *shape = shapes[grid->columns[c].shape];
			printf("%s %u %s %s %s\n", grid->name, grid->columns[c].number,
			       grid->columns[c].name, shape ? shape : "-",
			       member_of(g, &grid->columns[c]));
		}
	}
	return 0;
}

static const char *foreign_shape(int shape)
{
	static const char *const words[FOREIGN_SHAPE_END] = {
		[SHAPE_TEXT] = "text",
		[SHAPE_NUMBER] = "number",
		[SHAPE_COUNT_32] = "count32",
		[SHAPE_COUNT_64] = "count64",
		[SHAPE_ADDRESS_TYPE] = "address-type",
		[SHAPE_ADDRESS] = "address",
		[SHAPE_INT] = "int",
		[SHAPE_INT_1] = "int1",
		[SHAPE_CENTI] = "centi",
		[SHAPE_IPV4] = "ipv4",
		[SHAPE_IPS_ADDRESS] = "ips",
		[SHAPE_OR_NONE] = "or-none",
		[SHAPE_TWICE] = "twice",
		[SHAPE_TWICE_32] = "twice",
		[SHAPE_HIGH_32] = "high32",
		[SHAPE_TRUTH] = "truth",
		[SHAPE_SAS] = "sas",
		[SHAPE_SIDE] = "side",
		[SHAPE_SPI] = "spi",
		[SHAPE_EXPIRING] = "expiring",
		[SHAPE_ERRORS_32] = "errors",
		[SHAPE_ERRORS_64] = "errors",
	};

	return words[shape] ? words[shape] : "-";
}

static const char *foreign_member(const struct foreign_column *c)
{
	static const struct field *const fields[OF_COUNT] = { [OF_view] = counter_row_fields,
							      [OF_ike_sa_row] = ike_sa_row_fields,
							      [OF_child_row] = child_row_fields,
							      [OF_tunnel_row] = tunnel_row_fields };
	size_t offset = c->member.offset;

	if (c->of == OF_view) {
		if (offset < offsetof(struct view, counters))
			return "-";
		offset -= offsetof(struct view, counters);
	}
	for (const struct field *f = fields[c->of]; f->name; f++)
		if (f->offset == offset && f->size == c->member.size)
			return f->name;
	return "-";
}

static int list_foreign(void)
{
	static const char *const forms[SPOT_FORMS] = {
		[SPOT_GATEWAY] = "gateway",
		[SPOT_IKE_SA] = "ike-sa",
		[SPOT_CHILD] = "child",
		[SPOT_SA] = "sa",
		[SPOT_PAIR] = "pair",
		[SPOT_PAIR_SA] = "pair-sa",
		[SPOT_POLICY] = "policy",
		[SPOT_TUNNEL] = "tunnel",
		[SPOT_TUNNEL_END] = "tunnel-end",
		[SPOT_TUNNEL_SA] = "tunnel-sa",
		[SPOT_PEER] = "peer",
		[SPOT_PEER_TUNNEL] = "peer-tunnel",
	};
	static const char *const rows[OF_COUNT] = { "gateway", "ike", "child", "tunnel" };
	const struct foreign_root *root;
	const struct foreign_table *t;

	for (size_t i = 0; (root = foreign_root_at(i)); i++)
		for (size_t k = 0; (t = foreign_table_at(k)); k++)
			for (size_t c = 0; t->tree == root->tree && c < t->columns_n; c++) {
				const struct foreign_column *col = &t->columns[c];
				printf("%s", root->text);
				for (size_t b = 0; b < t->below_n; b++)
					printf(".%u", t->below[b]);
				printf(" %s %u %s %s %s %s\n", forms[t->form], col->member.number,
				       col->member.name, foreign_shape(col->shape), rows[col->of],
				       foreign_member(col));
			}
	return 0;
}

static int list_notifications(void)
{
	const struct foreign_trap *t;

	for (size_t i = 0; (t = foreign_trap_at(i)); i++)
		printf("%s %s %s\n", t->name, event_row(t->event)->name,
		       t->reason == R_OK ? "no-proposal-chosen" : reason_slug(t->reason));
	return 0;
}

/* ---- settings ---- */

static enum reason secret(void *arg, const struct secret *s, struct bytes **ret, struct fault *f)
{
	char text[64];

	(void)arg;
	(void)f;
	snprintf(text, sizeof(text), "%s-passphrase", s->r.name);
	*ret = bytes_of(text, strlen(text));
	return R_OK;
}

static void put(enum kind k, const char *name, struct record *rec)
{
	struct edit e = { .op = EDIT_PUT, .kind = k, .rec = rec };
	struct fault f = { 0 };

	text_copy(e.name, sizeof(e.name), name);
	text_copy(rec->name, sizeof(rec->name), name);
	struct config *next = config_with(d.config, &e, 1, "test", 1, &f);
	if (!next) {
		fprintf(stderr, "agentd: %s\n", f.text);
		exit(2);
	}
	record_unref(rec);
	config_unref(d.config);
	d.config = next;
	board_post_config(d.control.board, next);
}

static void set(char *pair)
{
	char *value = strchr(pair, '=');
	struct fault f = { 0 };

	if (value)
		*value++ = '\0';
	const struct field *fl = field_find(settings_snmp_fields, pair);
	if (!value || !fl) {
		fprintf(stderr, "agentd: no setting %s\n", pair);
		exit(2);
	}
	struct record *r = record_copy(&config_snmp(d.config)->r);
	if (field_set_text(fl, r, fl->many ? field_count(fl, r) : 0, value, &f) != R_OK) {
		fprintf(stderr, "agentd: %s\n", f.text);
		exit(2);
	}
	put(K_SETTINGS_SNMP, "snmp", r);
}

/* With an engine id that a receiver of traps can be told before. */
static void user_and_secrets(void)
{
	struct repo *repo = d.control.repo;
	struct fault f = { 0 };
	static char user[] = "user=watcher", auth[] = "auth_secret=auth",
		    priv[] = "priv_secret=priv";

	repo->fact_put(repo->ctx, "snmp.engine_id", "80007ed9056167656e7464", &f);
	put(K_SECRET, "auth", record_new(K_SECRET));
	put(K_SECRET, "priv", record_new(K_SECRET));
	set(user);
	set(auth);
	set(priv);
}

/* ---- commands ---- */

static enum reason reason_of(const char *word)
{
	for (int r = 0; r < R_COUNT; r++)
		if (strcmp(reason_slug((enum reason)r), word) == 0)
			return (enum reason)r;
	return R_NO_PROPOSAL;
}

static void tell(const char *name, uint32_t n, int times, enum reason reason)
{
	for (int id = 0; id < EVT_COUNT; id++) {
		if (strcmp(event_row((enum event_id)id)->name, name) != 0)
			continue;
		for (int i = 0; i < times; i++) {
			struct event e = { .id = (enum event_id)id,
					   .reason = reason,
					   .peer_index = 3 * n,
					   .ike_sa = 17,
					   .child_sa = 18,
					   .negotiation = 19,
					   .revision = 42,
					   .who = "somebody",
					   .text = "what happened" };
			if (n)
				snprintf(e.peer, sizeof(e.peer), "peer %u", n);
			strcpy(e.tunnel, "net");
			addr_read("192.0.2.1", &e.remote);
			addr_read("198.51.100.9", &e.local);
			e.tunnel_index = 57;
			e.age_seconds = 61;
			e.lifetime_seconds = 3600;
			e.lifetime_kilobytes = 1843200;
			e.spi = 0xc0000001;
			e.number = 10;
			e.records = 4;
			e.remote.port = 4500;
			events_tell(&d.events, &e);
		}
	}
}

static void stats(void)
{
	char boots[16] = "0";
	struct repo *r = d.control.repo;

	if (!r->fact_get(r->ctx, "snmp.boots", boots, sizeof(boots)))
		strcpy(boots, "0");
	printf("worst %u pictures %llu boots %s\n", loop_stats(d.loop).worst_turn_ms,
	       (unsigned long long)d.pictures, boots);
}

static void command(char *line)
{
	char name[64], reason[64] = "no-proposal-chosen";
	unsigned n, times = 1;

	if (sscanf(line, "rows %u", &n) == 1) {
		d.rows = n;
		fresh(NULL);
	} else if (strcmp(line, "drift") == 0) {
		d.drift = true;
	} else if (strcmp(line, "expect") == 0) {
		expect();
	} else if (sscanf(line, "event %63s %u x%u %63s", name, &n, &times, reason) >= 2) {
		tell(name, n, (int)times, reason_of(reason));
	} else if (strncmp(line, "set ", 4) == 0) {
		set(line + 4);
		agentlink_adopt(d.link, d.config);
	} else if (strcmp(line, "stats") == 0) {
		stats();
	} else {
		printf("what? %s\n", line);
	}
	fflush(stdout);
}

static void on_input(struct watch *w, uint32_t events)
{
	ssize_t n = read(w->fd, d.line + d.line_n, sizeof(d.line) - d.line_n - 1);
	char *end;

	(void)events;
	if (n <= 0) {
		loop_stop(d.loop);
		return;
	}
	d.line_n += (size_t)n;
	d.line[d.line_n] = '\0';
	while ((end = strchr(d.line, '\n'))) {
		*end = '\0';
		command(d.line);
		d.line_n -= (size_t)(end + 1 - d.line);
		memmove(d.line, end + 1, d.line_n + 1);
	}
}

static void hear(struct listener *l, const struct event *e)
{
	(void)l;
	if (e->id == EVT_SNMP_STATE) {
		printf("state %s\n", e->text);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct fault f = { 0 };

	if (argc < 2) {
		fputs("agentd AGENT NAME=VALUE... | agentd --columns | --members | --foreign | "
		      "--notifications\n",
		      stderr);
		return 2;
	}
	if (strcmp(argv[1], "--columns") == 0)
		return list_columns();
	if (strcmp(argv[1], "--members") == 0)
		return list_members();
	if (strcmp(argv[1], "--foreign") == 0)
		return list_foreign();
	if (strcmp(argv[1], "--notifications") == 0)
		return list_notifications();
	int spawner = spawner_fork(argv[1], &f);
	log_open(STDERR_FILENO, false, false);
	log_level(LOG_TOPICS, LOG_DEBUG_);
	d.loop = loop_new(&f);
	d.repo = memrepo_new();
	events_init(&d.events);
	d.control = (struct control){ .fresh = fresh,
				      .events = &d.events,
				      .repo = memrepo_repo(d.repo),
				      .board = board_new() };
	d.config = config_new();
	user_and_secrets();
	for (int i = 2; i < argc; i++)
		set(argv[i]);
	d.rows = 10;
	fresh(NULL);
	d.listener.hear = hear;
	events_listen(&d.events, &d.listener);
	struct agentlink_want w = { .loop = d.loop,
				    .control = &d.control,
				    .spawner = spawner,
				    .host_name = "agentd.example",
				    .secret = secret };
	d.link = agentlink_new(&w, &f);
	d.input = (struct watch){ .fd = STDIN_FILENO, .ready = on_input };
	if (!d.link || loop_watch(d.loop, &d.input, EPOLLIN, &f) != R_OK) {
		fprintf(stderr, "agentd: %s\n", f.text);
		return 1;
	}
	loop_run(d.loop);
	agentlink_free(d.link);
	loop_unwatch(d.loop, &d.input);
	events_unlisten(&d.listener);
	board_free(d.control.board);
	config_unref(d.config);
	memrepo_free(d.repo);
	loop_free(d.loop);
	close(spawner);
	return 0;
}
