/* Texts with escapes: decoding them, and telling whether two keys are the same. */
#include "lib/wire/json_scan.h"

static size_t put_utf8(char *out, int32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

/* An escape is never shorter than what it stands for: 2 bytes for 1, 6 for up to 3, 12 for 4. */
size_t json_unescape(struct json_text text, char *out)
{
    struct json_scan scan = {.at = text.raw.ptr, .end = text.raw.ptr + text.raw.len};
    size_t len = 0;

    while (scan.at < scan.end) {
        int32_t point;

        if (*scan.at != '\\') {
            out[len++] = *scan.at++;
            continue;
        }
        scan.at++;
        point = json_take_escape(&scan);
        CHECK(point >= 0); /* json_scan_string has seen it */
        len += put_utf8(out + len, point);
    }
    return len;
}

enum err json_text_decode_escapes(struct json_text text, struct arena *arena, struct str *out)
{
    char *to = arena_alloc(arena, text.raw.len);

    if (!to)
        return ERR_TOO_LARGE;
    *out = str_of(to, json_unescape(text, to));
    return OK;
}

/* Walks the decoded bytes of a text without room for all of them. */
struct decoded {
    struct json_scan scan;
    char ready[4];
    size_t at;
    size_t len;
};

static struct decoded decoded_of(struct json_text text)
{
    return (struct decoded){.scan = {.at = text.raw.ptr, .end = text.raw.ptr + text.raw.len}};
}

/* The next byte, or -1 at the end. */
static int decoded_next(struct decoded *decoded)
{
    if (decoded->at == decoded->len) {
        const char *start = decoded->scan.at;

        if (start == decoded->scan.end)
            return -1;
        if (*start == '\\') {
            decoded->scan.at++;
            decoded->len = put_utf8(decoded->ready, json_take_escape(&decoded->scan));
        } else {
            decoded->ready[0] = *start;
            decoded->scan.at++;
            decoded->len = 1;
        }
        decoded->at = 0;
    }
    return (unsigned char)decoded->ready[decoded->at++];
}

static bool text_eq(struct json_text a, struct json_text b)
{
    struct decoded left, right;
    int byte;

    if (!a.has_escapes && !b.has_escapes)
        return str_eq(a.raw, b.raw);
    left = decoded_of(a);
    right = decoded_of(b);
    do {
        byte = decoded_next(&left);
        if (byte != decoded_next(&right))
            return false;
    } while (byte >= 0);
    return true;
}

/* FNV-1a over the decoded bytes. It need not withstand an attacker: equal hashes are compared in
 * full, and LIMIT_JSON_KEYS bounds how many. */
static uint64_t text_hash(struct json_text text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    struct decoded decoded;

    if (!text.has_escapes) {
        for (size_t i = 0; i < text.raw.len; i++)
            hash = (hash ^ (unsigned char)text.raw.ptr[i]) * 0x100000001b3u;
        return hash;
    }
    decoded = decoded_of(text);
    for (int byte = decoded_next(&decoded); byte >= 0; byte = decoded_next(&decoded))
        hash = (hash ^ (unsigned char)byte) * 0x100000001b3u;
    return hash;
}

bool json_keys_add(struct json_keys *keys, struct json_text text)
{
    uint64_t hash = text_hash(text);

    if (keys->count == LIMIT_JSON_KEYS)
        return false;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->list[i].hash == hash && text_eq(keys->list[i].text, text))
            return false;
    keys->list[keys->count].hash = hash;
    keys->list[keys->count].text = text;
    keys->count++;
    return true;
}
