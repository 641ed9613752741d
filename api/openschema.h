/* openschema.h - JSON schemas of all that goes in and out, for the OpenAPI document */
#pragma once

#include <jansson.h>

#include "core/model/field.h"

/* The whole document as text (openapi.c); NULL: no memory. */
const char *openapi_document(void);
/* components.schemas: shapes of contract.def, rows of the picture, kinds of records. */
json_t *openschema_all(void);
/* A type of contract.def's little language. */
json_t *openschema_type(const char *type);
/* A member as a filter of the query. */
json_t *openschema_filter(const struct field *fl);
/* The field table behind "IkeSa", "Peer", ...; NULL when there is none. */
const struct field *openschema_table(const char *name);
/* "Peer", "SettingsIke": the kind's schema. ret holds 48. Returns ret. */
char *openschema_kind(enum kind k, char *ret);
