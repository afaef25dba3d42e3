/* See profile_view.h. */
#include "services/profile/profile_view.h"

#include "services/presence.h"

/* The mode whose rating is a player's `mmr`. */
static const struct str MODE_SHOWN = STR_INIT("quick");

const char *profile_status(const struct context *context, const struct user_profile *profile)
{
    switch (profile->claim.kind) {
    case CLAIM_MATCH:
        return "in_match";
    case CLAIM_TICKET:
        return "queued";
    case CLAIM_DUEL:
        return "invited";
    case CLAIM_NONE:
        break;
    }
    return presence_is_online(context->presence, profile->user.id) ? "idle" : "offline";
}

#define MICRO 1000000

static const struct rating_row *rating_find(const struct user_profile *profile, struct str mode)
{
    for (size_t i = 0; i < profile->rating_count; i++)
        if (str_eq(str_from_c(profile->ratings[i].mode), mode))
            return &profile->ratings[i];
    return NULL;
}

static void rating_put(struct json_writer *w, const char *mode, struct rating_stored stored,
                       uint32_t games)
{
    json_key(w, mode);
    json_object_begin(w);
    json_i64(w, "mmr", rating_shown(stored));
    json_i64(w, "deviation", (stored.deviation_micro + MICRO / 2) / MICRO);
    json_u64(w, "games", games);
    json_object_end(w);
}

/* A newcomer has a rating before the first game: the one that game will be counted from. */
static void ratings_put(struct json_writer *w, const struct user_profile *profile)
{
    const struct rating_row *shown = rating_find(profile, MODE_SHOWN);

    json_i64(w, "mmr", rating_shown(shown ? shown->stored : rating_stored_initial()));
    json_key(w, "ratings");
    json_object_begin(w);
    if (!shown)
        rating_put(w, MODE_SHOWN.ptr, rating_stored_initial(), 0);
    for (size_t i = 0; i < profile->rating_count; i++)
        rating_put(w, profile->ratings[i].mode, profile->ratings[i].stored,
                   profile->ratings[i].games);
    json_object_end(w);
}

static void text_or_null(struct json_writer *w, const char *key, const char *text)
{
    if (text[0])
        json_c(w, key, text);
    else
        json_null(w, key);
}

static void names_put(struct json_writer *w, const struct user *user)
{
    json_u64_text(w, "player_id", user->id);
    json_u64(w, "user_id", user->id);
    json_c(w, "username", user->username);
    json_c(w, "display_name", user->display_name[0] ? user->display_name : user->username);
}

static void standing_put(struct json_writer *w, const struct user_profile *profile)
{
    text_or_null(w, "region", profile->user.region);
    ratings_put(w, profile);
    json_bool(w, "guest", profile->user.is_guest);
    json_time(w, "created_at", profile->user.created_ms);
}

void profile_put_own(struct json_writer *w, const struct context *context,
                     const struct user_profile *profile)
{
    json_object_begin(w);
    names_put(w, &profile->user);
    text_or_null(w, "email", profile->user.email);
    standing_put(w, profile);
    json_c(w, "status", profile_status(context, profile));
    if (profile->claim.kind == CLAIM_MATCH)
        json_u64_text(w, "match_id", profile->claim.ref_id);
    if (profile->party_id)
        json_u64_text(w, "party_id", profile->party_id);
    json_key(w, "preferences");
    json_put_raw(w, str_from_c(profile->preferences));
    json_object_end(w);
}

void profile_put_public(struct json_writer *w, const struct user_profile *profile)
{
    json_object_begin(w);
    names_put(w, &profile->user);
    standing_put(w, profile);
    json_object_end(w);
}
