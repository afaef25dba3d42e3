/*
 * The quick queue's use cases over a real store in an empty folder: who waits, who is matched, who
 * is told what. The rows themselves are the store's own tests' business.
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bus/bus.h"
#include "lib/crypt/random.h"
#include "lib/kv/kv.h"
#include "lib/store/users.h"
#include "services/matchmaker/quick.h"
#include "services/matchmaker/waits.h"

#define NOW 1700000000000u

struct world {
    struct settings settings;
    struct context context;
    char folder[64];
    char path[96];
    char heard[512];
    struct buf events;
};

static void hear(void *ctx, struct str subject, struct str payload)
{
    struct world *world = ctx;

    buf_put_str(&world->events, subject);
    buf_put_char(&world->events, ' ');
    buf_put_str(&world->events, payload);
    buf_put_char(&world->events, '\n');
}

static void world_init(struct world *world)
{
    struct store_config config = {.url = world->path, .reader_count = 1};

    *world = (struct world){.settings = {.queue_grace_ms = 30000}, .folder = "/tmp/rally-XXXXXX"};
    crypt_init();
    EXPECT_NOT_NULL(mkdtemp(world->folder));
    snprintf(world->path, sizeof(world->path), "%s/rally.db", world->folder);
    buf_init_fixed(&world->events, world->heard, sizeof(world->heard));
    world->context.settings = &world->settings;
    world->context.kv = kv_new_memory(1000, 1 << 20);
    world->context.bus = bus_new_local();
    EXPECT_OK(bus_subscribe(world->context.bus, "queue.>", hear, world));
    EXPECT_OK(store_open(&config, &world->context.store));
}

static void world_release(struct world *world)
{
    static const char *const ENDINGS[] = {"", "-wal", "-shm", ".lock"};
    char path[112];

    store_close(world->context.store);
    bus_free(world->context.bus);
    kv_free(world->context.kv);
    for (size_t i = 0; i < ARRAY_COUNT(ENDINGS); i++) {
        snprintf(path, sizeof(path), "%s%s", world->path, ENDINGS[i]);
        unlink(path);
    }
    EXPECT_INT(0, rmdir(world->folder));
}

struct guest {
    const char *name;
    struct user user;
};

static enum err guest_txn(struct db *db, void *arg)
{
    struct guest *guest = arg;
    struct user_guest_args args = {
        .username = str_from_c(guest->name), .is_exact = true, .random = 1, .now_ms = NOW};

    return user_create_guest(db, &args, &guest->user);
}

static uint64_t guest_of(struct world *world, const char *name)
{
    struct guest guest = {.name = name};

    EXPECT_OK(store_write_durable(world->context.store, guest_txn, &guest));
    return guest.user.id;
}

static enum err nothing_txn(struct db *db, void *arg)
{
    (void)db;
    (void)arg;
    return OK;
}

/* What ran before is durable afterwards, so that the readers see it: as for a client, who asks
 * again only after its reply. */
static void settle(struct world *world)
{
    EXPECT_OK(store_write_durable(world->context.store, nothing_txn, NULL));
}

static struct quick_joined join(struct world *world, uint64_t user_id, uint64_t now_ms)
{
    struct quick_joined joined = {0};
    uint64_t batch = 0;

    EXPECT_OK(quick_join(&world->context, user_id, false, now_ms, &joined, &batch));
    EXPECT(batch > 0);
    settle(world);
    return joined;
}

static struct quick_status status_of(struct world *world, uint64_t user_id, uint64_t now_ms)
{
    struct quick_status status;

    EXPECT_OK(quick_status(&world->context, user_id, now_ms, &status));
    return status;
}

TEST(the_second_join_is_a_match_and_names_both_seats)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada"), bob = guest_of(&world, "bob");

    EXPECT_INT(1, join(&world, ada, NOW).ticket.position);
    struct quick_joined second = join(&world, bob, NOW + 5);

    EXPECT(second.ticket.match_id >= MATCH_ID_FIRST);
    EXPECT_INT(ada, second.ticket.opponent_id);
    EXPECT_INT(bob, second.ticket.seat == SEAT_LEFT ? second.left_id : second.right_id);
    EXPECT_INT(ada, second.ticket.seat == SEAT_LEFT ? second.right_id : second.left_id);
    EXPECT_INT(TICKET_MATCHED, status_of(&world, ada, NOW + 6).place.state);
    world_release(&world);
}

TEST(a_player_in_a_match_is_told_which_when_joining_again)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada"), bob = guest_of(&world, "bob");
    struct quick_joined again = {0};
    uint64_t batch = 0;

    join(&world, ada, NOW);
    uint64_t match_id = join(&world, bob, NOW).ticket.match_id;
    EXPECT_ERR(ERR_IN_MATCH, quick_join(&world.context, ada, false, NOW, &again, &batch));
    EXPECT_INT(match_id, again.ticket.match_id);
    world_release(&world);
}

TEST(leaving_after_the_match_was_made_is_not_queued)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada"), bob = guest_of(&world, "bob");
    uint64_t batch = 0;

    EXPECT_ERR(ERR_NOT_QUEUED, quick_leave(&world.context, ada, NOW, &batch));
    join(&world, ada, NOW);
    EXPECT_OK(quick_leave(&world.context, ada, NOW, &batch));
    settle(&world);
    EXPECT_INT(TICKET_IDLE, status_of(&world, ada, NOW).place.state);
    join(&world, ada, NOW);
    join(&world, bob, NOW);
    EXPECT_ERR(ERR_NOT_QUEUED, quick_leave(&world.context, ada, NOW, &batch));
    world_release(&world);
}

TEST(the_estimate_comes_from_what_others_waited_and_shrinks_with_the_wait)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada"), bob = guest_of(&world, "bob");
    uint64_t cleo = guest_of(&world, "cleo");

    join(&world, ada, NOW);
    EXPECT_FALSE(status_of(&world, ada, NOW + 100).has_eta);
    join(&world, bob, NOW + 8000);
    join(&world, cleo, NOW + 9000);
    EXPECT_INT(8000, status_of(&world, cleo, NOW + 9000).eta_ms);
    EXPECT_INT(5000, status_of(&world, cleo, NOW + 12000).eta_ms);
    EXPECT_INT(3000, status_of(&world, cleo, NOW + 12000).waited_ms);
    EXPECT_INT(1000, status_of(&world, cleo, NOW + 60000).eta_ms);
    world_release(&world);
}

TEST(a_clock_that_was_set_back_shows_no_endless_wait)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada");

    join(&world, ada, NOW);
    EXPECT_INT(0, status_of(&world, ada, NOW - 5000).waited_ms);
    world_release(&world);
}

static enum err lost_txn(struct db *db, void *arg)
{
    return ticket_socket_lost(db, *(uint64_t *)arg, NOW);
}

TEST(a_lost_place_ends_with_its_grace_and_not_before_and_is_told)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada");
    struct quick_joined joined = {0};
    uint64_t batch = 0;
    char expected[128];

    EXPECT_OK(quick_join(&world.context, ada, true, NOW, &joined, &batch));
    EXPECT_OK(store_write_durable(world.context.store, lost_txn, &ada));
    quick_expire(&world.context, NOW + 30000);
    EXPECT_INT(TICKET_QUEUED, status_of(&world, ada, NOW).place.state);
    EXPECT_INT(0, world.events.len);
    quick_expire(&world.context, NOW + 30001);
    EXPECT_INT(TICKET_IDLE, status_of(&world, ada, NOW).place.state);
    snprintf(expected, sizeof(expected), "queue.changed {\"mode\":\"quick\",\"user_id\":%llu}\n",
             (unsigned long long)ada);
    EXPECT_STR(expected, buf_str(&world.events));
    world_release(&world);
}

TEST(after_a_restart_who_had_a_socket_gets_a_fresh_grace)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada"), bob = guest_of(&world, "bob");
    struct quick_joined joined = {0};
    uint64_t batch = 0;

    EXPECT_OK(quick_join(&world.context, ada, true, NOW, &joined, &batch));
    EXPECT_OK(quick_start(&world.context, NOW + 100000));
    quick_expire(&world.context, NOW + 129000);
    EXPECT_INT(TICKET_QUEUED, status_of(&world, ada, NOW).place.state);
    quick_expire(&world.context, NOW + 130001);
    EXPECT_INT(TICKET_IDLE, status_of(&world, ada, NOW).place.state);
    EXPECT_INT(0, join(&world, bob, NOW).ticket.match_id);
    world_release(&world);
}

TEST(while_draining_nobody_joins)
{
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada");
    struct quick_joined joined = {0};
    uint64_t batch = 0;

    atomic_store(&world.context.is_draining, true);
    EXPECT_ERR(ERR_DRAINING, quick_join(&world.context, ada, false, NOW, &joined, &batch));
    EXPECT_INT(TICKET_IDLE, status_of(&world, ada, NOW).place.state);
    world_release(&world);
}

static enum err found_txn(struct db *db, void *arg)
{
    struct match_row *found = arg;

    return matches_find(db, found->id, found);
}

TEST(the_configured_points_to_win_reach_the_match)
{
    struct match_row found = {0};
    struct world world;
    world_init(&world);
    uint64_t ada = guest_of(&world, "ada"), bob = guest_of(&world, "bob");

    for (size_t i = 0; i < ARRAY_COUNT(world.settings.ruleset_win); i++)
        world.settings.ruleset_win[i] = 3;
    join(&world, ada, NOW);
    found.id = join(&world, bob, NOW).ticket.match_id;
    EXPECT_OK(store_read(world.context.store, found_txn, &found));
    EXPECT_INT(3, found.win_score);
    EXPECT(found.is_rated);
    EXPECT_STR("classic", str_from_c(found.ruleset));
    world_release(&world);
}

TEST(waits_are_an_average_that_forgets)
{
    struct kv *kv = kv_new_memory(100, 1 << 16);
    uint64_t average_ms = 0;

    waits_began(kv, 1, NOW);
    waits_matched(kv, 1, NOW + 4000);
    EXPECT(waits_average(kv, NOW + 4000, &average_ms));
    EXPECT_INT(4000, average_ms);
    waits_began(kv, 2, NOW);
    waits_matched(kv, 2, NOW + 8000);
    EXPECT(waits_average(kv, NOW + 8000, &average_ms));
    EXPECT_INT(5000, average_ms);
    waits_began(kv, 3, NOW);
    waits_dropped(kv, 3, NOW + 1);
    waits_matched(kv, 3, NOW + 90000);
    EXPECT(waits_average(kv, NOW + 90000, &average_ms));
    EXPECT_INT(5000, average_ms);
    EXPECT_FALSE(waits_average(kv, NOW + 2 * 3600 * 1000, &average_ms));
    kv_free(kv);
}

TEST(hints_say_who_plays_whom)
{
    struct quick_joined joined = {.ticket = {.match_id = 10000001}, .left_id = 7, .right_id = 9};
    char memory[QUICK_PAYLOAD_SIZE];
    struct buf buf;

    buf_init_fixed(&buf, memory, sizeof(memory));
    quick_match_created_put(&buf, &joined);
    EXPECT_STR("{\"match_id\":10000001,\"left\":7,\"right\":9}", buf_str(&buf));
}
