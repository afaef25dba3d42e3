/* See rating.h. Letters follow Glickman's paper: mu, phi and sigma are a rating, its deviation and
 * its volatility on the internal scale; v, delta and f(x) are steps 3 to 5. Sums run in the order
 * of the games, so that the same games give the same bits. */
#include "lib/core/rating.h"

#include "lib/base/check.h"

#include <math.h>

#define SCALE 173.7178
#define EPSILON 1e-7
#define ITERATIONS_MAX 100
#define MICRO 1e6
#define NANO 1e9
#define PI 3.14159265358979323846

static double clamp(double value, double min, double max)
{
    if (value < min)
        return min;
    return value > max ? max : value;
}

/* ---- storage ---- */

struct rating_stored rating_to_stored(struct rating rating)
{
    return (struct rating_stored){
        .rating_micro = llround(rating.rating * MICRO),
        .deviation_micro = llround(rating.deviation * MICRO),
        .volatility_nano = llround(rating.volatility * NANO),
    };
}

struct rating rating_from_stored(struct rating_stored stored)
{
    return (struct rating){
        .rating = (double)stored.rating_micro / MICRO,
        .deviation = (double)stored.deviation_micro / MICRO,
        .volatility = (double)stored.volatility_nano / NANO,
    };
}

struct rating_stored rating_stored_initial(void)
{
    return rating_to_stored((struct rating){.rating = RATING_INITIAL,
                                            .deviation = RATING_DEVIATION_INITIAL,
                                            .volatility = RATING_VOLATILITY_INITIAL});
}

int32_t rating_shown(struct rating_stored stored)
{
    int64_t half = stored.rating_micro < 0 ? -500000 : 500000;

    return (int32_t)((stored.rating_micro + half) / 1000000);
}

/* ---- Glicko-2 ---- */

static double g_of(double phi)
{
    return 1 / sqrt(1 + 3 * phi * phi / (PI * PI));
}

static double expected(double mu, double mu_other, double phi_other)
{
    return 1 / (1 + exp(-g_of(phi_other) * (mu - mu_other)));
}

static double score_of(enum rating_outcome outcome)
{
    return (double)outcome / 2;
}

/* What step 5 looks for the root of. */
struct volatility_function {
    double phi, v, delta, a;
};

static double volatility_at(const struct volatility_function *f, double x)
{
    double e = exp(x);
    double d = f->phi * f->phi + f->v + e;

    return e * (f->delta * f->delta - f->phi * f->phi - f->v - e) / (2 * d * d) -
           (x - f->a) / (RATING_TAU * RATING_TAU);
}

/*
 * Step 5 with the Illinois variant of regula falsi as published; the test is `<= 0` as corrected in
 * 2022. One huge upset gives f three roots: the published start ends at the one near a, where plain
 * bisection would find a volatility of millions. The bound catches what is left of that.
 */
static double volatility_after(double phi, double v, double delta, double sigma)
{
    struct volatility_function f = {.phi = phi, .v = v, .delta = delta, .a = log(sigma * sigma)};
    double a = f.a, b, at_a, at_b;
    int k = 1;

    if (delta * delta > phi * phi + v) {
        b = log(delta * delta - phi * phi - v);
    } else {
        while (k < ITERATIONS_MAX && volatility_at(&f, f.a - k * RATING_TAU) < 0)
            k++;
        b = f.a - k * RATING_TAU;
    }
    at_a = volatility_at(&f, a);
    at_b = volatility_at(&f, b);
    for (int i = 0; i < ITERATIONS_MAX && fabs(b - a) > EPSILON; i++) {
        double c = a + (a - b) * at_a / (at_b - at_a);
        double at_c = volatility_at(&f, c);

        if (at_c * at_b <= 0) {
            a = b;
            at_a = at_b;
        } else {
            at_a /= 2;
        }
        b = c;
        at_b = at_c;
    }
    return clamp(exp(a / 2), 0, RATING_VOLATILITY_MAX);
}

struct rating rating_glicko2(struct rating player, const struct rating_game *games, size_t count)
{
    double mu = (player.rating - RATING_INITIAL) / SCALE;
    double phi = player.deviation / SCALE;
    double inverse_v = 0, sum = 0;
    struct rating after = player;
    double phi_star, phi_after;

    for (size_t i = 0; i < count; i++) {
        double mu_other = (games[i].opponent.rating - RATING_INITIAL) / SCALE;
        double phi_other = games[i].opponent.deviation / SCALE;
        double g = g_of(phi_other);
        double e = expected(mu, mu_other, phi_other);

        inverse_v += g * g * e * (1 - e);
        sum += g * (score_of(games[i].outcome) - e);
    }
    /* Between players so far apart that the outcome is certain to the last bit, v is infinite and
     * the game says nothing about volatility. */
    if (inverse_v > 0)
        after.volatility = volatility_after(phi, 1 / inverse_v, sum / inverse_v, player.volatility);
    phi_star = sqrt(phi * phi + after.volatility * after.volatility);
    phi_after = 1 / sqrt(1 / (phi_star * phi_star) + inverse_v);
    after.rating = player.rating + clamp(SCALE * phi_after * phi_after * sum, -RATING_CHANGE_MAX,
                                         RATING_CHANGE_MAX);
    after.deviation = clamp(SCALE * phi_after, RATING_DEVIATION_MIN, RATING_DEVIATION_MAX);
    return after;
}

/* ---- Elo ---- */

double rating_elo_expected(double a, double b)
{
    return 1 / (1 + pow(10, (b - a) / 400));
}

static struct rating_pair update_elo(struct rating_stored a, struct rating_stored b,
                                     enum rating_outcome outcome_of_a)
{
    double e = rating_elo_expected((double)a.rating_micro / MICRO, (double)b.rating_micro / MICRO);
    /* Rounded once and given to both, so that nothing is made or lost between them. */
    int64_t change_micro = llround(RATING_ELO_K * (score_of(outcome_of_a) - e) * MICRO);

    a.rating_micro += change_micro;
    b.rating_micro -= change_micro;
    return (struct rating_pair){.a = a, .b = b};
}

/* ---- one game ---- */

static struct rating_pair update_glicko2(struct rating_stored a, struct rating_stored b,
                                         enum rating_outcome outcome_of_a)
{
    struct rating rating_a = rating_from_stored(a), rating_b = rating_from_stored(b);
    struct rating_game game_of_a = {.opponent = rating_b, .outcome = outcome_of_a};
    struct rating_game game_of_b = {.opponent = rating_a,
                                    .outcome = (enum rating_outcome)(RATING_WIN - outcome_of_a)};

    return (struct rating_pair){
        .a = rating_to_stored(rating_glicko2(rating_a, &game_of_a, 1)),
        .b = rating_to_stored(rating_glicko2(rating_b, &game_of_b, 1)),
    };
}

struct rating_pair rating_update_1v1(enum rating_system system, struct rating_stored a,
                                     struct rating_stored b, enum rating_outcome outcome_of_a)
{
    CHECK(outcome_of_a <= RATING_WIN);
    if (system == RATING_ELO)
        return update_elo(a, b, outcome_of_a);
    return update_glicko2(a, b, outcome_of_a);
}
