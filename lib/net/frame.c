/*
 * Frames and their pool. A frame belongs to one reactor and is counted without atomics. Room for
 * the largest head is kept in front of the payload, so the head is written backwards once the
 * payload's length is known, and one buffer serves every receiver.
 */
#include "lib/net/inside.h"

#include <stdlib.h>

#define HEAD_MAX 10
#define POOLED_MAX 4096 /* per class and reactor; beyond it frames go back to the heap */

static const uint32_t CLASS_SIZES[FRAME_CLASSES] = {512, 2048};

static uint8_t class_of(size_t size)
{
    uint8_t class = 0;

    while (class < FRAME_CLASSES && size > CLASS_SIZES[class])
        class += 1;
    return class;
}

static struct frame *frame_take(struct reactor *reactor, size_t size)
{
    uint8_t class = class_of(size);
    struct frame *frame;

    if (class < FRAME_CLASSES && reactor->free_frames[class]) {
        frame = reactor->free_frames[class];
        reactor->free_frames[class] = frame->next_free;
        reactor->free_counts[class]--;
    } else {
        size_t room = class < FRAME_CLASSES ? CLASS_SIZES[class] : size;
        frame = malloc(sizeof(*frame) + room);
        if (!frame)
            return NULL;
        frame->size = (uint32_t)room;
        frame->size_class = class;
    }
    frame->refs = 1;
    frame->at = HEAD_MAX;
    frame->len = 0;
    return frame;
}

struct frame *frame_new(struct reactor *reactor, size_t payload_max)
{
    if (payload_max > LIMIT_WS_OUT_SIZE)
        return NULL;
    return frame_take(reactor, payload_max + HEAD_MAX);
}

char *frame_payload(struct frame *frame)
{
    return frame->data + HEAD_MAX;
}

void frame_finish(struct frame *frame, enum ws_opcode opcode, size_t payload_len)
{
    uint8_t head[HEAD_MAX];
    size_t head_size = ws_head_put(head, opcode, payload_len);

    CHECK(payload_len <= frame->size - HEAD_MAX);
    frame->at = (uint32_t)(HEAD_MAX - head_size);
    frame->len = (uint32_t)(head_size + payload_len);
    memcpy(frame->data + frame->at, head, head_size);
}

struct frame *frame_of_bytes(struct reactor *reactor, const void *ptr, size_t len)
{
    struct frame *frame = frame_take(reactor, len);

    if (!frame)
        return NULL;
    memcpy(frame->data, ptr, len);
    frame->at = 0;
    frame->len = (uint32_t)len;
    return frame;
}

void frame_hold(struct frame *frame)
{
    frame->refs++;
}

void frame_release(struct reactor *reactor, struct frame *frame)
{
    uint8_t class = frame->size_class;

    CHECK(frame->refs > 0);
    if (--frame->refs > 0)
        return;
    if (class == FRAME_CLASSES || reactor->free_counts[class] >= POOLED_MAX) {
        free(frame);
        return;
    }
    frame->next_free = reactor->free_frames[class];
    reactor->free_frames[class] = frame;
    reactor->free_counts[class]++;
}

void frame_pool_free(struct reactor *reactor)
{
    for (int class = 0; class < FRAME_CLASSES; class += 1) {
        struct frame *frame = reactor->free_frames[class];
        while (frame) {
            struct frame *next = frame->next_free;
            free(frame);
            frame = next;
        }
        reactor->free_frames[class] = NULL;
    }
}
