/* entry.h - the way of a request through the house: libmicrohttpd's callbacks */
#pragma once

#include "api/doors.h"

/* cls is the server in all three. */
void *entry_line(void *cls, const char *uri, struct MHD_Connection *conn);
enum MHD_Result entry_answer(void *cls, struct MHD_Connection *conn, const char *url,
			     const char *method, const char *version, const char *upload,
			     size_t *upload_n, void **req_cls);
void entry_completed(void *cls, struct MHD_Connection *conn, void **req_cls,
		     enum MHD_RequestTerminationCode how);
