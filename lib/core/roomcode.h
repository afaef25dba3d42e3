/*
 * Codes of rooms: 6 characters that can be read aloud. No 0 O 1 I, and at least one letter, so that
 * a code is never taken for a number. The random bytes come from the caller, who has them from a
 * CSPRNG: a code is all that a stranger needs to sit down.
 */
#ifndef RALLY_CORE_ROOMCODE_H
#define RALLY_CORE_ROOMCODE_H

#include "lib/base/str.h"

#define ROOMCODE_LEN 6
#define ROOMCODE_SIZE (ROOMCODE_LEN + 1)

/* A code made of these bytes, each character of one byte, all equally likely; terminated. False
 * when it would have no letter (one draw in 4096: draw again). */
bool roomcode_make(const uint8_t random[ROOMCODE_LEN], char out[ROOMCODE_SIZE]);
/* What a user typed, in upper case; ERR_NO_SUCH_ROOM when no code looks like this. Letters that are
 * never used pass (a look-up will not find them): a misread code is an unknown room, not a fault.
 */
enum err roomcode_fold(struct str typed, char out[ROOMCODE_SIZE]) MUST_USE;

#endif
