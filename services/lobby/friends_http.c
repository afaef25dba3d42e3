/* Friends and blocks over HTTP (protocol sections 5 and 14). */
#include "services/lobby/blocked.h"
#include "services/lobby/duel.h"
#include "services/lobby/duel_reply.h"
#include "services/lobby/handlers.h"
#include "services/lobby/people.h"
#include "services/notify.h"

struct person_body {
    struct str username;
};

static enum err body_decode(struct request *request, struct reply *reply, struct str *username)
{
    static const struct json_field FIELDS[] = {
        {.name = "username",
         .type = JSON_STR,
         .is_required = true,
         .offset = offsetof(struct person_body, username),
         .present_offset = SIZE_MAX,
         .min = 1,
         .max = 32},
    };
    static const struct json_schema SCHEMA = {FIELDS, ARRAY_COUNT(FIELDS), .allows_unknown = false};
    struct person_body body = {{0}};
    enum err err = request_decode(request, reply, &SCHEMA, &body);

    *username = body.username;
    return err;
}

/* One person acts on another. */
struct act {
    struct str name; /* of the other: username or player id */
    struct friends_pair pair;
    struct user own, other;
    struct friends_asked asked;
    uint64_t duel_id;
    struct duel_row duel; /* when duel_id is set */
};

static struct act act_of(const struct request *request, struct str name)
{
    return (struct act){.name = name,
                        .pair = {.user_id = request->caller.user_id, .now_ms = request->now_ms}};
}

static enum err act_find(struct db *db, struct act *act)
{
    enum err err = player_find(db, act->name, &act->other);

    act->pair.other_id = act->other.id;
    return err ? err : user_find(db, act->pair.user_id, &act->own);
}

static void person_put(struct buf *out, const struct user *user, const char *state)
{
    struct json_writer w = json_writer_of(out);

    json_object_begin(&w);
    json_u64_text(&w, "player_id", user->id);
    json_c(&w, "username", user->username);
    if (state)
        json_c(&w, "state", state);
    json_object_end(&w);
}

/* -- friends --------------------------------------------------------------------------------- */

struct people_list {
    uint64_t user_id;
    struct people *people;
};

static enum err friends_txn(struct db *db, void *arg)
{
    struct people_list *list = arg;

    return people_friends(db, list->user_id, list->people);
}

enum err friends_list_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct people_list list = {.user_id = request->caller.user_id,
                               .people = arena_alloc(request->arena, sizeof(*list.people))};
    enum err err;

    if (!list.people)
        return ERR_FULL;
    if ((err = request_read(request, friends_txn, &list)))
        return err;
    json_object_begin(&w);
    json_key(&w, "items");
    people_friends_put(&w, request->context, list.people);
    json_object_end(&w);
    return OK;
}

static enum err request_txn(struct db *db, void *arg)
{
    struct act *act = arg;
    enum err err = act_find(db, act);

    return err ? err : friends_request(db, &act->pair, &act->asked);
}

/* `event` to `to` about `about`. */
static void tell_person(struct request *request, struct reply *reply, uint64_t to,
                        const char *event, const struct user *about)
{
    char memory[128];
    struct buf data;

    buf_init_fixed(&data, memory, sizeof(memory));
    person_put(&data, about, NULL);
    notify_with_reply(request, reply, to, event, buf_str(&data));
}

enum err friends_add_handle(struct request *request, struct reply *reply)
{
    bool is_friend;
    struct str username;
    struct act act;
    enum err err;

    if ((err = body_decode(request, reply, &username)))
        return err;
    act = act_of(request, username);
    err = request_write(request, reply, request_txn, &act);
    if (err == ERR_INVALID)
        return reply_invalid(reply, "username", "must be somebody else");
    if (err)
        return err;
    is_friend = act.asked.state == FRIEND_FRIENDS;
    if (act.asked.is_new)
        tell_person(request, reply, act.other.id, is_friend ? "friend_accepted" : "friend_request",
                    &act.own);
    reply->status = is_friend ? 200 : 202;
    person_put(&reply->body, &act.other, is_friend ? "friends" : "requested");
    return OK;
}

static enum err unfriend_txn(struct db *db, void *arg)
{
    struct act *act = arg;
    enum err err = act_find(db, act);

    return err ? err : friends_remove(db, &act->pair);
}

enum err friends_remove_handle(struct request *request, struct reply *reply)
{
    struct act act = act_of(request, request->params[0]);
    enum err err = request_write(request, reply, unfriend_txn, &act);

    if (err)
        return err;
    reply->status = 204;
    return OK;
}

/* -- blocks ---------------------------------------------------------------------------------- */

static enum err blocks_txn(struct db *db, void *arg)
{
    struct people_list *list = arg;

    return blocks_list(db, list->user_id, list->people->rows, BLOCKS_MAX, &list->people->count);
}

enum err blocks_list_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct people_list list = {.user_id = request->caller.user_id,
                               .people = arena_alloc(request->arena, sizeof(*list.people))};
    enum err err;

    if (!list.people)
        return ERR_FULL;
    if ((err = request_read(request, blocks_txn, &list)))
        return err;
    json_object_begin(&w);
    json_key(&w, "items");
    json_array_begin(&w);
    for (size_t i = 0; i < list.people->count; i++) {
        json_object_begin(&w);
        json_u64_text(&w, "player_id", list.people->rows[i].user_id);
        json_c(&w, "username", list.people->rows[i].username);
        json_time(&w, "created_at", list.people->rows[i].created_ms);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    return OK;
}

static enum err block_txn(struct db *db, void *arg)
{
    struct act *act = arg;
    enum err err = act_find(db, act);

    if (!err)
        err = blocks_add(db, &act->pair, &act->duel_id);
    if (!err && act->duel_id != 0)
        err = duels_find(db, act->duel_id, &act->duel);
    return err;
}

static void tell_block(struct request *request, struct reply *reply, const struct act *act,
                       bool is_blocked)
{
    reply_event(request, reply, BLOCKED_SUBJECT,
                "{\"user_id\":%llu,\"other_id\":%llu,\"is_blocked\":%s}",
                (unsigned long long)act->pair.user_id, (unsigned long long)act->pair.other_id,
                is_blocked ? "true" : "false");
}

enum err blocks_add_handle(struct request *request, struct reply *reply)
{
    struct str username;
    struct act act;
    enum err err;

    if ((err = body_decode(request, reply, &username)))
        return err;
    act = act_of(request, username);
    err = request_write(request, reply, block_txn, &act);
    if (err == ERR_INVALID)
        return reply_invalid(reply, "username", "must be somebody else");
    if (err)
        return err;
    tell_block(request, reply, &act, true);
    if (act.duel_id != 0)
        duel_tell_with_reply(request, reply, &act.duel);
    reply->status = 201;
    person_put(&reply->body, &act.other, NULL);
    return OK;
}

static enum err unblock_txn(struct db *db, void *arg)
{
    struct act *act = arg;
    enum err err = act_find(db, act);

    return err ? err : blocks_remove(db, &act->pair);
}

enum err blocks_remove_handle(struct request *request, struct reply *reply)
{
    struct act act = act_of(request, request->params[0]);
    enum err err = request_write(request, reply, unblock_txn, &act);

    if (err)
        return err;
    tell_block(request, reply, &act, false);
    reply->status = 204;
    return OK;
}
