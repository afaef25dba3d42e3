/* GET /v1/profile/me and GET /v1/profile/{player}. */
#include "services/profile/handlers.h"
#include "services/profile/profile_view.h"

struct reading {
    struct str name; /* empty: by id */
    uint64_t user_id;
    struct user_profile profile;
};

static enum err by_id(struct db *db, void *arg)
{
    struct reading *reading = arg;

    return user_profile(db, reading->user_id, &reading->profile);
}

static enum err by_name(struct db *db, void *arg)
{
    struct reading *reading = arg;
    struct user user;
    enum err err = user_find_by_name(db, reading->name, &user);

    return err ? err : user_profile(db, user.id, &reading->profile);
}

enum err profile_me_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct reading reading = {.user_id = request->caller.user_id};
    enum err err = request_read(request, by_id, &reading);

    if (err) /* the token outlives its account by less than a second, but it may */
        return err == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : err;
    profile_put_own(&w, request->context, &reading.profile);
    return OK;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

enum err profile_public_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct str player = request->params[0];
    struct reading reading = {.name = player};
    bool is_id = is_digits(player);
    enum err err;

    /* No name is digits alone, so the two ways never meet. */
    if (is_id && str_to_u64(player, INT64_MAX, &reading.user_id))
        return ERR_NOT_FOUND;
    if (!is_id && player.len >= USER_NAME_SIZE)
        return ERR_NOT_FOUND;
    err = request_read(request, is_id ? by_id : by_name, &reading);
    if (err)
        return err;
    profile_put_public(&w, &reading.profile);
    return OK;
}
