/*
 * The client's side of the wire, as far as a load generator needs it: masked WebSocket frames out,
 * unmasked frames in, and one pass over a game message that picks out numbers. It is not a JSON
 * parser and not strict: conformance is tested elsewhere, here each nanosecond would be taken from
 * the number of rooms the generator can play.
 */
#ifndef BENCH_COMMON_WIRE_H
#define BENCH_COMMON_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* The key and answer of RFC 6455 section 1.3; the load does not depend on the key being random. */
#define WIRE_KEY "dGhlIHNhbXBsZSBub25jZQ=="

enum wire_opcode {
    WIRE_TEXT = 1,
    WIRE_BINARY = 2,
    WIRE_CLOSE = 8,
    WIRE_PING = 9,
    WIRE_PONG = 10,
};

struct wire_frame {
    uint8_t opcode;
    const char *payload;
    size_t len;
};

/* Writes one masked frame of at most 125 bytes of payload into out (131 bytes); returns its size.
 */
size_t wire_frame_write(uint8_t opcode, const char *payload, size_t len, uint32_t mask, char *out);

/* Takes one frame from the bytes; returns its whole size, 0 when it is not complete. */
size_t wire_frame_read(const char *bytes, size_t len, struct wire_frame *frame);

enum wire_type {
    WIRE_OTHER,
    WIRE_GAME_STATE,
    WIRE_GAME_UPDATE,
    WIRE_SCORE_UPDATE,
    WIRE_GAME_START,
    WIRE_GAME_OVER,
    WIRE_ERROR,
};

/* Which numbers of a message were present, as bits of wire_message.present. */
enum wire_field {
    WIRE_SEQ = 1,
    WIRE_TICK = 2,
    WIRE_ACK = 4,
    WIRE_BALL_Y = 8,
    WIRE_LEFT_Y = 16,
    WIRE_RIGHT_Y = 32,
    WIRE_BALL_VX = 64,
};

struct wire_message {
    enum wire_type type;
    uint32_t present;
    uint64_t seq;
    uint64_t tick;
    uint64_t ack;
    int64_t ball_y; /* hundredths of a unit, as all positions here */
    int64_t ball_vx;
    int64_t left_y;
    int64_t right_y;
};

/* Reads the numbers of one native message (protocol section 10). */
void wire_message_read(const char *text, size_t len, struct wire_message *message);

#endif
