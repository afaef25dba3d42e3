/*
 * History as dialect A reads it: `{"matches":[...]}`, usernames instead of ids, duration in
 * seconds. `page` (from 1) and `page_size` walk it; without them the newest hundred come at once,
 * because the clients of that dialect ask once and show what they get.
 */
#include "lib/store/history.h"

#include "lib/wire/url.h"
#include "services/leaderboard/handlers.h"

#define PAGE_SIZE_MAX 100
#define PAGE_MAX 1000000

enum err param_id(const struct request *request, uint64_t *id)
{
    return str_to_u64(request->params[0], INT64_MAX, id) ? ERR_NOT_FOUND : OK;
}

/* A whole number of the query in [1, max]; `*out` stays when it is not there. */
static enum err page_number(struct request *request, struct reply *reply, const char *name,
                            uint64_t max, uint64_t *out)
{
    struct str text;
    uint64_t number;
    enum err err = query_get(request->query, str_from_c(name), request->arena, &text);

    if (err == ERR_NOT_FOUND)
        return OK;
    if (err)
        return err;
    if (str_to_u64(text, max, &number) || number == 0)
        return reply_invalid(reply, name, "must be a whole number within its range");
    *out = number;
    return OK;
}

struct listing {
    struct history_args args;
    struct history_item *items;
    size_t count;
};

static enum err listing_txn(struct db *db, void *arg)
{
    struct listing *listing = arg;
    struct user user;
    enum err err;

    /* A player without matches has an empty history, a stranger has none. */
    if ((err = user_find(db, listing->args.user_id, &user)))
        return err;
    return history_list(db, &listing->args, listing->items, &listing->count);
}

static void item_put(struct json_writer *w, const struct history_item *item)
{
    json_object_begin(w);
    json_u64(w, "game_id", item->match_id);
    json_c(w, "player1", item->player1);
    json_c(w, "player2", item->player2);
    if (item->winner[0])
        json_c(w, "winner", item->winner);
    else
        json_null(w, "winner");
    json_u64(w, "player1_score", item->player1_score);
    json_u64(w, "player2_score", item->player2_score);
    json_c(w, "game_type", item->ruleset);
    json_time(w, "played_at", item->played_ms);
    json_hundredths(w, "duration", (int64_t)(item->duration_ms / 10));
    json_object_end(w);
}

static enum err listing_reply(struct request *request, struct reply *reply, uint64_t user_id)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct listing listing = {.args = {.user_id = user_id}};
    uint64_t page = 1, page_size = PAGE_SIZE_MAX;
    enum err err;

    if ((err = page_number(request, reply, "page", PAGE_MAX, &page)))
        return err;
    if ((err = page_number(request, reply, "page_size", PAGE_SIZE_MAX, &page_size)))
        return err;
    listing.args.skip = (page - 1) * page_size;
    listing.args.limit = (size_t)page_size;
    listing.items = arena_alloc(request->arena, (size_t)page_size * sizeof(*listing.items));
    if (!listing.items)
        return ERR_FULL;
    if ((err = request_read(request, listing_txn, &listing)))
        return err;
    json_object_begin(&w);
    json_key(&w, "matches");
    json_array_begin(&w);
    for (size_t i = 0; i < listing.count; i++)
        item_put(&w, &listing.items[i]);
    json_array_end(&w);
    json_object_end(&w);
    return OK;
}

enum err history_own_handle(struct request *request, struct reply *reply)
{
    return listing_reply(request, reply, request->caller.user_id);
}

enum err history_of_handle(struct request *request, struct reply *reply)
{
    uint64_t user_id;
    enum err err = param_id(request, &user_id);

    return err ? err : listing_reply(request, reply, user_id);
}

struct tally {
    uint64_t user_id;
    struct winrate winrate;
};

static enum err tally_txn(struct db *db, void *arg)
{
    struct tally *tally = arg;
    struct user user;
    enum err err;

    if ((err = user_find(db, tally->user_id, &user)))
        return err;
    return history_winrate(db, tally->user_id, &tally->winrate);
}

/* Percent of the decided games, in hundredths; nothing played is 0. */
static int64_t percent_hundredths(uint64_t wins, uint64_t losses)
{
    uint64_t decided = wins + losses;

    return decided == 0 ? 0 : (int64_t)((wins * 10000 + decided / 2) / decided);
}

enum err winrate_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct tally tally = {0};
    enum err err;

    if ((err = param_id(request, &tally.user_id)))
        return err;
    if ((err = request_read(request, tally_txn, &tally)))
        return err;
    json_object_begin(&w);
    json_hundredths(&w, "winrate", percent_hundredths(tally.winrate.wins, tally.winrate.losses));
    json_u64(&w, "wins", tally.winrate.wins);
    json_u64(&w, "losses", tally.winrate.losses);
    json_object_end(&w);
    return OK;
}
