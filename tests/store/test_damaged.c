/* test_damaged.c - flips, cuts and swaps of what lies on the disk: noticed, never a silent difference
 *
 * P-42. A store that was closed, and one that was killed with events in its log, are damaged by chance
 * a thousand times: bits turned, blocks of noise or zeros, ends cut off, sectors and pages swapped,
 * a journal that is none. Opening ends in the same configuration or in a sentence that names the
 * file; nothing crashes. Where the damage was in events or history the configuration is the same.
 */
#include "tests/store/story.h"

#include "core/base/rng.h"

enum { CHANGES = 40 };

static const char *const ways[] = { "bits",     "noise",     "zeros",  "cut",
				    "swap 512", "swap 4096", "journal" };

static void turn_bits(struct rng *rng, struct kept_file *f)
{
	for (unsigned n = 1 + (unsigned)rng_below(rng, 8); n > 0; n--)
		f->octets[rng_below(rng, (uint32_t)f->n)] ^= (uint8_t)(1u << rng_below(rng, 8));
}

static void fill(struct rng *rng, struct kept_file *f, bool zeros)
{
	size_t n = 1 + rng_below(rng, (uint32_t)MIN_OF(f->n, (size_t)8192));
	size_t at = rng_below(rng, (uint32_t)(f->n - n + 1));

	for (size_t i = 0; i < n; i++)
		f->octets[at + i] = zeros ? 0 : (uint8_t)rng_below(rng, 256);
}

static void swap(struct rng *rng, struct kept_file *f, size_t block)
{
	size_t blocks = f->n / block, a, b;

	if (blocks < 2)
		return;
	a = block * rng_below(rng, (uint32_t)blocks);
	b = block * rng_below(rng, (uint32_t)blocks);
	for (size_t i = 0; i < block; i++) {
		uint8_t kept = f->octets[a + i];

		f->octets[a + i] = f->octets[b + i];
		f->octets[b + i] = kept;
	}
}

static void damage(struct rng *rng, struct kept_file *f, size_t way)
{
	if (f->n == 0)
		return;
	switch (way) {
	case 0:
		turn_bits(rng, f);
		break;
	case 1:
	case 2:
		fill(rng, f, way == 2);
		break;
	case 3:
		f->n = rng_below(rng, (uint32_t)f->n);
		break;
	default:
		swap(rng, f, way == 4 ? 512 : 4096);
	}
}

/* A hot journal that nobody wrote. */
static void put_journal(struct rng *rng, const char *dir)
{
	uint8_t octets[9000] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0, 0, 2 };
	char path[128];

	for (size_t i = 12; i < sizeof(octets); i++)
		octets[i] = (uint8_t)rng_below(rng, 256);
	snprintf(path, sizeof(path), "%s/ikeeper.db-journal", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, sizeof(octets)), sizeof(octets));
	close(fd);
}

static void copy_of(const struct kept_files *from, struct kept_files *ret)
{
	*ret = *from;
	for (size_t i = 0; i < from->n; i++) {
		ret->at[i].octets = malloc(from->at[i].n + 1);
		memcpy(ret->at[i].octets, from->at[i].octets, from->at[i].n);
	}
}

/* The database oftener than its log; never the lock. */
static struct kept_file *victim(struct rng *rng, struct kept_files *k)
{
	struct kept_file *db = NULL, *log = NULL;

	for (size_t i = 0; i < k->n; i++) {
		if (strcmp(k->at[i].name, "ikeeper.db") == 0)
			db = &k->at[i];
		if (strcmp(k->at[i].name, "ikeeper.db-wal") == 0)
			log = &k->at[i];
	}
	assert_non_null(db);
	return log && log->n && rng_below(rng, 3) == 0 ? log : db;
}

struct verdicts {
	unsigned same, refused;
};

static void one_damage(struct desk *d, const struct kept_files *whole, uint64_t picture,
		       struct rng *rng, struct verdicts *v)
{
	size_t way = rng_below(rng, COUNT_OF(ways));
	struct kept_files k;

	copy_of(whole, &k);
	struct kept_file *f = victim(rng, &k);
	if (way < COUNT_OF(ways) - 1)
		damage(rng, f, way);
	kept_put(&k, d->dir);
	if (way == COUNT_OF(ways) - 1)
		put_journal(rng, d->dir);
	if (!desk_open(d)) {
		v->refused++;
		if (!strstr(d->fault.text, "ikeeper.db"))
			fail_msg("%s of %s: no file is named: %s", ways[way], f->name,
				 d->fault.text);
	} else {
		v->same++;
		if (story_picture(d->config) != picture)
			fail_msg("%s of %s: another configuration, in silence (revision %llu)",
				 ways[way], f->name,
				 (unsigned long long)config_revision(d->config));
		if (story_go_on(d) != R_OK) /* hit where no load looks: still a sentence */
			assert_true(d->fault.text[0]);
	}
	desk_close(d);
	kept_free(&k);
}

static void damage_is_noticed(void **state)
{
	unsigned times = story_times("IKEEPER_STORE_DAMAGES", 300);
	struct kept_files closed = { 0 }, killed = { 0 };
	struct rng rng = rng_seeded(42);
	struct verdicts v = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int i = 0; i < CHANGES; i++) {
		struct event ev = { .seq = (uint64_t)i + 1, .id = EVT_CONFIG };

		assert_int_equal(story_go_on(&d), R_OK);
		d.repo->journal(d.repo->ctx, &ev, 1);
	}
	desk_load(&d);
	uint64_t picture = story_picture(d.config);
	kept_take(&killed, d.dir);
	desk_close(&d);
	kept_take(&closed, d.dir);
	for (unsigned i = 0; i < times; i++)
		one_damage(&d, i % 2 ? &closed : &killed, picture, &rng, &v);
	print_message("%u damages: %u refused by the file's name, %u the same configuration\n",
		      times, v.refused, v.same);
	assert_true(v.refused > times / 10 && v.same > times / 10);
	kept_free(&closed);
	kept_free(&killed);
	desk_remove(&d);
}

/* Octets all over the file turned over, one after the other: each tells, or means nothing. */
static void no_octet_passes(void **state)
{
	struct kept_files whole = { 0 };
	struct kept_file *db;
	struct desk d;
	unsigned tried = 0, same = 0, stride;

	(void)state;
	desk_new(&d);
	struct peer *p = (void *)desk_record(K_PEER, "hub");
	strcpy(p->remote_address, "192.0.2.77");
	strcpy(p->description, "where the whole region meets");
	assert_int_equal(desk_put(&d, &p->r), R_OK);
	desk_load(&d);
	uint64_t picture = story_picture(d.config);
	desk_close(&d);
	kept_take(&whole, d.dir);
	struct rng rng = rng_seeded(43);
	do
		db = victim(&rng, &whole);
	while (strcmp(db->name, "ikeeper.db") != 0);
	stride = story_times("IKEEPER_STORE_STRIDE", 331);
	for (uint8_t *row = db->octets; row < db->octets + db->n; row += stride, tried++) {
		*row ^= 4;
		kept_put(&whole, d.dir);
		if (desk_open(&d)) {
			same += story_picture(d.config) == picture;
			assert_true(story_picture(d.config) == picture);
		} else {
			assert_non_null(strstr(d.fault.text, "ikeeper.db"));
		}
		desk_close(&d);
		*row ^= 4;
	}
	print_message("%u octets, %u of them told nothing\n", tried, same);
	assert_true(tried >= 100 && same < tried);
	kept_free(&whole);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(no_octet_passes),
	};

	cmocka_set_test_filter(getenv("IKEEPER_DUET_TEST"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
