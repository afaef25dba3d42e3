/* Codes of rooms; see roomcode.h. */
#include "lib/core/roomcode.h"

/* 32 characters, and 256 is a multiple of it: every character is equally likely. */
static const char ALPHABET[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
_Static_assert(sizeof(ALPHABET) == 33, "an index is five bits of a byte");

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool roomcode_make(const uint8_t random[ROOMCODE_LEN], char out[ROOMCODE_SIZE])
{
    bool has_letter = false;

    for (size_t i = 0; i < ROOMCODE_LEN; i++) {
        out[i] = ALPHABET[random[i] & 31];
        has_letter |= is_letter(out[i]);
    }
    out[ROOMCODE_LEN] = '\0';
    return has_letter;
}

enum err roomcode_fold(struct str typed, char out[ROOMCODE_SIZE])
{
    if (typed.len != ROOMCODE_LEN)
        return ERR_NO_SUCH_ROOM;
    for (size_t i = 0; i < ROOMCODE_LEN; i++) {
        char c = typed.ptr[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (!is_letter(c) && (c < '0' || c > '9'))
            return ERR_NO_SUCH_ROOM;
        out[i] = c;
    }
    out[ROOMCODE_LEN] = '\0';
    return OK;
}
