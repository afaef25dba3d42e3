/* Frames that Rally sends: always final, never masked, lengths in their shortest form. */
#include "lib/wire/ws.h"

#define FINAL 0x80
#define CLOSE_REASON_SIZE_MAX (WS_CONTROL_SIZE_MAX - 2)

size_t ws_head_size(size_t payload_len)
{
    if (payload_len < 126)
        return 2;
    return payload_len <= UINT16_MAX ? 4 : 10;
}

size_t ws_head_put(uint8_t *out, enum ws_opcode opcode, size_t payload_len)
{
    out[0] = (uint8_t)(FINAL | opcode);
    if (payload_len < 126) {
        out[1] = (uint8_t)payload_len;
        return 2;
    }
    if (payload_len <= UINT16_MAX) {
        out[1] = 126;
        out[2] = (uint8_t)(payload_len >> 8);
        out[3] = (uint8_t)payload_len;
        return 4;
    }
    out[1] = 127;
    for (unsigned i = 0; i < 8; i++)
        out[2 + i] = (uint8_t)((uint64_t)payload_len >> (56 - 8 * i));
    return 10;
}

void ws_frame_put(struct buf *buf, enum ws_opcode opcode, struct str payload)
{
    size_t head_size = ws_head_size(payload.len);
    char *to = buf_reserve(buf, head_size + payload.len);

    if (!to)
        return;
    (void)ws_head_put((uint8_t *)to, opcode, payload.len);
    if (payload.len > 0)
        memcpy(to + head_size, payload.ptr, payload.len);
    buf_added(buf, head_size + payload.len);
}

/* The most whole characters that fit. */
static struct str cut_reason(struct str reason)
{
    size_t len = CLOSE_REASON_SIZE_MAX;

    if (reason.len <= len)
        return reason;
    while (len > 0 && ((unsigned char)reason.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_slice(reason, 0, len);
}

void ws_close_put(struct buf *buf, uint16_t code, struct str reason)
{
    char payload[WS_CONTROL_SIZE_MAX];

    if (code == WS_CLOSE_NO_STATUS) {
        ws_frame_put(buf, WS_CLOSE, str_of(NULL, 0));
        return;
    }
    reason = cut_reason(reason);
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 0xff);
    if (reason.len > 0)
        memcpy(payload + 2, reason.ptr, reason.len);
    ws_frame_put(buf, WS_CLOSE, str_of(payload, 2 + reason.len));
}
