/* The words of a tournament, as a listener hears them who is told after every step. */
#include "tests/unit/test.h"

#include "services/tournament/lines.h"

static const struct tournament_player_row PLAYERS[] = {
    {.user_id = 1, .username = "ann", .seed = 1},
    {.user_id = 2, .username = "bob", .seed = 2},
    {.user_id = 3, .username = "cat", .seed = 3},
};

struct world {
    struct tournament_player_row players[3];
    struct tournament_node_row nodes[3];
    struct tournament_view view;
    struct lines_told told;
    char heard[1024];
    struct buf lines;
};

/* Three players: ann has a bye, bob meets cat. */
static void world_init(struct world *world)
{
    memset(world, 0, sizeof(*world));
    memcpy(world->players, PLAYERS, sizeof(PLAYERS));
    world->nodes[0] = (struct tournament_node_row){
        .round = 1, .slot = 0, .state = BRACKET_BYE, .user_ids = {1, 0}, .winner_id = 1};
    world->nodes[1] = (struct tournament_node_row){
        .round = 1, .slot = 1, .state = BRACKET_CALLED, .user_ids = {2, 3}, .match_id = 50};
    world->nodes[2] = (struct tournament_node_row){
        .round = 2, .slot = 0, .state = BRACKET_PENDING, .user_ids = {1, 0}};
    world->view = (struct tournament_view){.row = {.state = TOURNAMENT_STARTED, .round = 1},
                                           .players = world->players,
                                           .player_count = 3,
                                           .nodes = world->nodes,
                                           .node_count = 3};
    buf_init_fixed(&world->lines, world->heard, sizeof(world->heard));
}

static struct str hear(struct world *world)
{
    char memory[LINES_TEXT_SIZE];
    struct buf line;

    buf_clear(&world->lines);
    buf_init_fixed(&line, memory, sizeof(memory));
    while (lines_next(&world->view, &world->told, &line)) {
        buf_put_str(&world->lines, buf_str(&line));
        buf_put_char(&world->lines, '|');
        buf_clear(&line);
    }
    return buf_str(&world->lines);
}

static void final_is_called(struct world *world)
{
    world->nodes[1].state = BRACKET_FINISHED;
    world->nodes[1].winner_id = 3;
    world->nodes[2].state = BRACKET_CALLED;
    world->nodes[2].user_ids[1] = 3;
    world->nodes[2].match_id = 51;
    world->view.row.round = 2;
}

static void final_is_won(struct world *world)
{
    world->nodes[2].state = BRACKET_FINISHED;
    world->nodes[2].winner_id = 3;
    world->view.row.state = TOURNAMENT_FINISHED;
    world->view.row.winner_id = 3;
    memcpy(world->view.row.winner, "cat", 4);
}

TEST(nothing_is_said_before_the_start)
{
    struct world world;

    world_init(&world);
    world.view.row.state = TOURNAMENT_OPEN;
    world.view.node_count = 0;
    EXPECT_STR("", hear(&world));
}

TEST(every_step_is_said_once)
{
    struct world world;

    world_init(&world);
    EXPECT_STR("start tournament|round 1|0 ann bye|50 bob vs cat|", hear(&world));
    EXPECT_STR("", hear(&world));
    final_is_called(&world);
    EXPECT_STR("round 2|51 ann vs cat|", hear(&world));
    final_is_won(&world);
    EXPECT_STR("winner cat|", hear(&world));
    EXPECT_STR("", hear(&world));
}

TEST(who_comes_late_hears_the_same)
{
    struct world world;

    world_init(&world);
    final_is_called(&world);
    final_is_won(&world);
    EXPECT_STR("start tournament|round 1|0 ann bye|50 bob vs cat|round 2|"
               "51 ann vs cat|winner cat|",
               hear(&world));
}

TEST(a_match_that_is_not_made_yet_is_said_when_it_is)
{
    struct world world;

    world_init(&world);
    world.nodes[1].match_id = 0;
    EXPECT_STR("start tournament|round 1|0 ann bye|", hear(&world));
    world.nodes[1].match_id = 50;
    EXPECT_STR("50 bob vs cat|", hear(&world));
}

TEST(an_end_without_a_winner_names_nobody)
{
    struct world world;

    world_init(&world);
    final_is_called(&world);
    (void)hear(&world);
    world.nodes[2].state = BRACKET_VOID;
    world.view.row.state = TOURNAMENT_FINISHED;
    EXPECT_STR("", hear(&world));
}
