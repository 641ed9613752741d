/* sa1_class.h - attribute classes of the SA payload, for its reader and its writer
 *
 * RFC 2409 appendix A (phase 1) and RFC 2407 section 4.5 (phase 2).
 */
#pragma once

enum { SHORT_FORM = 0x8000 };

enum ike_class {
	IKE_ENCR = 1,
	IKE_HASH = 2,
	IKE_AUTH = 3,
	IKE_GROUP = 4,
	IKE_LIFE_TYPE = 11,
	IKE_LIFE = 12,
	IKE_KEY_BITS = 14,
};

enum ipsec_class {
	IPSEC_LIFE_TYPE = 1,
	IPSEC_LIFE = 2,
	IPSEC_GROUP = 3,
	IPSEC_ENCAP = 4,
	IPSEC_AUTH = 5,
	IPSEC_KEY_BITS = 6,
};

enum { LIFE_SECONDS = 1, LIFE_KILOBYTES = 2 };
