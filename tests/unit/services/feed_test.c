/* The log behind `/v1/ws`: numbers without gaps, a bound, and no number that means two events. */
#include "services/lobby/feed.h"

#include <stdio.h>

#include "tests/unit/test.h"

#define NOW_MS 1700000000000u
#define USER 7

static struct feed *feed_with_socket(uint64_t *last)
{
    struct feed *feed = feed_new();

    CHECK(feed != NULL);
    CHECK(feed_enter(feed, USER, NOW_MS, last) == OK);
    return feed;
}

static bool append(struct feed *feed, unsigned n)
{
    char data[32];

    (void)snprintf(data, sizeof(data), "{\"n\":%u}", n);
    return feed_append(feed, USER, STR("test"), str_from_c(data), NOW_MS);
}

static enum err next(struct feed *feed, uint64_t after, char *text, size_t size, uint64_t *seq)
{
    struct buf out;
    enum err err;

    buf_init_fixed(&out, text, size - 1);
    err = feed_next(feed, USER, after, &out, seq);
    text[out.len] = '\0';
    return err;
}

TEST(nobody_without_a_socket_is_told)
{
    struct feed *feed = feed_new();
    char text[256];
    uint64_t seq = 0;

    EXPECT(!append(feed, 1));
    EXPECT_INT(0, feed_last(feed, USER));
    EXPECT_INT(ERR_NOT_FOUND, next(feed, 0, text, sizeof(text), &seq));
    feed_free(feed);
}

TEST(events_come_in_order_and_are_numbered)
{
    uint64_t last, seq;
    struct feed *feed = feed_with_socket(&last);
    char text[256];

    EXPECT_INT(ERR_END, next(feed, last, text, sizeof(text), &seq));
    for (unsigned n = 1; n <= 3; n++)
        EXPECT(append(feed, n));
    seq = last;
    for (unsigned n = 1; n <= 3; n++) {
        EXPECT_INT(OK, next(feed, seq, text, sizeof(text), &seq));
        EXPECT_INT(last + n, seq);
        EXPECT(strstr(text, "\"event\":\"test\"") != NULL);
    }
    EXPECT(strstr(text, "\"data\":{\"n\":3}") != NULL);
    EXPECT_INT(ERR_END, next(feed, seq, text, sizeof(text), &seq));
    feed_leave(feed, USER, NOW_MS);
    feed_free(feed);
}

TEST(what_is_no_longer_kept_and_what_never_was_are_said)
{
    uint64_t last, seq;
    struct feed *feed = feed_with_socket(&last);
    char text[256];

    for (unsigned n = 1; n <= FEED_EVENTS_MAX + 1; n++)
        EXPECT(append(feed, n));
    EXPECT_INT(ERR_NOT_FOUND, next(feed, last, text, sizeof(text), &seq));
    EXPECT_INT(OK, next(feed, last + 1, text, sizeof(text), &seq));
    EXPECT_INT(last + 2, seq);
    EXPECT_INT(ERR_NOT_FOUND, next(feed, feed_last(feed, USER) + 1, text, sizeof(text), &seq));
    EXPECT_INT(ERR_NOT_FOUND, next(feed, 0, text, sizeof(text), &seq));
    EXPECT_INT(ERR_NOT_FOUND, next(feed, INT64_MAX, text, sizeof(text), &seq));
    feed_free(feed);
}

TEST(a_log_is_kept_for_five_minutes_and_its_numbers_do_not_come_again)
{
    uint64_t last, again, seq;
    struct feed *feed = feed_with_socket(&last);
    char text[256];

    feed_leave(feed, USER, NOW_MS);
    EXPECT(!append(feed, 1)); /* kept, but there is nobody to wake */
    feed_purge(feed, NOW_MS + FEED_LINGER_MS);
    EXPECT_INT(OK, next(feed, last, text, sizeof(text), &seq));
    feed_purge(feed, NOW_MS + FEED_LINGER_MS + 1);
    EXPECT_INT(0, feed_last(feed, USER));
    EXPECT_INT(OK, feed_enter(feed, USER, NOW_MS + FEED_LINGER_MS + 2, &again));
    EXPECT(again > seq);
    EXPECT_INT(ERR_NOT_FOUND, next(feed, seq, text, sizeof(text), &seq));
    feed_free(feed);
}

TEST(a_log_with_a_socket_is_not_forgotten)
{
    uint64_t last;
    struct feed *feed = feed_with_socket(&last);

    feed_purge(feed, NOW_MS + 10 * FEED_LINGER_MS);
    EXPECT(feed_has_sockets(feed, USER));
    EXPECT_INT(last, feed_last(feed, USER));
    feed_free(feed);
}
