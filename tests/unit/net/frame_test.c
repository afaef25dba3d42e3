/* Frames: who holds one, what the pool keeps, and that the head fits its payload. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "lib/net/inside.h"

/* The pool needs nothing else of its reactor. */
static struct reactor *pool_new(void)
{
    struct reactor *reactor = calloc(1, sizeof(*reactor));

    CHECK(reactor != NULL);
    return reactor;
}

static void pool_free(struct reactor *reactor)
{
    frame_pool_free(reactor);
    free(reactor);
}

TEST(a_frame_goes_back_to_the_pool_with_its_last_holder)
{
    struct reactor *reactor = pool_new();
    struct frame *frame = frame_new(reactor, 100), *other, *again;

    frame_hold(frame);
    frame_hold(frame);
    frame_release(reactor, frame);
    frame_release(reactor, frame);
    other = frame_new(reactor, 100);
    EXPECT(other != frame);
    frame_release(reactor, frame);
    again = frame_new(reactor, 100);
    EXPECT(again == frame);
    EXPECT_INT(1, again->refs);
    frame_release(reactor, again);
    frame_release(reactor, other);
    pool_free(reactor);
}

TEST(a_frame_has_room_for_what_was_asked_whatever_the_pool_held)
{
    static const size_t SIZES[] = {0, 1, 502, 503, 2038, 2039, 70000, LIMIT_WS_OUT_SIZE};
    struct reactor *reactor = pool_new();

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_COUNT(SIZES); i++) {
            struct frame *frame = frame_new(reactor, SIZES[i]);
            EXPECT_NOT_NULL(frame);
            memset(frame_payload(frame), 'x', SIZES[i]);
            frame_finish(frame, WS_BINARY, SIZES[i]);
            frame_release(reactor, frame);
        }
    }
    EXPECT_NULL(frame_new(reactor, (size_t)LIMIT_WS_OUT_SIZE + 1));
    pool_free(reactor);
}

TEST(the_head_is_as_short_as_rfc_6455_wants_and_right_before_the_payload)
{
    static const struct {
        size_t payload;
        uint32_t head;
    } ROWS[] = {{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}};
    struct reactor *reactor = pool_new();

    for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
        struct frame *frame = frame_new(reactor, ROWS[i].payload);
        const uint8_t *head;
        frame_finish(frame, WS_TEXT, ROWS[i].payload);
        head = (const uint8_t *)frame->data + frame->at;
        EXPECT_INT(ROWS[i].head + ROWS[i].payload, frame->len);
        EXPECT(frame->data + frame->at + ROWS[i].head == frame_payload(frame));
        EXPECT_INT(0x81, head[0]);
        EXPECT_INT(ROWS[i].head == 2 ? ROWS[i].payload : ROWS[i].head == 4 ? 126 : 127, head[1]);
        frame_release(reactor, frame);
    }
    pool_free(reactor);
}

TEST(a_payload_may_be_shorter_than_its_room)
{
    struct reactor *reactor = pool_new();
    struct frame *frame = frame_new(reactor, 400);

    memcpy(frame_payload(frame), "hello", 5);
    frame_finish(frame, WS_TEXT, 5);
    EXPECT_STR("\x81\x05hello", str_of(frame->data + frame->at, frame->len));
    frame_release(reactor, frame);
    pool_free(reactor);
}

TEST(the_pool_keeps_so_many_frames_and_no_more)
{
    enum { MANY = 5000, KEPT = 4096 };
    static struct frame *frames[MANY];
    struct reactor *reactor = pool_new();

    for (size_t i = 0; i < MANY; i++)
        frames[i] = frame_new(reactor, 10);
    for (size_t i = 0; i < MANY; i++)
        frame_release(reactor, frames[i]);
    EXPECT_INT(KEPT, reactor->free_counts[0]);
    for (size_t i = 0; i < MANY; i++)
        frames[i] = frame_new(reactor, 10);
    EXPECT_INT(0, reactor->free_counts[0]);
    for (size_t i = 0; i < MANY; i++)
        frame_release(reactor, frames[i]);
    pool_free(reactor);
}
