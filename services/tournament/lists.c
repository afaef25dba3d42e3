/*
 * Tournaments to look at, for anybody: the open ones in the form of dialect C, all of them by page
 * or by cursor, and one with its bracket. A cursor says after which tournament to go on; it is
 * bound to the filter it was made for.
 */
#include "lib/crypt/digest.h"
#include "lib/crypt/signer.h"
#include "lib/wire/url.h"
#include "services/tournament/handlers.h"
#include "services/tournament/view.h"

#define OPEN_MAX 100
#define PAGE_SIZE_DEFAULT 20
#define PAGE_SIZE_MAX 100
#define PAGE_MAX 1000000
#define ANY_STATE (-1)
#define CURSOR_PROOF_SIZE 8 /* bytes of the HMAC, in hex behind the id */

struct listing {
    struct tournaments_list_args args;
    struct tournament_row *rows;
    size_t count;
    uint64_t total;
};

static enum err listing_txn(struct db *db, void *arg)
{
    struct listing *listing = arg;
    enum err err = tournaments_list(db, &listing->args, listing->rows, &listing->count);

    return err ? err : tournaments_count(db, listing->args.state, &listing->total);
}

static enum err listing_read(struct request *request, struct listing *listing)
{
    listing->rows = arena_alloc(request->arena, listing->args.limit * sizeof(*listing->rows));
    return listing->rows ? request_read(request, listing_txn, listing) : ERR_FULL;
}

/* -- dialect C ------------------------------------------------------------------------------- */

static void time_or_null(struct json_writer *w, const char *key, uint64_t at_ms)
{
    if (at_ms)
        json_time(w, key, at_ms);
    else
        json_null(w, key);
}

static void put_seed(struct json_writer *w, const struct tournament_row *row)
{
    json_object_begin(w);
    json_u64(w, "id", row->id);
    json_c(w, "name", row->name);
    json_c(w, "creator", row->creator);
    json_c(w, "status", "open");
    json_u64(w, "player_limit", row->player_limit);
    json_u64(w, "player_count", row->player_count);
    json_u64(w, "round", row->round);
    time_or_null(w, "start_date", row->auto_start_ms);
    tournament_extras_put(w, row);
    json_object_end(w);
}

enum err tournament_open_list_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct listing listing = {.args = {.state = TOURNAMENT_OPEN, .limit = OPEN_MAX}};
    enum err err = listing_read(request, &listing);

    if (err)
        return err;
    json_array_begin(&w);
    for (size_t i = 0; i < listing.count; i++)
        put_seed(&w, &listing.rows[i]);
    json_array_end(&w);
    return OK;
}

/* -- cursors --------------------------------------------------------------------------------- */

static void put_cursor_text(struct buf *out, struct context *context, int state, uint64_t id)
{
    uint8_t key[32], proof[SHA256_SIZE];
    char memory[64];
    struct buf text;

    buf_init_fixed(&text, memory, sizeof(memory));
    buf_printf(&text, "tournaments %d %llu", state, (unsigned long long)id);
    signer_derive(context->signer, "cursor", key);
    hmac_sha256(str_of(key, sizeof(key)), buf_str(&text), proof);
    buf_put_u64(out, id);
    buf_put_char(out, '-');
    buf_put_hex(out, proof, CURSOR_PROOF_SIZE);
}

static enum err cursor_read(struct context *context, struct str cursor, int state, uint64_t *id)
{
    char memory[64];
    struct buf text;

    if (str_to_u64(str_slice(cursor, 0, str_find(cursor, '-', 0)), INT64_MAX, id))
        return ERR_CURSOR;
    buf_init_fixed(&text, memory, sizeof(memory));
    put_cursor_text(&text, context, state, *id);
    return secret_eq(buf_str(&text), cursor) ? OK : ERR_CURSOR;
}

/* -- /v1/tournaments ------------------------------------------------------------------------- */

struct list_query {
    int state;
    uint64_t page, page_size;
    uint64_t before_id;
};

/* A whole number of the query in [1, max]; `*out` stays when it is not there. */
static enum err query_number(struct request *request, struct reply *reply, const char *name,
                             uint64_t max, uint64_t *out)
{
    struct str text;
    uint64_t number;
    enum err err = query_get(request->query, str_from_c(name), request->arena, &text);

    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    if (str_to_u64(text, max, &number) || number == 0)
        return reply_invalid(reply, name, "must be a whole number within its range");
    *out = number;
    return OK;
}

static enum err query_state(struct request *request, struct reply *reply, int *state)
{
    struct str text;
    enum err err = query_get(request->query, STR("state"), request->arena, &text);

    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    for (*state = 0; *state < TOURNAMENT_STATE_COUNT; (*state)++)
        if (str_eq(text, str_from_c(tournament_state_name((enum tournament_state) * state))))
            return OK;
    return reply_invalid(reply, "state", "must be open, started, finished or cancelled");
}

static enum err query_read(struct request *request, struct reply *reply, struct list_query *query)
{
    struct str cursor;
    enum err err;

    if ((err = query_number(request, reply, "page", PAGE_MAX, &query->page)))
        return err;
    if ((err = query_number(request, reply, "page_size", PAGE_SIZE_MAX, &query->page_size)))
        return err;
    if ((err = query_state(request, reply, &query->state)))
        return err;
    err = query_get(request->query, STR("cursor"), request->arena, &cursor);
    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    return cursor_read(request->context, cursor, query->state, &query->before_id);
}

static void put_next(struct request *request, struct json_writer *w, const struct listing *listing)
{
    char memory[64];
    struct buf text;

    json_key(w, "next_cursor");
    if (listing->count < listing->args.limit) {
        json_put_null(w);
        return;
    }
    buf_init_fixed(&text, memory, sizeof(memory));
    put_cursor_text(&text, request->context, listing->args.state,
                    listing->rows[listing->count - 1].id);
    json_put_str(w, buf_str(&text));
}

enum err tournament_list_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct list_query query = {.state = ANY_STATE, .page = 1, .page_size = PAGE_SIZE_DEFAULT};
    struct listing listing = {0};
    enum err err = query_read(request, reply, &query);

    if (err)
        return err;
    listing.args = (struct tournaments_list_args){
        .state = query.state,
        .before_id = query.before_id,
        .skip = query.before_id ? 0 : (query.page - 1) * query.page_size,
        .limit = (size_t)query.page_size};
    if ((err = listing_read(request, &listing)))
        return err;
    json_object_begin(&w);
    json_key(&w, "items");
    json_array_begin(&w);
    for (size_t i = 0; i < listing.count; i++) {
        json_object_begin(&w);
        tournament_row_put(&w, &listing.rows[i]);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_u64(&w, "total", listing.total);
    json_u64(&w, "page", query.page);
    json_u64(&w, "page_size", query.page_size);
    put_next(request, &w, &listing);
    json_object_end(&w);
    return OK;
}

/* -- /v1/tournaments/{id} -------------------------------------------------------------------- */

struct detail {
    struct request *request;
    uint64_t tournament_id;
    struct tournament_view view;
};

static enum err detail_txn(struct db *db, void *arg)
{
    struct detail *detail = arg;

    return tournament_view_load(db, detail->tournament_id, detail->request->arena, &detail->view);
}

enum err tournament_detail_handle(struct request *request, struct reply *reply)
{
    struct json_writer w = json_writer_of(&reply->body);
    struct detail detail = {.request = request};
    enum err err;

    if ((err = tournament_param(request, &detail.tournament_id)))
        return err;
    if ((err = request_read(request, detail_txn, &detail)))
        return err;
    tournament_view_put(&w, &detail.view);
    return OK;
}
