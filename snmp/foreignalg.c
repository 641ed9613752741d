/* foreignalg.c - what other vendors' modules call our algorithms
 *
 * Called by: foreignvalue.c.  Thread: the agent's only one.  Owns: nothing.
 */
#include "core/base/text.h"
#include "core/model/alg.h"
#include "snmp/foreign.h"

static const struct {
	enum encr encr;
	uint32_t bits, hh3c_ike, hh3c_ipsec, cisco;
} encrs[] = {
#define FOREIGN_ENCR(code, ...) { ENCR_##code, __VA_ARGS__ },
#include "snmp/foreignalg.def"
#undef FOREIGN_ENCR
};
static const struct {
	enum integ integ;
	uint32_t hh3c_ike, hh3c_ipsec, cisco;
} integs[] = {
#define FOREIGN_INTEG(code, ...) { INTEG_##code, __VA_ARGS__ },
#include "snmp/foreignalg.def"
#undef FOREIGN_INTEG
};

static uint32_t hh3c_group(int group)
{
	unsigned n = group ? alg_group((enum group)group)->number : 0;

	return n == 0 || n == 1 || n == 2 || n == 5 || n == 14 || n == 24 ? n : FOREIGN_INVALID;
}

/* The place in the register, COUNT_OF(encrs) when there is none. */
static size_t encr_place(int encr, uint32_t bits)
{
	size_t i = 0;

	while (i < COUNT_OF(encrs) &&
	       ((int)encrs[i].encr != encr || (encrs[i].bits && encrs[i].bits != bits)))
		i++;
	return i;
}

static size_t integ_place(int integ)
{
	size_t i = 0;

	while (i < COUNT_OF(integs) && (int)integs[i].integ != integ)
		i++;
	return i;
}

static uint32_t encr_number(int shape, int encr, uint32_t bits)
{
	size_t i = encr_place(encr, bits);

	if (i == COUNT_OF(encrs))
		return FOREIGN_INVALID;
	return shape == SHAPE_HH3C_IKE_ENCR ? encrs[i].hh3c_ike : encrs[i].hh3c_ipsec;
}

static uint32_t integ_number(int shape, int integ)
{
	size_t i = integ_place(integ);

	if (i == COUNT_OF(integs))
		return FOREIGN_INVALID;
	return shape == SHAPE_HH3C_IKE_HASH ? integs[i].hh3c_ike : integs[i].hh3c_ipsec;
}

static uint32_t cisco_group(int group)
{
	return group == GROUP_MODP768 ? 2 : group == GROUP_MODP1024 ? 3 : 1;
}

static uint32_t cisco_encr(int encr, uint32_t bits)
{
	size_t i = encr_place(encr, bits);

	return i < COUNT_OF(encrs) ? encrs[i].cisco : 1;
}

static uint32_t cisco_integ(int integ)
{
	size_t i = integ_place(integ);

	return i < COUNT_OF(integs) ? integs[i].cisco : 1;
}

static uint32_t cisco_auth(int method)
{
	return method == AUTH_PSK ? 2 : method == AUTH_RSA_SIG ? 3 : 1;
}

static uint32_t number_of(int shape, int alg, uint32_t bits)
{
	switch (shape) {
	case SHAPE_HH3C_IKE_ENCR:
	case SHAPE_HH3C_ENCR:
		return encr_number(shape, alg, bits);
	case SHAPE_HH3C_IKE_HASH:
	case SHAPE_HH3C_AUTH:
		return integ_number(shape, alg);
	case SHAPE_CISCO_GROUP:
		return cisco_group(alg);
	case SHAPE_CISCO_ENCR:
		return cisco_encr(alg, bits);
	case SHAPE_CISCO_INTEG:
		return cisco_integ(alg);
	case SHAPE_CISCO_AUTH:
		return cisco_auth(alg);
	default:
		return hh3c_group(alg);
	}
}

void foreign_algorithm(int shape, int alg, uint32_t bits, struct value *ret)
{
	foreign_set_int(ret, number_of(shape, alg, bits));
}
