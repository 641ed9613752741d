/* decode.c - `ikeeperd decode FILE|-`: captured IKE messages as JSON, one a line
 *
 * For people who look at a capture and for tests from outside. Each message is printed field by
 * field (core/wire/dump); with a key it is decrypted, and of every HASH it is said whether it
 * verifies. Needs nothing of the daemon: no store, no privileges, no network.
 *
 * Called by: main, before anything else. Thread: main. Owns: what it reads.
 */
#include "core/daemon/decode.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/crypto/suite.h"
#include "core/daemon/capture.h"
#include "core/wire/dump.h"

enum { FILE_MOST = 512 * 1024 * 1024 };

static const char usage[] =
	"usage: ikeeperd decode FILE|- [options]\n\n"
	"Prints the IKE messages of a capture (pcap, pcapng) or of hex text, one JSON object a "
	"line.\n"
	"Hex: one message a line, or wrapped lines; blanks, colons and # comments are fine.\n\n"
	"  --psk TEXT|0xHEX     pre-shared key of the exchange\n"
	"  --dh-private HEX     private Diffie-Hellman value of either end\n"
	"  --key HEX            instead of both: the cipher key that SKEYID_e gives\n"
	"  --skeyid-a HEX       with --key: checks the HASHes of quick mode and informationals\n"
	"  --port N             a further UDP port that carries IKE, beside 500 and 4500\n"
	"  --help\n\n"
	"\"verified\" is true or false where a HASH could be checked, else null.\n";

/* --- one message --------------------------------------------------------------------- */

struct printing {
	FILE *out;
	struct unlock *unlock;
};

static void add_where(struct text *t, const struct captured *c)
{
	char at[ADDR_TEXT + 16];

	text_add(t, "{\"frame\":%llu", (unsigned long long)c->frame);
	if (c->time_us >= 0)
		text_add(t, ",\"time\":%lld.%06lld", (long long)(c->time_us / 1000000),
			 (long long)(c->time_us % 1000000));
	if (c->from.family) {
		text_add(t, ",\"source\":\"%s\"", addr_text_port(&c->from, at));
		text_add(t, ",\"destination\":\"%s\"", addr_text_port(&c->to, at));
	}
	if (c->natt)
		text_add_str(t, ",\"non_esp_marker\":true");
	text_add(t, ",\"octets\":%zu", c->octets.n);
}

static void add_verdict(struct text *t, const struct unlocked *u, bool encrypted)
{
	static const char *const words[] = { "null", "true", "false" };

	if (encrypted)
		text_add(t, ",\"decrypted\":%s", u->clear.n ? "true" : "false");
	if (u->duplicate)
		text_add_str(t, ",\"duplicate\":true");
	if (u->hash)
		text_add(t, ",\"hash\":\"%s\"", u->hash);
	text_add(t, ",\"verified\":%s", words[u->proof]);
	if (*u->note) {
		text_add_str(t, ",\"note\":");
		text_add_json(t, u->note, strlen(u->note));
	}
	text_add_str(t, "}\n");
}

/* One line. The dump is a whole object: its braces are opened and closed here. */
static void print_message(void *arg, const struct captured *c)
{
	struct printing *p = arg;
	struct unlocked u;
	struct header h;
	struct text t, dump;
	bool encrypted = header_read(c->octets, &h, NULL) == R_OK && h.version >> 4 == 1 &&
			 (h.flags & FLAG_ENCRYPTED);

	unlock_message(p->unlock, c->octets, &u);
	text_init(&t, 0);
	text_init(&dump, 0);
	dump_message(&dump, c->octets, u.clear);
	add_where(&t, c);
	if (dump.n > 2) {
		text_add_str(&t, ",");
		text_add_n(&t, &dump.at[1], dump.n - 2);
	}
	add_verdict(&t, &u, encrypted);
	if (t.at && !t.cut)
		fwrite(t.at, 1, t.n, p->out);
	text_done(&dump);
	text_done(&t);
}

enum reason decode_octets(struct slice file, const struct decode_want *w, FILE *out,
			  struct fault *f)
{
	own(unlock) u = unlock_new(&w->keys);
	struct printing p = { .out = out, .unlock = u };
	struct capture_want c = { .port = w->port, .each = print_message, .arg = &p };

	if (!u)
		return fail(f, R_NO_MEMORY, "no memory");
	return capture_read(file, &c, f);
}

/* --- the command --------------------------------------------------------------------- */

struct command {
	struct decode_want want;
	struct bytes *psk, *dh_private, *key, *skeyid_a;
	const char *file;
	bool help;
};

static enum reason take_hex(struct bytes **ret, const char *name, const char *hex, struct fault *f)
{
	bytes_free(*ret);
	*ret = bytes_of_hex(strncmp(hex, "0x", 2) == 0 ? &hex[2] : hex);
	if (!*ret || (*ret)->n == 0)
		return fail(f, R_INVALID, "--%s needs hex digits", name);
	return R_OK;
}

static enum reason take_psk(struct command *c, const char *value, struct fault *f)
{
	if (strncmp(value, "0x", 2) == 0)
		return take_hex(&c->psk, "psk", value, f);
	bytes_free(c->psk);
	c->psk = bytes_of(value, strlen(value));
	return c->psk ? R_OK : fail(f, R_NO_MEMORY, "no memory");
}

static enum reason take_port(struct command *c, const char *value, struct fault *f)
{
	char *end = NULL;
	unsigned long n = strtoul(value, &end, 10);

	if (!*value || *end || n == 0 || n > 65535)
		return fail(f, R_INVALID, "--port needs a number from 1 to 65535");
	c->want.port = (uint16_t)n;
	return R_OK;
}

static enum reason read_options(struct command *c, int argc, char **argv, struct fault *f)
{
	static const struct option options[] = {
		{ "psk", required_argument, NULL, 'p' },
		{ "dh-private", required_argument, NULL, 'd' },
		{ "key", required_argument, NULL, 'k' },
		{ "skeyid-a", required_argument, NULL, 'a' },
		{ "port", required_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	enum reason r = R_OK;
	int o;

	optind = 0;
	opterr = 0;
	while (r == R_OK && (o = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (o) {
		case 'p':
			r = take_psk(c, optarg, f);
			break;
		case 'd':
			r = take_hex(&c->dh_private, "dh-private", optarg, f);
			break;
		case 'k':
			r = take_hex(&c->key, "key", optarg, f);
			break;
		case 'a':
			r = take_hex(&c->skeyid_a, "skeyid-a", optarg, f);
			break;
		case 'P':
			r = take_port(c, optarg, f);
			break;
		case 'h':
			c->help = true;
			return R_OK;
		default:
			return fail(f, R_INVALID, "there is no option %s", argv[optind - 1]);
		}
	}
	if (r != R_OK)
		return r;
	if (argc - optind != 1)
		return fail(f, R_INVALID, "one FILE is needed, or - for standard input");
	c->file = argv[optind];
	c->want.keys = (struct unlock_want){
		.psk = c->psk, .dh_private = c->dh_private, .key = c->key, .skeyid_a = c->skeyid_a
	};
	return R_OK;
}

static enum reason read_file(const char *path, struct bytes **ret, struct fault *f)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "rb");
	struct text all;
	char part[65536];
	size_t n;

	if (!in)
		return fail(f, R_SYSTEM, "%s: %s", path, strerror(errno));
	text_init(&all, FILE_MOST);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		text_add_n(&all, part, n);
	bool bad = ferror(in) != 0;
	if (!standard)
		fclose(in);
	if (!bad && !all.cut)
		*ret = bytes_of(all.at ? all.at : "", all.n);
	bool cut = all.cut;
	text_done(&all);
	if (bad)
		return fail(f, R_SYSTEM, "%s cannot be read: %s", path, strerror(errno));
	return *ret ? R_OK : fail(f, cut ? R_TOO_LARGE : R_NO_MEMORY, "%s is too large", path);
}

static int run(const struct command *c, struct fault *f)
{
	own(bytes) file = NULL;

	if (crypto_open(f) != R_OK || read_file(c->file, &file, f) != R_OK)
		return 1;
	enum reason r = decode_octets(slice_of(file), &c->want, stdout, f);
	if (fflush(stdout) != 0)
		return fail(f, R_SYSTEM, "cannot write: %s", strerror(errno)) != R_OK;
	return r == R_OK ? 0 : 1;
}

int decode_main(int argc, char **argv)
{
	struct command c = { 0 };
	struct fault f = { 0 };
	int status = 2;

	if (read_options(&c, argc, argv, &f) == R_OK) {
		if (c.help)
			fputs(usage, stdout);
		status = c.help ? 0 : run(&c, &f);
	}
	if (status != 0)
		fprintf(stderr, "ikeeperd decode: %s%s\n", f.text,
			status == 2 ? " (see --help)" : "");
	bytes_free(c.psk);
	bytes_free(c.dh_private);
	bytes_free(c.key);
	bytes_free(c.skeyid_a);
	crypto_close();
	return status;
}
