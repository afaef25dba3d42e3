/*
 * A stream of client frames, in pieces that the input chooses: the same events as in one piece,
 * each within its rules; what was understood, framed again as an honest client would, is understood
 * the same way.
 */
#include "fuzz/fuzz_input.h"
#include "lib/base/limits.h"
#include "lib/wire/ws.h"

#define MESSAGE_MAX 300
#define LOG_MAX (1 << 20)

static void check_event(enum ws_step step, const struct ws_event *event)
{
    switch (step) {
    case WS_STEP_MESSAGE:
        CHECK(event->opcode == WS_TEXT || event->opcode == WS_BINARY);
        CHECK(event->payload.len <= MESSAGE_MAX);
        CHECK(event->opcode == WS_BINARY || utf8_is_valid(event->payload));
        return;
    case WS_STEP_PING:
    case WS_STEP_PONG:
        CHECK(event->payload.len <= WS_CONTROL_SIZE_MAX);
        return;
    case WS_STEP_CLOSE:
        CHECK(event->code == WS_CLOSE_NO_STATUS || (event->code >= 1000 && event->code <= 4999));
        CHECK(utf8_is_valid(event->payload));
        return;
    case WS_STEP_FAULT:
        CHECK(event->code == WS_CLOSE_PROTOCOL || event->code == WS_CLOSE_BAD_DATA ||
              event->code == WS_CLOSE_TOO_LARGE);
        return;
    case WS_STEP_MORE:
        return;
    }
    CHECK(false);
}

/* One event as bytes: step, opcode or code, payload. */
static void event_put(struct buf *log, enum ws_step step, const struct ws_event *event)
{
    bool has_payload = step != WS_STEP_FAULT;
    uint32_t len = has_payload ? (uint32_t)event->payload.len : 0;
    uint16_t code = step == WS_STEP_MESSAGE ? (uint16_t)event->opcode : event->code;

    if (step == WS_STEP_PING || step == WS_STEP_PONG)
        code = 0;
    buf_put_char(log, (char)step);
    buf_put(log, &code, sizeof(code));
    buf_put(log, &len, sizeof(len));
    if (has_payload)
        buf_put_str(log, event->payload);
}

/* Writes the event as a masked frame, unless it ends the stream. */
static void frame_put(struct buf *out, enum ws_step step, const struct ws_event *event)
{
    static const uint8_t MASK[4] = {0xa5, 0x00, 0x3c, 0xff};
    enum ws_opcode opcode = step == WS_STEP_MESSAGE ? event->opcode
                            : step == WS_STEP_PING  ? WS_PING
                                                    : WS_PONG;
    uint8_t head[10];
    size_t head_size = ws_head_put(head, opcode, event->payload.len);

    if (step == WS_STEP_CLOSE || step == WS_STEP_FAULT)
        return;
    CHECK(head_size == ws_head_size(event->payload.len));
    head[1] |= 0x80;
    buf_put(out, head, head_size);
    buf_put(out, MASK, sizeof(MASK));
    for (size_t i = 0; i < event->payload.len; i++)
        buf_put_char(out, (char)((uint8_t)event->payload.ptr[i] ^ MASK[i % 4]));
}

/* Reads a piece to its end; false behind a close or a fault. */
static bool read_piece(struct ws_reader *reader, struct str piece, struct buf *log,
                       struct buf *frames)
{
    char *bytes = fuzz_copy(piece);
    enum ws_step step = WS_STEP_PING;
    size_t at = 0;

    while (step != WS_STEP_MORE && step != WS_STEP_CLOSE && step != WS_STEP_FAULT) {
        struct ws_event event = {0};
        size_t used;

        step = ws_reader_next(reader, bytes + at, piece.len - at, &used, &event);
        CHECK(used <= piece.len - at);
        at += used;
        if (step == WS_STEP_MORE)
            break;
        check_event(step, &event);
        event_put(log, step, &event);
        if (frames)
            frame_put(frames, step, &event);
    }
    CHECK(step != WS_STEP_MORE || at == piece.len);
    free(bytes);
    return step == WS_STEP_MORE;
}

static void read_stream(struct str in, struct fuzz_cuts *cuts, struct buf *log, struct buf *frames)
{
    struct ws_reader reader;
    size_t at = 0;
    bool goes_on = true;

    ws_reader_init(&reader, MESSAGE_MAX);
    while (goes_on && at < in.len) {
        struct str piece = cuts ? fuzz_piece(cuts, in, at) : in;

        goes_on = read_piece(&reader, piece, log, frames);
        at += piece.len;
    }
    CHECK(reader.message.size <= 2 * (MESSAGE_MAX + WS_CONTROL_SIZE_MAX));
    ws_reader_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_cuts cuts = fuzz_cuts_take(&data, &size);
    struct str in = str_of(data, size);
    struct buf whole, pieces, frames;

    buf_init(&whole, LOG_MAX);
    buf_init(&pieces, LOG_MAX);
    buf_init(&frames, LOG_MAX);
    read_stream(in, NULL, &whole, &frames);
    read_stream(in, &cuts, &pieces, NULL);
    CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_clear(&pieces);
    read_stream(buf_str(&frames), NULL, &pieces, NULL);
    CHECK(str_starts_with(buf_str(&whole), buf_str(&pieces))); /* all but the last close or fault */
    CHECK(buf_ok(&whole) && buf_ok(&pieces) && buf_ok(&frames));
    buf_release(&frames);
    buf_release(&pieces);
    buf_release(&whole);
    return 0;
}
