/* Slots: stale ids find nothing; the table refuses beyond its maximum. */
#include "tests/unit/test.h"

#include "lib/base/slots.h"

TEST(a_freed_slot_is_not_found_by_its_old_id)
{
    struct slots slots;
    struct slot_id first, second;

    EXPECT_OK(slots_init(&slots, sizeof(int), 2));
    EXPECT_NOT_NULL(slots_take(&slots, &first));
    slots_free(&slots, first);
    EXPECT_NULL(slots_get(&slots, first));
    EXPECT_NOT_NULL(slots_take(&slots, &second));
    EXPECT_INT(first.index, second.index);
    EXPECT_NULL(slots_get(&slots, first));
    EXPECT_NOT_NULL(slots_get(&slots, second));
    slots_release(&slots);
}

TEST(a_full_table_refuses_and_recovers_after_a_free)
{
    struct slots slots;
    struct slot_id ids[100], extra;

    EXPECT_OK(slots_init(&slots, 24, 100));
    for (int i = 0; i < 100; i++)
        EXPECT_NOT_NULL(slots_take(&slots, &ids[i]));
    EXPECT_NULL(slots_take(&slots, &extra));
    slots_free(&slots, ids[41]);
    EXPECT_NOT_NULL(slots_take(&slots, &extra));
    EXPECT_INT(100, slots.count);
    slots_release(&slots);
}

TEST(a_walk_visits_every_slot_in_use_once)
{
    struct slots slots;
    struct slot_id id;
    uint32_t at = 1, seen = 0;

    EXPECT_OK(slots_init(&slots, 8, 200));
    for (int i = 0; i < 150; i++)
        EXPECT_NOT_NULL(slots_take(&slots, &id));
    slots_free(&slots, (struct slot_id){.index = 7, .generation = 1});
    while (slots_next(&slots, &at, &id))
        seen++;
    EXPECT_INT(149, seen);
    slots_release(&slots);
}
