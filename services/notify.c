/* See notify.h. */
#include "services/notify.h"

#include "lib/bus/bus.h"

#define PAYLOAD_SIZE (NOTIFY_DATA_MAX + 128)

static struct str payload_make(char memory[PAYLOAD_SIZE], uint64_t user_id, const char *event,
                               struct str data)
{
    struct buf payload;
    struct json_writer w = json_writer_of(&payload);

    CHECK(data.len <= NOTIFY_DATA_MAX);
    buf_init_fixed(&payload, memory, PAYLOAD_SIZE);
    json_object_begin(&w);
    json_u64(&w, "user_id", user_id);
    json_c(&w, "event", event);
    json_key(&w, "data");
    json_put_raw(&w, data);
    json_object_end(&w);
    CHECK(buf_ok(&payload));
    return buf_str(&payload);
}

void notify_user(struct context *context, uint64_t user_id, const char *event, struct str data)
{
    char memory[PAYLOAD_SIZE];

    bus_publish(context->bus, NOTIFY_SUBJECT, payload_make(memory, user_id, event, data));
}

void notify_with_reply(struct request *request, struct reply *reply, uint64_t user_id,
                       const char *event, struct str data)
{
    char memory[PAYLOAD_SIZE];
    struct str payload = payload_make(memory, user_id, event, data);

    CHECK(reply->event_count < REPLY_EVENTS_MAX);
    reply->events[reply->event_count++] = (struct reply_event){
        .subject = NOTIFY_SUBJECT, .payload = arena_copy(request->arena, payload)};
}
