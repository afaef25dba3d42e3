/* Handshake tickets and revoked families: small tables with a bound each. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "lib/crypt/random.h"
#include "services/revocations.h"
#include "services/tickets_ws.h"

static struct str issue(struct tickets_ws *tickets, uint64_t user_id, uint64_t now_ms,
                        char memory[TICKET_WS_TEXT_SIZE])
{
    struct caller caller = {.user_id = user_id, .session_id = 7, .username = "zoe"};
    struct buf out;

    buf_init_fixed(&out, memory, TICKET_WS_TEXT_SIZE);
    EXPECT_OK(tickets_ws_issue(tickets, &caller, now_ms, &out));
    EXPECT_INT(TICKET_WS_TEXT_SIZE, out.len);
    return buf_str(&out);
}

TEST(a_ticket_stands_for_its_caller_once)
{
    struct tickets_ws *tickets;
    struct caller caller;
    char memory[TICKET_WS_TEXT_SIZE];
    struct str ticket;

    crypt_init();
    tickets = tickets_ws_new();
    ticket = issue(tickets, 42, 1000, memory);
    EXPECT_OK(tickets_ws_take(tickets, ticket, 1000, &caller));
    EXPECT_INT(42, caller.user_id);
    EXPECT_INT(7, caller.session_id);
    EXPECT_STR("zoe", str_from_c(caller.username));
    EXPECT_ERR(ERR_TOKEN_INVALID, tickets_ws_take(tickets, ticket, 1000, &caller));
    tickets_ws_free(tickets);
}

TEST(a_ticket_is_good_for_thirty_seconds)
{
    struct tickets_ws *tickets;
    struct caller caller;
    char one[TICKET_WS_TEXT_SIZE], two[TICKET_WS_TEXT_SIZE];

    crypt_init();
    tickets = tickets_ws_new();
    issue(tickets, 1, 1000, one);
    issue(tickets, 2, 1000, two);
    EXPECT_OK(tickets_ws_take(tickets, str_of(one, sizeof(one)), 30999, &caller));
    EXPECT_ERR(ERR_TOKEN_INVALID,
               tickets_ws_take(tickets, str_of(two, sizeof(two)), 31000, &caller));
    tickets_ws_free(tickets);
}

TEST(what_was_never_issued_is_no_ticket)
{
    static const char *const TEXTS[] = {"",
                                        "A",
                                        "AAAAAAAAAAAAAAAAAAAAAA",
                                        "AAAAAAAAAAAAAAAAAAAAAB",
                                        "AAAAAAAAAAAAAAAAAAAAAAA",
                                        "!!!!!!!!!!!!!!!!!!!!!!"};
    struct tickets_ws *tickets;
    struct caller caller;
    char memory[TICKET_WS_TEXT_SIZE];

    crypt_init();
    tickets = tickets_ws_new();
    issue(tickets, 1, 1000, memory);
    for (size_t i = 0; i < ARRAY_COUNT(TEXTS); i++)
        EXPECT_ERR(ERR_TOKEN_INVALID,
                   tickets_ws_take(tickets, str_from_c(TEXTS[i]), 1000, &caller));
    memory[15] = memory[15] == 'A' ? 'B' : 'A'; /* behind the part that finds it */
    EXPECT_ERR(ERR_TOKEN_INVALID,
               tickets_ws_take(tickets, str_of(memory, sizeof(memory)), 1000, &caller));
    tickets_ws_free(tickets);
}

TEST(a_full_table_refuses_until_tickets_expire_or_are_used)
{
    struct tickets_ws *tickets;
    struct caller caller = {.user_id = 1};
    char first[TICKET_WS_TEXT_SIZE], memory[64];
    struct buf out;

    crypt_init();
    tickets = tickets_ws_new();
    issue(tickets, 1, 1000, first);
    for (int i = 1; i < TICKETS_WS_MAX; i++) {
        buf_init_fixed(&out, memory, sizeof(memory));
        EXPECT_OK(tickets_ws_issue(tickets, &caller, 1000, &out));
    }
    buf_init_fixed(&out, memory, sizeof(memory));
    EXPECT_ERR(ERR_FULL, tickets_ws_issue(tickets, &caller, 1000, &out));
    EXPECT_OK(tickets_ws_take(tickets, str_of(first, sizeof(first)), 1000, &caller));
    EXPECT_OK(tickets_ws_issue(tickets, &caller, 1000, &out));
    EXPECT_ERR(ERR_FULL, tickets_ws_issue(tickets, &caller, 30999, &out));
    buf_clear(&out);
    EXPECT_OK(tickets_ws_issue(tickets, &caller, 31000, &out));
    tickets_ws_free(tickets);
}

#define THREADS 4
#define TICKETS 500

struct taker {
    struct tickets_ws *tickets;
    char (*texts)[TICKET_WS_TEXT_SIZE];
    unsigned count;
};

static void *take_all(void *arg)
{
    struct taker *taker = arg;
    struct caller caller;

    for (int i = 0; i < TICKETS; i++)
        taker->count +=
            tickets_ws_take(taker->tickets, str_of(taker->texts[i], TICKET_WS_TEXT_SIZE), 1000,
                            &caller) == OK;
    return NULL;
}

TEST(a_ticket_that_many_want_at_once_is_given_to_one)
{
    static char texts[TICKETS][TICKET_WS_TEXT_SIZE];
    struct tickets_ws *tickets;
    struct taker takers[THREADS];
    pthread_t threads[THREADS];
    unsigned count = 0;

    crypt_init();
    tickets = tickets_ws_new();
    for (int i = 0; i < TICKETS; i++)
        issue(tickets, 1, 1000, texts[i]);
    for (int i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.tickets = tickets, .texts = texts};
        EXPECT_INT(0, pthread_create(&threads[i], NULL, take_all, &takers[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        count += takers[i].count;
    }
    EXPECT_INT(TICKETS, count);
    tickets_ws_free(tickets);
}

struct reader {
    struct revocations *revocations;
    unsigned found;
};

/* The ids below 1,000 are there all the while, whatever comes and goes beside them. */
static void *read_many(void *arg)
{
    struct reader *reader = arg;

    for (uint64_t i = 0; i < 20000; i++)
        reader->found += revocations_has(reader->revocations, 1 + i % 999);
    return NULL;
}

TEST(a_revocation_is_seen_while_others_come_and_go)
{
    struct revocations *revocations = revocations_new();
    struct reader readers[THREADS];
    pthread_t threads[THREADS];

    for (uint64_t id = 1; id < 1000; id++)
        revocations_add(revocations, id, 9000);
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){.revocations = revocations};
        EXPECT_INT(0, pthread_create(&threads[i], NULL, read_many, &readers[i]));
    }
    for (uint64_t id = 1000; id < 6000; id++) {
        revocations_add(revocations, id, 1000);
        if (id % 500 == 0)
            revocations_purge(revocations, 1000);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        EXPECT_INT(20000, readers[i].found);
    }
    revocations_free(revocations);
}

TEST(a_revoked_family_is_known_until_its_last_token_has_expired)
{
    struct revocations *revocations = revocations_new();

    EXPECT_FALSE(revocations_has(revocations, 7));
    revocations_add(revocations, 7, 5000);
    revocations_add(revocations, 8, 6000);
    revocations_add(revocations, 7, 4000); /* told twice: the later end counts */
    EXPECT(revocations_has(revocations, 7));
    EXPECT_FALSE(revocations_has(revocations, 9));
    revocations_purge(revocations, 4999);
    EXPECT(revocations_has(revocations, 7));
    revocations_purge(revocations, 5000);
    EXPECT_FALSE(revocations_has(revocations, 7));
    EXPECT(revocations_has(revocations, 8));
    revocations_free(revocations);
}

TEST(a_purge_finds_every_expired_entry_of_a_large_table)
{
    struct revocations *revocations = revocations_new();

    for (uint64_t id = 1; id <= 20000; id++)
        revocations_add(revocations, id, id % 3 == 0 ? 9000 : 1000);
    revocations_purge(revocations, 1000);
    for (uint64_t id = 1; id <= 20000; id++)
        EXPECT_INT(id % 3 == 0, revocations_has(revocations, id));
    revocations_free(revocations);
}

TEST(a_full_table_of_revocations_forgets_the_earliest_to_expire)
{
    struct revocations *revocations = revocations_new();
    const uint64_t far_ms = UINT64_MAX / 2;

    revocations_add(revocations, 1, far_ms - 1);
    for (uint64_t id = 2; id <= 65536; id++)
        revocations_add(revocations, id, far_ms + id);
    EXPECT(revocations_has(revocations, 1));
    revocations_add(revocations, 70000, far_ms);
    EXPECT_FALSE(revocations_has(revocations, 1));
    EXPECT(revocations_has(revocations, 2));
    EXPECT(revocations_has(revocations, 70000));
    revocations_free(revocations);
}
