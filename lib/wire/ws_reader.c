/*
 * The reader of client frames.
 *
 *     HEAD --head complete--> PAYLOAD --frame complete--> HEAD      (events leave on this edge)
 *       \________________________\______ close or fault ______> CLOSED
 *
 * Every check is made at the first byte that decides it and in the order of the bytes, so the
 * events are the same however the stream is cut. A frame that lies in the input as a whole is
 * handed out where it lies; pieces are collected in `message`, pieces of a control frame behind
 * those of the message it interrupts.
 */
#include "lib/wire/ws.h"

#include "lib/wire/ws_parts.h"

enum state { STATE_HEAD, STATE_PAYLOAD, STATE_CLOSED };
enum handed_out { HANDED_NOTHING, HANDED_MESSAGE, HANDED_CONTROL };

void ws_reader_init(struct ws_reader *reader, size_t message_size_max)
{
    *reader = (struct ws_reader){
        .message_size_max = message_size_max,
        .head_need = WS_HEAD_FIRST_NEED,
    };
    buf_init(&reader->message, message_size_max + WS_CONTROL_SIZE_MAX);
}

void ws_reader_release(struct ws_reader *reader)
{
    buf_release(&reader->message);
    reader->control_len = 0;
    reader->handed_out = HANDED_NOTHING;
    reader->state = STATE_CLOSED;
}

static enum ws_step fault(struct ws_reader *reader, struct ws_event *event, uint16_t code)
{
    ws_reader_release(reader);
    event->payload = str_of(NULL, 0);
    event->code = code;
    return WS_STEP_FAULT;
}

/* Gives up what the last event pointed to. */
static void drop_handed_out(struct ws_reader *reader)
{
    if (reader->handed_out == HANDED_CONTROL) {
        reader->message.len -= reader->control_len;
        reader->control_len = 0;
    }
    if (reader->message_opcode == 0 || reader->state == STATE_CLOSED)
        buf_release(&reader->message);
    reader->handed_out = HANDED_NOTHING;
}

static void unmask(struct ws_reader *reader, char *bytes, size_t len)
{
    const uint8_t *mask = reader->head + reader->head_need - WS_MASK_SIZE;
    uint8_t key[8];
    uint64_t key_word;
    size_t at = 0;

    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = mask[(reader->mask_at + i) % WS_MASK_SIZE];
    memcpy(&key_word, key, sizeof(key_word));
    for (; len - at >= sizeof(key_word); at += sizeof(key_word)) {
        uint64_t word;

        memcpy(&word, bytes + at, sizeof(word));
        word ^= key_word;
        memcpy(bytes + at, &word, sizeof(word));
    }
    for (unsigned i = 0; at < len; at++, i++)
        bytes[at] = (char)((uint8_t)bytes[at] ^ key[i]);
    reader->mask_at = (uint8_t)((reader->mask_at + len) % WS_MASK_SIZE);
}

static void frame_end(struct ws_reader *reader)
{
    reader->state = STATE_HEAD;
    reader->head_len = 0;
    reader->head_need = WS_HEAD_FIRST_NEED;
    reader->mask_at = 0;
}

/* Codes that may be on the wire: RFC 6455 section 7.4 and the registry it founds. */
static bool is_close_code(uint16_t code)
{
    if (code >= 1000 && code <= 1014)
        return code != 1004 && code != 1005 && code != 1006;
    return code >= 3000 && code <= 4999;
}

static enum ws_step close_event(struct ws_reader *reader, struct str payload,
                                struct ws_event *event)
{
    uint16_t code;

    reader->state = STATE_CLOSED;
    event->code = WS_CLOSE_NO_STATUS;
    event->payload = str_of(NULL, 0);
    if (payload.len == 0)
        return WS_STEP_CLOSE;
    if (payload.len == 1)
        return fault(reader, event, WS_CLOSE_PROTOCOL);
    code = (uint16_t)ws_read_big_endian((const uint8_t *)payload.ptr, 2);
    if (!is_close_code(code))
        return fault(reader, event, WS_CLOSE_PROTOCOL);
    event->payload = str_slice(payload, 2, payload.len);
    if (!utf8_is_valid(event->payload))
        return fault(reader, event, WS_CLOSE_BAD_DATA);
    event->code = code;
    return WS_STEP_CLOSE;
}

static enum ws_step take_control(struct ws_reader *reader, struct str piece, bool is_whole,
                                 struct ws_event *event)
{
    if (!is_whole || reader->control_len > 0) {
        buf_put_str(&reader->message, piece);
        if (!buf_ok(&reader->message))
            return fault(reader, event, WS_CLOSE_TOO_LARGE);
        reader->control_len = (uint8_t)(reader->control_len + piece.len);
        if (!is_whole)
            return WS_STEP_MORE;
        piece = str_of(reader->message.ptr + ws_message_len(reader), reader->control_len);
    }
    frame_end(reader);
    reader->handed_out = HANDED_CONTROL;
    event->payload = piece;
    if (reader->frame_opcode == WS_CLOSE)
        return close_event(reader, piece, event);
    return reader->frame_opcode == WS_PING ? WS_STEP_PING : WS_STEP_PONG;
}

static enum ws_step message_event(struct ws_reader *reader, struct str payload,
                                  struct ws_event *event)
{
    if (reader->message_opcode == WS_TEXT && !utf8_is_complete(&reader->utf8))
        return fault(reader, event, WS_CLOSE_BAD_DATA);
    event->opcode = reader->message_opcode;
    event->payload = payload;
    reader->message_opcode = 0;
    reader->handed_out = HANDED_MESSAGE;
    return WS_STEP_MESSAGE;
}

static enum ws_step take_data(struct ws_reader *reader, struct str piece, bool is_whole,
                              struct ws_event *event)
{
    bool is_final = is_whole && reader->frame_is_final;

    if (reader->message_opcode == WS_TEXT && utf8_feed(&reader->utf8, piece))
        return fault(reader, event, WS_CLOSE_BAD_DATA);
    if (is_whole)
        frame_end(reader);
    if (is_final && reader->message.len == 0)
        return message_event(reader, piece, event);
    buf_put_str(&reader->message, piece);
    if (!buf_ok(&reader->message))
        return fault(reader, event, WS_CLOSE_TOO_LARGE);
    if (!is_final)
        return WS_STEP_MORE;
    return message_event(reader, buf_str(&reader->message), event);
}

static enum ws_step take_payload(struct ws_reader *reader, char *bytes, size_t len, size_t *used,
                                 struct ws_event *event)
{
    size_t have = len - *used;
    char *start = bytes + *used;
    bool is_whole = have >= reader->payload_left;

    if (is_whole)
        have = (size_t)reader->payload_left;
    unmask(reader, start, have);
    *used += have;
    reader->payload_left -= have;
    if (ws_is_control(reader->frame_opcode))
        return take_control(reader, str_of(start, have), is_whole, event);
    return take_data(reader, str_of(start, have), is_whole, event);
}

enum ws_step ws_reader_next(struct ws_reader *reader, char *bytes, size_t len, size_t *used,
                            struct ws_event *event)
{
    *used = 0;
    if (reader->handed_out != HANDED_NOTHING)
        drop_handed_out(reader);
    while (reader->state != STATE_CLOSED && *used < len) {
        enum ws_step step = WS_STEP_MORE;
        uint16_t code = 0;

        if (reader->state == STATE_HEAD)
            code = ws_head_take(reader, bytes, len, used);
        if (code != 0)
            return fault(reader, event, code);
        if (reader->head_len == reader->head_need)
            reader->state = STATE_PAYLOAD;
        if (reader->state == STATE_PAYLOAD)
            step = take_payload(reader, bytes, len, used, event);
        if (step != WS_STEP_MORE)
            return step;
    }
    *used = len;
    return WS_STEP_MORE;
}
