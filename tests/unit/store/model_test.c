/*
 * Random operations on the store and on a model of it that a person can check: a list of who waits,
 * and what each player is doing. Every answer must be the model's, and the audit stays clean.
 */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

#include "lib/base/rng.h"

#define PLAYERS 7
#define STEPS 3000
#define AUDIT_EVERY 100

enum doing { IDLE, WAITING, PLAYING };

struct model_player {
    enum doing doing;
    uint64_t match_id;   /* PLAYING */
    uint64_t last_match; /* 0: none; the last one that ended */
    bool has_socket;
    uint64_t lost_ms; /* 0: not lost */
    uint32_t wins, losses, rated;
};

struct model_match {
    uint64_t id;
    size_t players[2];
    uint16_t scores[2];
    uint64_t epoch;
    bool has_ended;
    bool has_rematch;
    int8_t winner;
};

static struct {
    struct model_player players[PLAYERS]; /* user id is the index + 1 */
    size_t waiting[PLAYERS];              /* player indexes, oldest first */
    size_t waiting_count;
    struct model_match matches[STEPS];
    size_t match_count;
    uint64_t now_ms;
} model;
static struct rng rng;

/* -- the model ------------------------------------------------------------------------------- */

static struct model_match *model_match(uint64_t id)
{
    EXPECT(id >= MATCH_ID_FIRST && id < MATCH_ID_FIRST + model.match_count);
    return &model.matches[id - MATCH_ID_FIRST];
}

static void model_start(uint64_t id, size_t left, size_t right)
{
    struct model_match *match = &model.matches[model.match_count++];

    *match = (struct model_match){.id = id, .players = {left, right}, .winner = -1};
    for (int seat = 0; seat < 2; seat++) {
        model.players[match->players[seat]].doing = PLAYING;
        model.players[match->players[seat]].match_id = id;
        model.players[match->players[seat]].lost_ms = 0;
    }
}

static void model_unwait(size_t player)
{
    size_t at = 0;

    while (model.waiting[at] != player)
        at++;
    model.waiting_count--;
    for (; at < model.waiting_count; at++)
        model.waiting[at] = model.waiting[at + 1];
    model.players[player].doing = IDLE;
    model.players[player].lost_ms = 0;
}

/* -- one operation each ---------------------------------------------------------------------- */

static void try_join(size_t player)
{
    static const enum err WANTED[] = {OK, ERR_ALREADY_QUEUED, ERR_IN_MATCH};
    struct ticket_join_args args = join_args(player + 1, model.now_ms);
    enum doing doing = model.players[player].doing;
    struct ticket_joined joined;

    args.has_socket = rng_below(&rng, 2);
    args.swap_sides = rng_below(&rng, 2);
    EXPECT_ERR(WANTED[doing], TXN(ticket_join(db, &args, &joined)));
    if (doing == PLAYING)
        EXPECT_INT(model.players[player].match_id, joined.match_id);
    if (doing != IDLE)
        return;
    model.players[player].has_socket = args.has_socket;
    if (model.waiting_count == 0) {
        EXPECT_INT(0, joined.match_id);
        EXPECT_INT(1, joined.position);
        model.waiting[model.waiting_count++] = player;
        model.players[player].doing = WAITING;
        return;
    }
    EXPECT_INT(model.waiting[0] + 1, joined.opponent_id);
    EXPECT_INT(MATCH_ID_FIRST + model.match_count, joined.match_id);
    EXPECT_INT(args.swap_sides ? SEAT_LEFT : SEAT_RIGHT, joined.seat);
    {
        size_t other = model.waiting[0];
        model_unwait(other);
        model_start(joined.match_id, args.swap_sides ? player : other,
                    args.swap_sides ? other : player);
    }
}

static void try_leave(size_t player)
{
    static const enum err WANTED[] = {ERR_NOT_QUEUED, OK, ERR_IN_MATCH};
    uint64_t ticket_id;

    EXPECT_ERR(WANTED[model.players[player].doing],
               TXN(ticket_leave(db, player + 1, model.now_ms, &ticket_id)));
    if (model.players[player].doing == WAITING)
        model_unwait(player);
}

static void try_status(size_t player)
{
    static const enum ticket_place_state WANTED[] = {TICKET_IDLE, TICKET_QUEUED, TICKET_MATCHED};
    struct ticket_place place;

    EXPECT_OK(TXN(ticket_status(db, player + 1, STR("quick"), &place)));
    EXPECT_INT(WANTED[model.players[player].doing], place.state);
    EXPECT_INT(model.waiting_count, place.total);
    if (place.state == TICKET_MATCHED)
        EXPECT_INT(model.players[player].match_id, place.match_id);
}

static void try_lose_socket(size_t player)
{
    struct model_player *it = &model.players[player];

    EXPECT_OK(TXN(ticket_socket_lost(db, player + 1, model.now_ms)));
    if (it->doing == WAITING && it->has_socket && !it->lost_ms)
        it->lost_ms = model.now_ms;
}

static void try_expire(void)
{
    uint64_t before_ms = model.now_ms - 20;
    struct ticket_expired expired;
    size_t wanted = 0;

    EXPECT_OK(TXN(ticket_expire_lost(db, before_ms, model.now_ms, &expired)));
    for (size_t i = 0; i < PLAYERS; i++) {
        if (model.players[i].doing != WAITING || !model.players[i].lost_ms ||
            model.players[i].lost_ms >= before_ms)
            continue;
        model_unwait(i);
        wanted++;
    }
    EXPECT_INT(wanted, expired.count);
}

static void try_take(struct model_match *match)
{
    struct matches_take_args args = {
        .match_id = match->id, .node = STR("here"), .now_ms = model.now_ms};
    uint64_t epoch = 0;

    EXPECT_ERR(match->has_ended ? ERR_MATCH_ENDED : OK, TXN(matches_take(db, &args, &epoch)));
    if (match->has_ended)
        return;
    EXPECT_INT(match->epoch + 1, epoch);
    match->epoch = epoch;
}

static void try_point(struct model_match *match)
{
    uint8_t seat = (uint8_t)rng_below(&rng, 2);
    uint32_t number = (uint32_t)match->scores[0] + match->scores[1] + 1;
    bool is_stale = rng_below(&rng, 8) == 0;
    uint16_t left = (uint16_t)(match->scores[0] + (seat == 0));
    uint16_t right = (uint16_t)(match->scores[1] + (seat == 1));
    enum err wanted = match->has_ended                ? ERR_MATCH_ENDED
                      : is_stale || match->epoch == 0 ? ERR_STALE_EPOCH
                                                      : OK;

    EXPECT_ERR(wanted, point(match->id, match->epoch - is_stale, number, seat, left, right));
    if (wanted)
        return;
    EXPECT_OK(point(match->id, match->epoch, number, seat, left, right));
    match->scores[seat]++;
}

static void model_end(struct model_match *match, int8_t winner, bool is_rated)
{
    match->has_ended = true;
    match->winner = winner;
    for (int8_t seat = 0; seat < 2; seat++) {
        struct model_player *player = &model.players[match->players[seat]];
        player->doing = IDLE;
        player->last_match = match->id;
        player->rated += is_rated;
        player->wins += is_rated && winner == seat;
        player->losses += is_rated && winner != seat;
    }
}

static void try_finish(struct model_match *match)
{
    static const enum match_reason REASONS[] = {MATCH_REASON_SCORE, MATCH_REASON_FORFEIT,
                                                MATCH_REASON_NO_SHOW, MATCH_REASON_CANCELLED};
    enum match_reason reason = REASONS[rng_below(&rng, ARRAY_COUNT(REASONS))];
    int8_t winner = reason == MATCH_REASON_CANCELLED ? -1 : (int8_t)rng_below(&rng, 2);
    struct matches_finish_args args =
        finish_args(match->id, match->epoch, winner, match->scores[0], match->scores[1]);
    struct matches_finished finished;

    args.reason = reason;
    if (match->has_ended || match->epoch == 0)
        return; /* repeats are below, in the same step */
    EXPECT_OK(TXN(matches_finish(db, &args, &finished)));
    EXPECT_FALSE(finished.is_repeat);
    model_end(match, winner, reason == MATCH_REASON_SCORE || reason == MATCH_REASON_FORFEIT);
    EXPECT_OK(TXN(matches_finish(db, &args, &finished)));
    EXPECT(finished.is_repeat);
    args.winner_seat = (int8_t)(winner == 0 ? 1 : 0);
    args.reason = MATCH_REASON_RESIGN;
    EXPECT_ERR(ERR_CONFLICT, TXN(matches_finish(db, &args, &finished)));
}

static void try_rematch(struct model_match *match)
{
    struct matches_rematch_args args = {.match_id = match->id, .seed = 1, .now_ms = model.now_ms};
    struct matches_rematched rematched;
    enum doing left = model.players[match->players[0]].doing;
    enum doing right = model.players[match->players[1]].doing;
    enum err wanted = OK;

    if (!match->has_ended || match->winner < 0)
        wanted = ERR_BAD_STATE;
    else if (!match->has_rematch && left != IDLE)
        wanted = left == WAITING ? ERR_ALREADY_QUEUED : ERR_IN_MATCH;
    else if (!match->has_rematch && right != IDLE)
        wanted = right == WAITING ? ERR_ALREADY_QUEUED : ERR_IN_MATCH;
    EXPECT_ERR(wanted, TXN(matches_rematch(db, &args, &rematched)));
    if (wanted)
        return;
    EXPECT_INT(match->has_rematch, rematched.is_repeat);
    if (match->has_rematch)
        return;
    match->has_rematch = true;
    EXPECT_INT(MATCH_ID_FIRST + model.match_count, rematched.match_id);
    model_start(rematched.match_id, match->players[0], match->players[1]);
}

/* -- the run --------------------------------------------------------------------------------- */

static void step(void)
{
    size_t player = rng_below(&rng, PLAYERS);
    struct model_match *match = NULL;

    if (model.match_count > 0) {
        size_t back = rng_below(&rng, model.match_count < 6 ? model.match_count : 6);
        match = model_match(MATCH_ID_FIRST + model.match_count - 1 - back);
    }
    model.now_ms += rng_below(&rng, 10);
    switch (rng_below(&rng, match ? 12 : 6)) {
    case 0:
    case 1:
        try_join(player);
        break;
    case 2:
        try_leave(player);
        break;
    case 3:
        try_status(player);
        break;
    case 4:
        try_lose_socket(player);
        break;
    case 5:
        try_expire();
        break;
    case 6:
        try_take(match);
        break;
    case 7:
    case 8:
    case 9:
        try_point(match);
        break;
    case 10:
        try_finish(match);
        break;
    default:
        try_rematch(match);
        break;
    }
}

static void compare_ratings(void)
{
    for (size_t i = 0; i < PLAYERS; i++) {
        struct rating_row row;
        EXPECT_OK(TXN(ratings_find(db, i + 1, STR("quick"), &row)));
        EXPECT_INT(model.players[i].rated, row.games);
        EXPECT_INT(model.players[i].wins, row.wins);
        EXPECT_INT(model.players[i].losses, row.losses);
    }
}

static void run_seed(uint64_t seed)
{
    static const char *const NAMES[PLAYERS] = {"aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg"};

    rng_init(&rng, seed);
    memset(&model, 0, sizeof(model));
    model.now_ms = T0;
    fixture_open();
    EXPECT_OK(db_script(fixture_db, "PRAGMA synchronous = OFF;")); /* no crash in this test */
    for (size_t i = 0; i < PLAYERS; i++)
        EXPECT_INT(i + 1, user_named(NAMES[i]));
    for (int i = 0; i < STEPS; i++) {
        step();
        if (i % AUDIT_EVERY == 0)
            EXPECT_INT(0, fixture_audit());
    }
    compare_ratings();
    EXPECT(model.match_count > STEPS / 100);
    fixture_close();
}

TEST(random_evenings_agree_with_the_model)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        run_seed(seed);
}
