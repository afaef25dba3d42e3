/* Games and rulesets by name. */
#include "tests/unit/test.h"

#include "games/registry.h"

TEST(a_game_is_found_by_its_exact_name)
{
    const struct game_ops *pong = registry_find(STR("pong"));

    EXPECT_NOT_NULL(pong);
    EXPECT(registry_at(0) == pong);
    EXPECT_NULL(registry_at(1));
    EXPECT_NULL(registry_find(STR("Pong")));
    EXPECT_NULL(registry_find(STR("pongo")));
    EXPECT_NULL(registry_find(STR("")));
}

TEST(a_ruleset_is_found_by_its_exact_name)
{
    const struct game_ops *pong = registry_find(STR("pong"));
    uint8_t index = 9;

    EXPECT_OK(registry_ruleset_find(pong, STR("arena"), &index));
    EXPECT_INT(2, index);
    EXPECT_ERR(ERR_NOT_FOUND, registry_ruleset_find(pong, STR("aren"), &index));
    EXPECT_INT(2, index);
}

TEST(every_game_keeps_to_what_a_room_can_hold)
{
    for (size_t at = 0; registry_at(at); at++) {
        const struct game_ops *game = registry_at(at);

        EXPECT(game->seats >= 1 && game->seats <= GAME_SEATS_MAX);
        EXPECT(game->state_size <= GAME_STATE_SIZE_MAX);
        EXPECT(game->field_count <= GAME_FIELDS_MAX);
        EXPECT(game->ruleset_count >= 1 && game->ticks_per_second > 0);
    }
}
