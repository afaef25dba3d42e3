/*
 * The head of a client frame, byte by byte: each check is made as soon as the byte that decides it
 * is there, and a length is refused before any of its bytes arrive.
 */
#include "lib/wire/ws_parts.h"

#include "lib/base/limits.h"

#define FINAL 0x80
#define RESERVED 0x70
#define MASKED 0x80

/* The head's first byte; returns the fault's code or 0. */
static uint16_t check_opcode(struct ws_reader *reader)
{
    uint8_t opcode = reader->head[0] & 0x0f;
    bool is_final = (reader->head[0] & FINAL) != 0;

    if (reader->head[0] & RESERVED)
        return WS_CLOSE_PROTOCOL;
    reader->frame_opcode = opcode;
    reader->frame_is_final = is_final;
    switch (opcode) {
    case WS_CONTINUATION:
        if (reader->message_opcode == 0)
            return WS_CLOSE_PROTOCOL;
        return ++reader->fragment_count > LIMIT_WS_FRAGMENT_COUNT ? WS_CLOSE_TOO_LARGE : 0;
    case WS_TEXT:
    case WS_BINARY:
        if (reader->message_opcode != 0)
            return WS_CLOSE_PROTOCOL;
        reader->message_opcode = opcode;
        reader->fragment_count = 1;
        reader->utf8 = (struct utf8){0};
        return 0;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        return is_final ? 0 : WS_CLOSE_PROTOCOL;
    default:
        return WS_CLOSE_PROTOCOL;
    }
}

/* The second byte: from here on the size of the head is known. */
static uint16_t check_length_form(struct ws_reader *reader)
{
    uint8_t form = reader->head[1] & 0x7f;

    if (!(reader->head[1] & MASKED))
        return WS_CLOSE_PROTOCOL;
    if (ws_is_control(reader->frame_opcode) && form > WS_CONTROL_SIZE_MAX)
        return WS_CLOSE_PROTOCOL;
    reader->head_need = WS_HEAD_FIRST_NEED + WS_MASK_SIZE;
    if (form == 126)
        reader->head_need = WS_HEAD_FIRST_NEED + 2 + WS_MASK_SIZE;
    if (form == 127)
        reader->head_need = WS_HEAD_FIRST_NEED + 8 + WS_MASK_SIZE;
    return 0;
}

/* All but the mask is there. The limit is checked before a byte of the payload is read. */
static uint16_t check_length(struct ws_reader *reader)
{
    uint64_t len = reader->head[1] & 0x7f;

    if (len == 126) {
        len = ws_read_big_endian(reader->head + WS_HEAD_FIRST_NEED, 2);
        if (len < 126)
            return WS_CLOSE_PROTOCOL;
    } else if (len == 127) {
        len = ws_read_big_endian(reader->head + WS_HEAD_FIRST_NEED, 8);
        if (len <= UINT16_MAX || len > INT64_MAX)
            return WS_CLOSE_PROTOCOL;
    }
    if (!ws_is_control(reader->frame_opcode) &&
        len > reader->message_size_max - ws_message_len(reader))
        return WS_CLOSE_TOO_LARGE;
    reader->payload_left = len;
    return 0;
}

static uint16_t check_head(struct ws_reader *reader)
{
    uint16_t code = 0;

    if (reader->head_len == 1)
        code = check_opcode(reader);
    if (reader->head_len == WS_HEAD_FIRST_NEED)
        code = check_length_form(reader);
    if (code == 0 && reader->head_len + WS_MASK_SIZE == reader->head_need)
        code = check_length(reader);
    return code;
}

uint16_t ws_head_take(struct ws_reader *reader, const char *bytes, size_t len, size_t *used)
{
    while (*used < len && reader->head_len < reader->head_need) {
        uint16_t code;

        reader->head[reader->head_len++] = (uint8_t)bytes[(*used)++];
        code = check_head(reader);
        if (code != 0)
            return code;
    }
    return 0;
}
