/*
 * WebSocket codec, server side (RFC 6455), as pure functions over bytes. No extension is ever
 * negotiated. Client frames must be masked, lengths minimal, RSV bits zero, control frames at most
 * 125 bytes and unfragmented, text valid UTF-8 (checked as it arrives: fail fast), close codes
 * those that may appear on the wire. A fault answers with the close code to send.
 */
#ifndef RALLY_WIRE_WS_H
#define RALLY_WIRE_WS_H

#include "lib/base/buf.h"
#include "lib/wire/utf8.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

enum ws_close_code {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_UNSUPPORTED = 1003,
    WS_CLOSE_NO_STATUS = 1005, /* never on the wire: an empty close frame arrived */
    WS_CLOSE_BAD_DATA = 1007,
    WS_CLOSE_TOO_LARGE = 1009,
    WS_CLOSE_RESTART = 1012,
    WS_CLOSE_UNAUTHENTICATED = 4001,
    WS_CLOSE_FORBIDDEN = 4003,
    WS_CLOSE_NOT_FOUND = 4004,
    WS_CLOSE_SLOW = 4008,
    WS_CLOSE_REPLACED = 4009,
    WS_CLOSE_TOO_MANY = 4029,
    WS_CLOSE_PROTOCOL_ERRORS = 4040,
};

enum ws_step {
    WS_STEP_MORE,    /* all bytes are used; feed more */
    WS_STEP_MESSAGE, /* a whole text or binary message */
    WS_STEP_PING,    /* answer with a pong of the same payload */
    WS_STEP_PONG,
    WS_STEP_CLOSE, /* the peer closes; code is WS_CLOSE_NO_STATUS when it gave none */
    WS_STEP_FAULT, /* send a close with `code` and drop the connection */
};

#define WS_FRAME_HEAD_SIZE_MAX 14
#define WS_CONTROL_SIZE_MAX 125

/* Per connection: small while idle; `message` holds bytes only while a message is incomplete.
 * Nothing in it is for the users of ws_reader_next. */
struct ws_reader {
    struct buf message;    /* the open message so far, behind it a part of a control frame */
    uint64_t payload_left; /* of the frame that is being read */
    size_t message_size_max;
    struct utf8 utf8;
    uint8_t state;
    uint16_t fragment_count;
    uint8_t message_opcode; /* 0: no message is open */
    uint8_t handed_out;     /* what the last event pointed to; dropped by the next call */
    uint8_t control_len;    /* bytes of a control frame at the end of `message` */
    uint8_t frame_opcode;
    bool frame_is_final;
    uint8_t mask_at;
    uint8_t head_len;
    uint8_t head_need;
    uint8_t head[WS_FRAME_HEAD_SIZE_MAX]; /* frame head as it arrives; its last four the mask */
};
_Static_assert(sizeof(struct ws_reader) <= 128, "an idle connection stays small");

struct ws_event {
    enum ws_opcode opcode; /* of a message */
    struct str payload;    /* of a message, ping or pong; the reason of a close. Into the input or
                            * the reader; good until the next call */
    uint16_t code;         /* of a close or a fault */
};

void ws_reader_init(struct ws_reader *reader, size_t message_size_max);
void ws_reader_release(struct ws_reader *reader);
/*
 * Takes bytes from `bytes` (unmasking in place; a frame that is there as a whole is handed out
 * without copying) until something is complete. *used says how many were taken; what is left is
 * for the next call. Call until it answers WS_STEP_MORE, with no bytes if need be: only then is
 * the memory of a message that came in pieces given back.
 * Behind a close or a fault all further bytes are swallowed.
 */
enum ws_step ws_reader_next(struct ws_reader *reader, char *bytes, size_t len, size_t *used,
                            struct ws_event *event) MUST_USE;

/* Size of the head of an unmasked final frame: 2, 4 or 10 bytes. */
size_t ws_head_size(size_t payload_len);
/* Writes that head to `out` and returns its size. */
size_t ws_head_put(uint8_t *out, enum ws_opcode opcode, size_t payload_len);
/* Appends a whole unmasked frame. */
void ws_frame_put(struct buf *buf, enum ws_opcode opcode, struct str payload);
/* Appends a close frame; a reason (UTF-8) longer than 123 bytes is cut at a character.
 * WS_CLOSE_NO_STATUS makes an empty one. */
void ws_close_put(struct buf *buf, uint16_t code, struct str reason);

/* Sec-WebSocket-Accept for a key: 28 characters, no NUL. ERR_INPUT unless the key is base64 of 16
 * bytes. */
#define WS_ACCEPT_SIZE 28
enum err ws_accept_key(struct str key, char *out) MUST_USE;

#endif
