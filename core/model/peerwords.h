/* peerwords.h - the words of a peer's members, for its record and for the row that shows it
 *
 * In a header of its own, so that who has a peer does not reach text.h by it.
 */
#pragma once

#include "core/base/text.h"

extern const struct name peer_versions[]; /* enum peer_version */
extern const struct name peer_modes[]; /* enum exchange_mode */
extern const struct name peer_natts[]; /* enum natt_mode */
