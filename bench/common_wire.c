/* Frames and one-pass message reading; see common_wire.h for what this is not. */
#include "bench/common_wire.h"

#include <stdbool.h>
#include <string.h>

size_t wire_frame_write(uint8_t opcode, const char *payload, size_t len, uint32_t mask, char *out)
{
    unsigned char *at = (unsigned char *)out;
    unsigned char key[4];
    memcpy(key, &mask, sizeof key);
    at[0] = (unsigned char)(0x80 | opcode);
    at[1] = (unsigned char)(0x80 | (len & 0x7f));
    memcpy(at + 2, key, sizeof key);
    for (size_t i = 0; i < len; i++)
        at[6 + i] = (unsigned char)((unsigned char)payload[i] ^ key[i & 3]);
    return 6 + len;
}

size_t wire_frame_read(const char *bytes, size_t len, struct wire_frame *frame)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (len < 2)
        return 0;
    size_t head = 2;
    uint64_t size = at[1] & 0x7f;
    if (size >= 126) {
        size_t width = size == 126 ? 2 : 8;
        head += width;
        if (len < head)
            return 0;
        size = 0;
        for (size_t i = 0; i < width; i++)
            size = size << 8 | at[2 + i];
    }
    if (len - head < size)
        return 0;
    frame->opcode = at[0] & 0x0f;
    frame->payload = bytes + head;
    frame->len = (size_t)size;
    return head + (size_t)size;
}

static bool text_is(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

static enum wire_type type_of(const char *text, size_t len)
{
    if (text_is(text, len, "game_update"))
        return WIRE_GAME_UPDATE;
    if (text_is(text, len, "game_state"))
        return WIRE_GAME_STATE;
    if (text_is(text, len, "score_update"))
        return WIRE_SCORE_UPDATE;
    if (text_is(text, len, "game_start"))
        return WIRE_GAME_START;
    if (text_is(text, len, "game_over"))
        return WIRE_GAME_OVER;
    return text_is(text, len, "error") ? WIRE_ERROR : WIRE_OTHER;
}

/* A number in hundredths; at stays on the first byte behind it. */
static int64_t number_read(const char **at, const char *end)
{
    const char *p = *at;
    bool is_negative = p < end && *p == '-';
    p += is_negative ? 1 : 0;
    int64_t value = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        value = value * 10 + (*p - '0');
    value *= 100;
    if (p < end && *p == '.') {
        int64_t weight = 10;
        for (p++; p < end && *p >= '0' && *p <= '9'; p++) {
            value += weight * (*p - '0');
            weight /= 10;
        }
    }
    *at = p;
    return is_negative ? -value : value;
}

enum object { IN_OTHER, IN_BALL, IN_LEFT, IN_RIGHT };

static void number_store(struct wire_message *message, enum object object, const char *key,
                         size_t len, int64_t value)
{
    uint32_t field = 0;
    if (len == 3 && memcmp(key, "seq", 3) == 0) {
        message->seq = (uint64_t)value / 100;
        field = WIRE_SEQ;
    } else if (len == 3 && memcmp(key, "ack", 3) == 0) {
        message->ack = (uint64_t)value / 100;
        field = WIRE_ACK;
    } else if (len == 4 && memcmp(key, "tick", 4) == 0) {
        message->tick = (uint64_t)value / 100;
        field = WIRE_TICK;
    } else if (len == 2 && memcmp(key, "vx", 2) == 0 && object == IN_BALL) {
        message->ball_vx = value;
        field = WIRE_BALL_VX;
    } else if (len == 1 && *key == 'y' && object == IN_BALL) {
        message->ball_y = value;
        field = WIRE_BALL_Y;
    } else if (len == 1 && *key == 'y' && object == IN_LEFT) {
        message->left_y = value;
        field = WIRE_LEFT_Y;
    } else if (len == 1 && *key == 'y' && object == IN_RIGHT) {
        message->right_y = value;
        field = WIRE_RIGHT_Y;
    }
    message->present |= field;
}

static void text_store(struct wire_message *message, const char *key, size_t key_len,
                       const char *text, size_t len)
{
    if (text_is(key, key_len, "type"))
        message->type = type_of(text, len);
}

static enum object object_of(const char *key, size_t len)
{
    if (text_is(key, len, "ball"))
        return IN_BALL;
    if (text_is(key, len, "left"))
        return IN_LEFT;
    return text_is(key, len, "right") ? IN_RIGHT : IN_OTHER;
}

/* The bytes behind a quoted key and its colon. Returns where to go on. */
static const char *value_read(const char *at, const char *end, const char *key, size_t key_len,
                              enum object *object, struct wire_message *message)
{
    if (at == end)
        return at;
    if (*at == '{') {
        *object = object_of(key, key_len);
        return at + 1;
    }
    if (*at == '"') {
        const char *close = memchr(at + 1, '"', (size_t)(end - at) - 1);
        if (close == NULL)
            return end;
        text_store(message, key, key_len, at + 1, (size_t)(close - at) - 1);
        return close + 1;
    }
    if (*at == '-' || (*at >= '0' && *at <= '9')) {
        int64_t value = number_read(&at, end);
        number_store(message, *object, key, key_len, value);
    }
    return at;
}

void wire_message_read(const char *text, size_t len, struct wire_message *message)
{
    *message = (struct wire_message){0};
    const char *end = text + len;
    enum object object = IN_OTHER;
    const char *at = text;
    while (at < end) {
        if (*at == '}')
            object = IN_OTHER;
        if (*at != '"') {
            at++;
            continue;
        }
        const char *key = at + 1;
        const char *close = memchr(key, '"', (size_t)(end - key));
        if (close == NULL)
            return;
        at = close + 1;
        if (at < end && *at == ':')
            at = value_read(at + 1, end, key, (size_t)(close - key), &object, message);
    }
}
