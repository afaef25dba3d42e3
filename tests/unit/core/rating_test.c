/* Glicko-2 and Elo against the paper, against a second implementation, and at the edges. */
#include "tests/unit/test.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/rng.h"
#include "lib/core/rating.h"

#define VECTORS RALLY_SOURCE_DIR "/tests/vectors/rating_vectors.txt"
#define GAMES_MAX 16

static struct rating rating_of(double rating, double deviation, double volatility)
{
    return (struct rating){.rating = rating, .deviation = deviation, .volatility = volatility};
}

/* ---- Glicko-2 ---- */

TEST(the_papers_example_comes_out_as_printed)
{
    struct rating_game games[] = {
        {rating_of(1400, 30, 0.06), RATING_WIN},
        {rating_of(1550, 100, 0.06), RATING_LOSS},
        {rating_of(1700, 300, 0.06), RATING_LOSS},
    };
    struct rating after = rating_glicko2(rating_of(1500, 200, 0.06), games, 3);

    EXPECT(fabs(after.rating - 1464.06) < 0.02);
    EXPECT(fabs(after.deviation - 151.52) < 0.02);
    EXPECT(fabs(after.volatility - 0.05999) < 0.00001);
    /* At full precision; the paper rounds on the way. */
    EXPECT(fabs(after.rating - 1464.050671) < 1e-6);
    EXPECT(fabs(after.deviation - 151.516524) < 1e-6);
    EXPECT(fabs(after.volatility - 0.0599960) < 1e-7);
}

static enum rating_outcome outcome_of(double score)
{
    return (enum rating_outcome)lround(score * 2);
}

/* Reads numbers up to something else; returns how many. */
static int numbers_read(char **at, double *numbers, int numbers_max)
{
    int count = 0;

    while (count < numbers_max) {
        char *end;
        double number = strtod(*at, &end);
        if (end == *at)
            break;
        numbers[count++] = number;
        *at = end;
    }
    return count;
}

static void expect_vector(char *line)
{
    double given[3 + 3 * GAMES_MAX], wanted[3];
    struct rating_game games[GAMES_MAX];
    char *at = strchr(line, ' ');
    bool is_elo = strncmp(line, "elo", 3) == 0;
    int count;

    EXPECT_NOT_NULL(at);
    count = numbers_read(&at, given, 3 + 3 * GAMES_MAX);
    at = strchr(at, '=') + 1;
    EXPECT_INT(is_elo ? 1 : 3, numbers_read(&at, wanted, 3));
    if (is_elo) {
        double change = RATING_ELO_K * (given[2] - rating_elo_expected(given[0], given[1]));
        EXPECT(fabs(given[0] + change - wanted[0]) < 1e-8);
        return;
    }
    for (int i = 3; i < count; i += 3)
        games[i / 3 - 1] =
            (struct rating_game){rating_of(given[i], given[i + 1], 0.06), outcome_of(given[i + 2])};
    struct rating after =
        rating_glicko2(rating_of(given[0], given[1], given[2]), games, (size_t)(count / 3 - 1));
    EXPECT(fabs(after.rating - wanted[0]) < 1e-5);
    EXPECT(fabs(after.deviation - wanted[1]) < 1e-5);
    EXPECT(fabs(after.volatility - wanted[2]) < 1e-6 * wanted[2]);
}

TEST(a_second_implementation_agrees)
{
    FILE *file = fopen(VECTORS, "r");
    char line[2048];
    int count = 0;

    EXPECT_NOT_NULL(file);
    while (fgets(line, sizeof(line), file)) {
        if (line[0] == '#')
            continue;
        expect_vector(line);
        count++;
    }
    fclose(file);
    EXPECT_INT(82, count);
}

TEST(no_players_however_strange_leave_the_bounds)
{
    struct rng rng;

    rng_init(&rng, 1);
    for (int i = 0; i < 200000; i++) {
        struct rating player =
            rating_of((double)rng_below(&rng, 20000) - 8000, 45 + (double)rng_below(&rng, 306),
                      (double)(1 + rng_below(&rng, 1000)) / 10000);
        struct rating_game game = {rating_of((double)rng_below(&rng, 20000) - 8000,
                                             45 + (double)rng_below(&rng, 306), 0.06),
                                   (enum rating_outcome)rng_below(&rng, 3)};
        struct rating after = rating_glicko2(player, &game, 1);

        EXPECT(fabs(after.rating - player.rating) <= RATING_CHANGE_MAX);
        EXPECT(after.deviation >= RATING_DEVIATION_MIN && after.deviation <= RATING_DEVIATION_MAX);
        EXPECT(after.volatility > 0 && after.volatility <= RATING_VOLATILITY_MAX);
    }
}

TEST(a_win_never_lowers_and_a_loss_never_raises_a_rating)
{
    struct rng rng;

    rng_init(&rng, 2);
    for (int i = 0; i < 20000; i++) {
        struct rating_stored a = rating_stored_initial(), b = rating_stored_initial();

        a.rating_micro = 1000000 * (int64_t)(800 + rng_below(&rng, 1600));
        a.deviation_micro = 1000000 * (int64_t)(45 + rng_below(&rng, 305));
        b.rating_micro = 1000000 * (int64_t)(800 + rng_below(&rng, 1600));
        for (int system = RATING_GLICKO2; system <= RATING_ELO; system++) {
            struct rating_pair after =
                rating_update_1v1((enum rating_system)system, a, b, RATING_WIN);
            EXPECT(after.a.rating_micro >= a.rating_micro);
            EXPECT(after.b.rating_micro <= b.rating_micro);
        }
    }
}

TEST(it_does_not_matter_which_player_is_named_first)
{
    struct rating_stored a = rating_to_stored(rating_of(1620.5, 80, 0.06));
    struct rating_stored b = rating_to_stored(rating_of(1444.25, 210, 0.055));

    for (int system = RATING_GLICKO2; system <= RATING_ELO; system++) {
        struct rating_pair one = rating_update_1v1((enum rating_system)system, a, b, RATING_WIN);
        struct rating_pair two = rating_update_1v1((enum rating_system)system, b, a, RATING_LOSS);
        EXPECT(memcmp(&one.a, &two.b, sizeof(one.a)) == 0);
        EXPECT(memcmp(&one.b, &two.a, sizeof(one.b)) == 0);
    }
}

/* ---- Elo ---- */

TEST(elo_keeps_fractions_and_gives_what_it_takes)
{
    struct rating_stored a = rating_to_stored(rating_of(1512, 100, 0.06));
    struct rating_stored b = rating_to_stored(rating_of(1499, 120, 0.06));
    struct rating_pair after = rating_update_1v1(RATING_ELO, a, b, RATING_WIN);

    EXPECT_INT(1527401607, after.a.rating_micro);
    EXPECT_INT(a.rating_micro + b.rating_micro, after.a.rating_micro + after.b.rating_micro);
    EXPECT_INT(a.deviation_micro, after.a.deviation_micro);
    after = rating_update_1v1(RATING_ELO, a, a, RATING_DRAW);
    EXPECT_INT(a.rating_micro, after.a.rating_micro);
}

/* ---- storage ---- */

TEST(a_new_player_is_stored_as_1500_350_006)
{
    struct rating_stored stored = rating_stored_initial();

    EXPECT_INT(1500000000, stored.rating_micro);
    EXPECT_INT(350000000, stored.deviation_micro);
    EXPECT_INT(60000000, stored.volatility_nano);
    EXPECT_INT(1500, rating_shown(stored));
}

TEST(what_is_stored_survives_the_way_to_double_and_back)
{
    struct rng rng;

    rng_init(&rng, 3);
    for (int i = 0; i < 100000; i++) {
        struct rating_stored stored = {
            .rating_micro = (int64_t)rng_below(&rng, 8000000000) - 3000000000,
            .deviation_micro = (int64_t)rng_below(&rng, 350000001),
            .volatility_nano = (int64_t)rng_below(&rng, 100000001),
        };
        struct rating_stored back = rating_to_stored(rating_from_stored(stored));
        EXPECT(memcmp(&stored, &back, sizeof(stored)) == 0);
    }
}

TEST(a_history_played_again_gives_the_same_integers)
{
    struct rating_stored first[2], again[2];

    for (int round = 0; round < 2; round++) {
        struct rating_stored *players = round == 0 ? first : again;
        struct rng rng;

        rng_init(&rng, 4);
        players[0] = players[1] = rating_stored_initial();
        for (int game = 0; game < 300; game++) {
            struct rating_pair after =
                rating_update_1v1(RATING_GLICKO2, players[0], players[1],
                                  rng_below(&rng, 3) ? RATING_WIN : RATING_LOSS);
            players[0] = after.a;
            players[1] = after.b;
        }
    }
    EXPECT(memcmp(first, again, sizeof(first)) == 0);
    EXPECT(first[0].rating_micro > first[1].rating_micro);
}

TEST(a_rating_is_shown_to_the_nearest_whole_number)
{
    EXPECT_INT(1500, rating_shown((struct rating_stored){.rating_micro = 1499500000}));
    EXPECT_INT(1499, rating_shown((struct rating_stored){.rating_micro = 1499499999}));
    EXPECT_INT(-2, rating_shown((struct rating_stored){.rating_micro = -1500000}));
    EXPECT_INT(0, rating_shown((struct rating_stored){.rating_micro = -499999}));
}
