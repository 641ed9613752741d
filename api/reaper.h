/* reaper.h - connections, and an end for those that take too long */
#pragma once

#include "api/doors.h"

/* MHD_OPTION_NOTIFY_CONNECTION; cls is the server. */
void reaper_note(void *cls, struct MHD_Connection *conn, void **socket_context,
		 enum MHD_ConnectionNotificationCode what);
struct conn *reaper_line(struct MHD_Connection *conn);
void reaper_allow(struct server *s, struct conn *line, msec deadline); /* 0: for ever */
void reaper_tick(struct server *s, msec now);
