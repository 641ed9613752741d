/* stamp.h - times as RFC 3339 */
#pragma once

#include <jansson.h>
#include <stdint.h>

json_t *stamp_json(int64_t seconds); /* null for 0 */
