/*
 * How a room is spoken about. The room owns what happens and when it is told; a dialect owns the
 * words: what its clients are sent, and what they say. Sockets of several dialects sit in one room;
 * what all of one dialect get is encoded once.
 */
#ifndef RALLY_SERVICES_SESSION_DIALECT_H
#define RALLY_SERVICES_SESSION_DIALECT_H

#include "services/session/room.h"

struct dialect {
    const char *name; /* in Sec-WebSocket-Protocol */
    void (*hear)(struct conn *conn, struct socket *socket, struct str text);
    /* Everything, for one socket of that seat (-1: a spectator). */
    void (*put_state)(struct buf *out, struct room *room, int8_t seat, uint64_t now_ms);
    void (*put_over)(struct buf *out, const struct room *room, int8_t seat, uint64_t seq);
    /* To all its sockets, under the room's `seq` where the dialect shows it: */
    void (*tell_changes)(struct room *room); /* since the last time */
    void (*tell_effect)(struct room *room, const struct match_effect *effect, uint64_t seq);
    void (*tell_score)(struct room *room, uint64_t seq); /* room->point is durable */
    void (*tell_over)(struct room *room, uint64_t seq);
    void (*tell_serve)(struct room *room); /* the ball moves (again); may be NULL */
};

extern const struct dialect DIALECT_NATIVE; /* rally.v1 */
extern const struct dialect DIALECT_SEED_B; /* seed.b: rooms by code */

#define DIALECT_COUNT 2
extern const struct dialect *const DIALECTS[DIALECT_COUNT];

/* The dialect of what was chosen at the handshake: by default native, or seed.b behind a code. */
const struct dialect *dialect_of(const char *protocol, bool is_by_code);
bool dialect_is_spoken(const struct room *room, const struct dialect *dialect);
/* One text, encoded once, to all sockets of a dialect, or only to those of `seat` (-1: who watch).
 */
enum dialect_whom { DIALECT_ALL, DIALECT_ONLY };
void dialect_send(struct room *room, const struct dialect *dialect, struct str text,
                  enum dialect_whom whom, int8_t seat);

/* -- seed_b.c, seed_b_hear.c ------------------------------------------------------------------- */

void seed_b_hear(struct conn *conn, struct socket *socket, struct str text);
/* A field of the game in hundredths; 0 when the game has none. */
int64_t seed_b_field(const struct room *room, const char *group, const char *part, const char *key);
/* Directions for the seats that have named a place to be at. Once per tick. */
void seed_b_steer(struct room *room);

#endif
