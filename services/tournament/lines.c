/* See lines.h. */
#include "services/tournament/lines.h"

static bool is_told(const struct lines_told *told, size_t node)
{
    return told->nodes[node / 8] >> (node % 8) & 1;
}

static void mark(struct lines_told *told, size_t node)
{
    told->nodes[node / 8] = (uint8_t)(told->nodes[node / 8] | 1u << (node % 8));
}

static const char *name_of(const struct tournament_view *view, uint64_t user_id)
{
    const struct tournament_player_row *player = tournament_view_player(view, user_id);

    return player ? player->username : "?";
}

/* False when the node has nothing to say (yet): undecided without a match, or decided without one
 * because somebody had left before. */
static bool put_node(struct buf *text, const struct tournament_view *view,
                     const struct tournament_node_row *node)
{
    if (node->state == BRACKET_BYE && node->winner_id) {
        buf_put_c(text, "0 ");
        buf_put_c(text, name_of(view, node->winner_id));
        buf_put_c(text, " bye");
        return true;
    }
    if (!node->match_id)
        return false;
    buf_put_u64(text, node->match_id);
    buf_put_char(text, ' ');
    buf_put_c(text, name_of(view, node->user_ids[SEAT_LEFT]));
    buf_put_c(text, " vs ");
    buf_put_c(text, name_of(view, node->user_ids[SEAT_RIGHT]));
    return true;
}

static bool put_round(struct buf *text, struct lines_told *told, uint8_t round)
{
    told->round = round;
    buf_put_c(text, "round ");
    buf_put_u64(text, round);
    return true;
}

static bool next_of_round(const struct tournament_view *view, struct lines_told *told,
                          uint8_t round, struct buf *text)
{
    for (size_t i = 0; i < view->node_count && i < BRACKET_NODES_MAX; i++) {
        if (view->nodes[i].round != round || is_told(told, i))
            continue;
        if (!put_node(text, view, &view->nodes[i]))
            continue;
        mark(told, i);
        return true;
    }
    return false;
}

bool lines_next(const struct tournament_view *view, struct lines_told *told, struct buf *text)
{
    if (view->node_count == 0)
        return false;
    if (!told->is_started) {
        told->is_started = true;
        buf_put_c(text, "start tournament");
        return true;
    }
    for (uint8_t round = 1; round <= view->row.round; round++) {
        if (round > told->round)
            return put_round(text, told, round);
        if (next_of_round(view, told, round, text))
            return true;
    }
    if (told->has_winner || !view->row.winner_id)
        return false;
    told->has_winner = true;
    buf_put_c(text, "winner ");
    buf_put_c(text, view->row.winner);
    return true;
}
