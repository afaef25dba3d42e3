/* The character classes of RFC 9110 and RFC 3986 that the HTTP parsers share. Private to
 * lib/wire. */
#ifndef RALLY_WIRE_HTTP1_CHARS_H
#define RALLY_WIRE_HTTP1_CHARS_H

#include "lib/base/str.h"

#define HTTP_CHAR_TOKEN 1      /* tchar */
#define HTTP_CHAR_TARGET 2     /* pchar, "/" and "?", with "%" */
#define HTTP_CHAR_UNRESERVED 4 /* also all that a host name or an address is made of */
#define HTTP_CHAR_FIELD 8      /* field-vchar, obs-text, SP and HTAB */
#define HTTP_CHAR_HEX 16

extern const uint8_t HTTP_CHARS[256];

static inline bool http_char_is(char c, uint8_t class)
{
    return (HTTP_CHARS[(unsigned char)c] & class) != 0;
}

/* Of a character of the class HTTP_CHAR_HEX. */
static inline unsigned http_hex_value(char c)
{
    if (c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a' + 10);
}

/* The first place at or after `at` where the class ends, or `end`. */
static inline const char *http_skip_class(const char *at, const char *end, uint8_t class)
{
    while (at < end && http_char_is(*at, class))
        at++;
    return at;
}

#endif
