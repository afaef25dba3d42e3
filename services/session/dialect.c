/* See dialect.h. */
#include "services/session/dialect.h"

const struct dialect *const DIALECTS[DIALECT_COUNT] = {&DIALECT_NATIVE, &DIALECT_SEED_B};

const struct dialect *dialect_of(const char *protocol, bool is_by_code)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (strcmp(protocol, DIALECTS[i]->name) == 0)
            return DIALECTS[i];
    return is_by_code ? &DIALECT_SEED_B : &DIALECT_NATIVE;
}

bool dialect_is_spoken(const struct room *room, const struct dialect *dialect)
{
    list_for_each (node, &room->sockets)
        if (container_of(node, struct room_socket, link)->dialect == dialect)
            return true;
    return false;
}

void dialect_send(struct room *room, const struct dialect *dialect, struct str text,
                  enum dialect_whom whom, int8_t seat)
{
    struct frame *frame = frame_new(room->reactor, text.len);

    if (!frame)
        return;
    memcpy(frame_payload(frame), text.ptr, text.len);
    frame_finish(frame, WS_TEXT, text.len);
    list_for_each (node, &room->sockets) {
        struct room_socket *socket = container_of(node, struct room_socket, link);
        if (socket->dialect == dialect && (whom == DIALECT_ALL || socket->seat == seat))
            room_send(room, socket, frame);
    }
    frame_release(room->reactor, frame);
}
