/* The small tables: idempotency keys, outbox, leases; and migrations. */
#include "tests/unit/test.h"

#include "tests/unit/store/fixture.h"

#include "lib/store/idempotency.h"
#include "lib/store/leases.h"
#include "lib/store/outbox.h"

static struct arena arena;

static void open_rows(void)
{
    fixture_open();
    arena_init(&arena, 100000);
}

static void close_rows(void)
{
    arena_release(&arena);
    fixture_close();
}

/* -- idempotency ----------------------------------------------------------------------------- */

#define HASH_A "0123456789abcdef0123456789abcdef"
#define HASH_B "0123456789abcdef0123456789abcdeX"

static struct idempotency_args key_args(const char *hash, uint64_t now_ms)
{
    return (struct idempotency_args){.principal = STR("user:1"),
                                     .key = STR("k"),
                                     .request_hash = str_from_c(hash),
                                     .now_ms = now_ms,
                                     .expires_ms = now_ms + 1000};
}

static enum err claim_key(const char *hash, uint64_t now_ms, struct idempotency_found *found)
{
    struct idempotency_args args = key_args(hash, now_ms);

    return TXN(idempotency_claim(db, &args, &arena, found));
}

TEST(the_same_key_gives_the_same_bytes)
{
    struct idempotency_reply reply = {.principal = STR("user:1"),
                                      .key = STR("k"),
                                      .status = 201,
                                      .content_type = STR("application/json"),
                                      .body = str_of("{\"a\":\"\0\"}", 9)};
    struct idempotency_found found;

    open_rows();
    EXPECT_OK(claim_key(HASH_A, T0, &found));
    EXPECT(found.is_new);
    EXPECT_OK(claim_key(HASH_A, T0, &found)); /* a crash before the reply was kept */
    EXPECT_FALSE(found.is_new);
    EXPECT_INT(0, found.status);
    EXPECT_OK(TXN(idempotency_store(db, &reply)));
    EXPECT_ERR(ERR_BAD_STATE, TXN(idempotency_store(db, &reply)));
    EXPECT_OK(claim_key(HASH_A, T0, &found));
    EXPECT_INT(201, found.status);
    EXPECT_STR("application/json", found.content_type);
    EXPECT(str_eq(reply.body, found.body));
    close_rows();
}

TEST(the_same_key_with_another_request_is_refused_until_it_expires)
{
    struct idempotency_found found;
    uint64_t purged;

    open_rows();
    EXPECT_OK(claim_key(HASH_A, T0, &found));
    EXPECT_ERR(ERR_IDEMPOTENCY_MISMATCH, claim_key(HASH_B, T0 + 999, &found));
    EXPECT_OK(claim_key(HASH_B, T0 + 1000, &found));
    EXPECT(found.is_new);
    EXPECT_OK(TXN(idempotency_purge(db, T0 + 1999, &purged)));
    EXPECT_INT(0, purged);
    EXPECT_OK(TXN(idempotency_purge(db, T0 + 2000, &purged)));
    EXPECT_INT(1, purged);
    close_rows();
}

TEST(a_claim_is_undone_with_the_effect_it_belongs_to)
{
    struct idempotency_args args = key_args(HASH_A, T0);
    struct idempotency_found found;

    open_rows();
    EXPECT_OK(db_begin(fixture_db));
    EXPECT_OK(idempotency_claim(fixture_db, &args, &arena, &found));
    db_rollback(fixture_db);
    EXPECT_OK(claim_key(HASH_A, T0, &found));
    EXPECT(found.is_new);
    close_rows();
}

/* -- outbox ---------------------------------------------------------------------------------- */

static void add(const char *topic, const char *aggregate, const char *payload, const char *dedupe)
{
    struct outbox_args args = {.topic = str_from_c(topic),
                               .aggregate = str_from_c(aggregate),
                               .payload = str_from_c(payload),
                               .dedupe = str_from_c(dedupe),
                               .now_ms = T0};

    EXPECT_OK(TXN(outbox_add(db, &args)));
}

static size_t take_rows(uint64_t now_ms, struct outbox_row *rows, size_t limit)
{
    struct outbox_take_args args = {.now_ms = now_ms, .again_ms = now_ms + 1000, .limit = limit};
    size_t count;

    EXPECT_OK(TXN(outbox_take(db, &args, &arena, rows, &count)));
    return count;
}

static uint64_t pending(void)
{
    uint64_t count;

    EXPECT_OK(TXN(outbox_pending(db, &count)));
    return count;
}

TEST(a_row_is_handed_out_until_it_is_done)
{
    struct outbox_row rows[4];
    uint64_t purged;

    open_rows();
    EXPECT_INT(0, take_rows(T0, rows, 4));
    add("t", "a:1", "{\"n\":1}", "");
    EXPECT_INT(1, take_rows(T0, rows, 4));
    EXPECT_STR("{\"n\":1}", rows[0].payload);
    EXPECT_INT(1, rows[0].attempts);
    EXPECT_INT(0, take_rows(T0 + 999, rows, 4)); /* somebody has it */
    EXPECT_INT(1, take_rows(T0 + 1000, rows, 4));
    EXPECT_INT(2, rows[0].attempts);
    EXPECT_INT(1, pending());
    EXPECT_OK(TXN(outbox_done(db, rows[0].id, T0 + 5)));
    EXPECT_ERR(ERR_NOT_FOUND, TXN(outbox_done(db, rows[0].id, T0 + 5)));
    EXPECT_INT(0, pending());
    EXPECT_INT(0, take_rows(T0 + 90000, rows, 4));
    EXPECT_OK(TXN(outbox_purge(db, T0 + 6, &purged)));
    EXPECT_INT(1, purged);
    close_rows();
}

TEST(the_order_within_an_aggregate_is_kept_and_others_are_not_held_up)
{
    struct outbox_row rows[4];

    open_rows();
    add("t", "a:1", "1", "");
    add("t", "a:1", "2", "");
    add("t", "a:2", "3", "");
    EXPECT_INT(2, take_rows(T0, rows, 4));
    EXPECT_STR("1", rows[0].payload);
    EXPECT_STR("3", rows[1].payload);
    EXPECT_OK(TXN(outbox_retry(db, rows[0].id, T0 + 5000, STR("refused"))));
    EXPECT_OK(TXN(outbox_done(db, rows[1].id, T0)));
    EXPECT_INT(0, take_rows(T0 + 4999, rows, 4));
    EXPECT_INT(1, take_rows(T0 + 5000, rows, 4));
    EXPECT_STR("1", rows[0].payload);
    EXPECT_OK(TXN(outbox_park(db, rows[0].id, T0, STR("410"))));
    EXPECT_INT(1, take_rows(T0 + 5000, rows, 4));
    EXPECT_STR("2", rows[0].payload);
    close_rows();
}

TEST(a_fact_with_the_same_dedupe_is_added_once)
{
    open_rows();
    add("t", "a:1", "1", "x");
    add("t", "a:1", "2", "x");
    add("u", "a:1", "3", "x");
    add("t", "a:1", "4", "");
    add("t", "a:1", "5", "");
    EXPECT_INT(4, pending());
    close_rows();
}

/* -- leases ---------------------------------------------------------------------------------- */

TEST(a_lease_has_one_holder_and_its_epoch_only_grows)
{
    struct lease_args here = {
        .name = STR("pool:quick"), .holder = STR("here"), .now_ms = T0, .ttl_ms = 1000};
    struct lease_args there = here;
    uint64_t epoch = 0;

    open_rows();
    there.holder = STR("there");
    EXPECT_ERR(ERR_STALE_EPOCH, TXN(lease_check(db, here.name, 1)));
    EXPECT_OK(TXN(lease_acquire(db, &here, &epoch)));
    EXPECT_INT(1, epoch);
    here.epoch = 1;
    EXPECT_ERR(ERR_CONFLICT, TXN(lease_acquire(db, &there, &epoch)));
    EXPECT_OK(TXN(lease_check(db, here.name, 1)));
    here.now_ms = T0 + 900;
    EXPECT_OK(TXN(lease_renew(db, &here)));
    there.now_ms = T0 + 1899;
    EXPECT_ERR(ERR_CONFLICT, TXN(lease_acquire(db, &there, &epoch)));
    there.now_ms = T0 + 1900;
    EXPECT_OK(TXN(lease_acquire(db, &there, &epoch)));
    EXPECT_INT(2, epoch);
    EXPECT_ERR(ERR_STALE_EPOCH, TXN(lease_check(db, here.name, 1)));
    EXPECT_ERR(ERR_STALE_EPOCH, TXN(lease_renew(db, &here)));
    EXPECT_ERR(ERR_STALE_EPOCH, TXN(lease_release(db, &here)));
    there.epoch = 2;
    EXPECT_OK(TXN(lease_release(db, &there)));
    EXPECT_OK(TXN(lease_acquire(db, &here, &epoch)));
    EXPECT_INT(3, epoch);
    EXPECT_OK(TXN(lease_acquire(db, &here, &epoch))); /* it has restarted */
    EXPECT_INT(4, epoch);
    close_rows();
}

/* -- claims ---------------------------------------------------------------------------------- */

static enum err claim(struct claim from, struct claim wanted)
{
    return TXN(claim_take(db, 1, from, wanted, T0));
}

TEST(a_player_does_one_thing_at_a_time)
{
    struct claim idle = {.kind = CLAIM_NONE}, ticket = {CLAIM_TICKET, 5}, other = {CLAIM_TICKET, 6};
    struct claim duel = {CLAIM_DUEL, 7}, match = {CLAIM_MATCH, 8}, found;

    open_rows();
    user_named("alice");
    EXPECT_ERR(ERR_CONFLICT, claim(ticket, match)); /* the ticket has gone meanwhile */
    EXPECT_OK(claim(idle, ticket));
    EXPECT_ERR(ERR_ALREADY_QUEUED, claim(idle, other));
    EXPECT_ERR(ERR_ALREADY_QUEUED, claim(other, match));
    EXPECT_OK(claim(ticket, duel));
    EXPECT_ERR(ERR_CONFLICT, claim(idle, ticket));
    EXPECT_OK(claim(duel, match));
    EXPECT_ERR(ERR_IN_MATCH, claim(duel, match));
    EXPECT_OK(TXN(claim_drop(db, 1, ticket))); /* not held: nothing happens */
    EXPECT_OK(TXN(claim_find(db, 1, &found)));
    EXPECT_INT(CLAIM_MATCH, found.kind);
    EXPECT_INT(8, found.ref_id);
    EXPECT_OK(TXN(claim_drop(db, 1, match)));
    EXPECT_OK(TXN(claim_find(db, 1, &found)));
    EXPECT_INT(CLAIM_NONE, found.kind);
    close_rows();
}

/* -- migrations ------------------------------------------------------------------------------ */

TEST(migrating_twice_changes_nothing)
{
    open_rows();
    EXPECT_OK(migrate(fixture_db, T0 + 1));
    EXPECT_INT(0, fixture_number("SELECT COUNT(*) FROM schema_migrations WHERE applied_ms > "
                                 "1000000000000"));
    close_rows();
}

TEST(a_store_of_a_newer_program_is_refused)
{
    open_rows();
    EXPECT_OK(db_script(fixture_db, "INSERT INTO schema_migrations (name, text_hash, applied_ms) "
                                    "VALUES ('9999_future', 1, 1);"));
    EXPECT_ERR(ERR_STORE, migrate(fixture_db, T0));
    close_rows();
}

TEST(a_migration_whose_text_has_changed_is_refused)
{
    open_rows();
    EXPECT_OK(db_script(fixture_db, "UPDATE schema_migrations SET text_hash = 1 "
                                    "WHERE name = '0001_base';"));
    EXPECT_ERR(ERR_STORE, migrate(fixture_db, T0));
    close_rows();
}
