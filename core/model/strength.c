/* strength.c - about how many guesses a pre-shared key withstands
 *
 * Aggressive mode shows a hash over the key to whoever asks, and guessing goes on at home. What can be
 * said of a key that people chose: each character is worth what its alphabet is, but a repetition
 * or a step (aaa, 123) next to nothing, and letters that follow letters as in a word two bits, which
 * is what written language has. A key from a generator loses little by that.
 *
 * Called by: api when a secret is written, rules_peer.c.  Thread: any.  Owns: nothing.
 */
#include "core/model/strength.h"

#include <ctype.h>
#include <stdio.h>

#include "core/base/text.h"

/* Tenths of a bit. */
enum { STEP = 10, IN_WORD = 20, WORD_FROM = 4 };

static bool is_hex(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit(s.at[i]) && !(s.at[i] >= 'a' && s.at[i] <= 'f'))
			return false;
	return true;
}

/* Of one character, by all the kinds there are in the key. */
static unsigned worth_of(struct slice s)
{
	bool lower = false, upper = false, digit = false, other = false;

	if (is_hex(s))
		return 40;
	for (size_t i = 0; i < s.n; i++) {
		lower |= islower(s.at[i]) != 0;
		upper |= isupper(s.at[i]) != 0;
		digit |= isdigit(s.at[i]) != 0;
		other |= !isalnum(s.at[i]);
	}
	if (!lower && !upper)
		return other ? 54 : 33;
	return (lower && upper ? 57 : 47) + (digit ? 3 : 0) + (other ? 6 : 0);
}

static bool is_step(uint8_t before, uint8_t c)
{
	return c == before || c == before + 1 || c + 1 == before;
}

/* So many letters of one case stand in a row and end here. */
static size_t letters_before(struct slice s, size_t i)
{
	size_t n = 0;
	bool upper = isupper(s.at[i]);

	while (n <= i && isalpha(s.at[i - n]) && (isupper(s.at[i - n]) != 0) == upper)
		n++;
	return n;
}

unsigned strength_bits(struct slice plain)
{
	unsigned worth = worth_of(plain), sum = 0;
	bool words = worth != 40;

	for (size_t i = 0; i < plain.n; i++) {
		unsigned one = worth;

		if (i > 0 && is_step(plain.at[i - 1], plain.at[i]))
			one = STEP;
		else if (words && letters_before(plain, i) >= WORD_FROM)
			one = IN_WORD;
		sum += one;
	}
	return sum / 10;
}

unsigned strength_of_length(size_t octets)
{
	return (unsigned)MIN_OF(octets, (size_t)64) * 66 / 10;
}

char *strength_falls(unsigned bits, char ret[STRENGTH_TEXT])
{
	double seconds = 1e-9;

	for (unsigned i = 1; i < bits && i < 300; i++) /* half of all keys, on average */
		seconds *= 2;
	if (seconds < 1)
		snprintf(ret, STRENGTH_TEXT, "within a second");
	else if (seconds < 86400)
		snprintf(ret, STRENGTH_TEXT, "within a day");
	else if (seconds < 86400.0 * 36525)
		snprintf(ret, STRENGTH_TEXT, "in about %.0f days", seconds / 86400);
	else
		snprintf(ret, STRENGTH_TEXT, "in more than a hundred years");
	return ret;
}
