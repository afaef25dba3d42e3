#include "lib/store/webhooks.h"

#include "lib/base/buf.h"
#include "lib/store/outbox.h"
#include "lib/store/room_codes.h"
#include "lib/store/row.h"

static void put_id(struct buf *buf, const char *key, uint64_t id)
{
    buf_printf(buf, "\"%s\":\"%llu\",", key, (unsigned long long)id);
}

/* Milliseconds as seconds with three digits: the dialect's numbers are floats. */
static void put_seconds(struct buf *buf, const char *key, uint64_t ms)
{
    buf_printf(buf, "\"%s\":%llu.%03u,", key, (unsigned long long)(ms / 1000),
               (unsigned)(ms % 1000));
}

static void put_body(struct buf *buf, const char *code, const struct match_row *match)
{
    const struct match_player_row *players = match->players;

    buf_printf(buf, "{\"room_code\":\"%s\",", code);
    put_id(buf, "player_1_id", players[SEAT_LEFT].user_id);
    put_id(buf, "player_2_id", players[SEAT_RIGHT].user_id);
    buf_printf(buf, "\"player_1_score\":%u,\"player_2_score\":%u,", players[SEAT_LEFT].score,
               players[SEAT_RIGHT].score);
    put_id(buf, "winner_id", players[match->winner_seat].user_id);
    put_seconds(buf, "duration", match->duration_ms);
    put_seconds(buf, "finished_at", match->ended_ms);
    buf_printf(buf, "\"match_id\":%llu}", (unsigned long long)match->id);
}

static enum err add(struct db *db, const char *code, const struct match_row *match)
{
    char body_memory[512], aggregate_memory[40];
    struct outbox_args row = {.topic = STR(WEBHOOK_TOPIC), .now_ms = match->ended_ms};
    struct buf body, aggregate;

    buf_init_fixed(&body, body_memory, sizeof(body_memory));
    buf_init_fixed(&aggregate, aggregate_memory, sizeof(aggregate_memory));
    put_body(&body, code, match);
    buf_put_c(&aggregate, "match:");
    buf_put_u64(&aggregate, match->id);
    CHECK(buf_ok(&body) && buf_ok(&aggregate));
    row.aggregate = row.dedupe = buf_str(&aggregate);
    row.payload = buf_str(&body);
    return outbox_add(db, &row);
}

enum err webhooks_add_result(struct db *db, const struct match_row *match)
{
    struct room_row room;
    enum err err;

    if (match->state != MATCH_FINISHED && match->state != MATCH_FORFEITED)
        return OK;
    CHECK(match->winner_seat == SEAT_LEFT || match->winner_seat == SEAT_RIGHT);
    if (match->player_count != MATCH_SEATS)
        return OK;
    err = room_codes_of_match(db, match->id, &room);
    if (err)
        return err == ERR_NO_SUCH_ROOM ? OK : err;
    return add(db, room.code, match);
}

enum err webhooks_count(struct db *db, struct webhooks_counts *out)
{
    enum err err = ROW_NUMBER(db,
                              "SELECT COUNT(*) FROM outbox WHERE topic = $1 "
                              "AND done_ms IS NULL AND parked_ms IS NULL",
                              &out->pending, DB_ARG_TEXT(STR(WEBHOOK_TOPIC)));

    if (err)
        return err;
    return ROW_NUMBER(db, "SELECT COUNT(*) FROM outbox WHERE topic = $1 AND parked_ms IS NOT NULL",
                      &out->parked, DB_ARG_TEXT(STR(WEBHOOK_TOPIC)));
}

enum err webhooks_unpark(struct db *db, uint64_t outbox_id, uint64_t now_ms)
{
    return ROW_CHANGE(db,
                      "UPDATE outbox SET parked_ms = NULL, due_ms = $2, attempts = 0 "
                      "WHERE id = $1 AND parked_ms IS NOT NULL",
                      ERR_NOT_FOUND, DB_ARG_I64(outbox_id), DB_ARG_I64(now_ms));
}
