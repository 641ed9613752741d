/* shelf.h - all records of one kind: found by name, listed in order
 *
 * Filled by one owner, then shared by configs and never changed again. Copying one copies
 * pointers and counts, not records.
 */
#pragma once

#include "core/base/own.h"
#include "core/model/record.h"

struct shelf;

/* A second order beside that of the names: below 0, 0, above 0, as strcmp. Names decide ties. */
typedef int shelf_order(const struct record *a, const struct record *b);

/* Where a record stands: before (below 0), at, or behind (above 0) what is looked for. */
typedef int shelf_where(const void *arg, const struct record *r);

struct shelf *shelf_new(shelf_order *order); /* order may be NULL; NULL: no memory */
struct shelf *shelf_copy(const struct shelf *s); /* to be changed; shares the records */
struct shelf *shelf_ref(struct shelf *s);
void shelf_unref(struct shelf *s); /* NULL is fine */
static inline void shelf_free(struct shelf *s)
{
	shelf_unref(s);
}
OWNABLE(shelf)

/* Changing; only before anybody shares it. Takes the reference whatever comes of it. A record
 * of the same name is let go. */
enum reason shelf_put(struct shelf *s, const struct record *take_r, struct fault *f);
bool shelf_remove(struct shelf *s, const char *name); /* false: there is none */
/* Many at once, which costs no more than sorting them. Nothing is taken when it fails; two of
 * one name are R_NAME_TAKEN. */
enum reason shelf_fill(struct shelf *s, const struct record **take_list, size_t n, struct fault *f);

const struct record *shelf_find(const struct shelf *s, const char *name);
size_t shelf_count(const struct shelf *s);
const struct record *shelf_at(const struct shelf *s, size_t i); /* by name */
const struct record *shelf_at_order(const struct shelf *s, size_t i); /* by the second order */
size_t shelf_after(const struct shelf *s, const char *name); /* first above, by name */
/* First of the second order that does not stand before what `where` looks for. */
size_t shelf_lower(const struct shelf *s, shelf_where *where, const void *arg);
