/* What the two files of the WebSocket reader share. Private to lib/wire. */
#ifndef RALLY_WIRE_WS_PARTS_H
#define RALLY_WIRE_WS_PARTS_H

#include "lib/wire/ws.h"

#define WS_MASK_SIZE 4
#define WS_HEAD_FIRST_NEED 2 /* as many bytes as tell the size of the head */

static inline bool ws_is_control(uint8_t opcode)
{
    return opcode >= WS_CLOSE;
}

/* Bytes of the open message so far. */
static inline size_t ws_message_len(const struct ws_reader *reader)
{
    return reader->message.len - reader->control_len;
}

static inline uint64_t ws_read_big_endian(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Takes bytes of the frame head; it is complete when head_len is head_need. 0, or the close code
 * of a fault. */
uint16_t ws_head_take(struct ws_reader *reader, const char *bytes, size_t len, size_t *used);

#endif
