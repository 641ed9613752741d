/* docs.h - the contract as a page for people: /docs */
#pragma once

/* HTML made of the OpenAPI document, without script or style of its own; made once, lives for
 * ever. Any thread. NULL: no memory. */
const char *docs_page(void);
