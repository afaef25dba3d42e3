/*
 * The text that a Prometheus server reads, checked by a reader of the exposition format 0.0.4:
 * every sample belongs to the family above it, no series twice, histograms add up.
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdlib.h>

#include "services/metrics.h"

#define SERIES_MAX 1024

struct reader {
    char family[128];
    char type[16];
    char families[64][128];
    size_t family_count;
    char series[SERIES_MAX][256];
    double values[SERIES_MAX];
    size_t series_count;
    double bucket; /* of the histogram that is being read */
    double bound;
    bool has_infinity;
};

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return name.len > 0;
}

static void read_family(struct reader *reader, struct str line)
{
    bool is_help = str_starts_with(line, STR("# HELP "));
    size_t end = str_find(line, ' ', 7);
    struct str name = str_slice(line, 7, end), rest = str_slice(line, end + 1, line.len);

    EXPECT(is_name(name));
    EXPECT(rest.len > 0);
    if (is_help) { /* opens a family, which comes in one piece */
        EXPECT_OK(str_to_c(name, reader->family, sizeof(reader->family)));
        for (size_t i = 0; i < reader->family_count; i++)
            EXPECT(strcmp(reader->families[i], reader->family) != 0);
        EXPECT(reader->family_count < ARRAY_COUNT(reader->families));
        EXPECT_OK(str_to_c(name, reader->families[reader->family_count++], 128));
        reader->type[0] = '\0';
        return;
    }
    EXPECT(str_starts_with(line, STR("# TYPE ")));
    EXPECT_STR(reader->family, name);
    EXPECT(str_eq(rest, STR("counter")) || str_eq(rest, STR("gauge")) ||
           str_eq(rest, STR("histogram")));
    EXPECT_OK(str_to_c(rest, reader->type, sizeof(reader->type)));
}

/* {a="b",c="d"}: answers the index behind it; *bound is the value of le. */
static size_t read_labels(struct str line, size_t at, double *bound)
{
    while (line.ptr[at] != '}') {
        size_t equals = str_find(line, '=', at), from = equals + 2, to = from;
        EXPECT(equals + 1 < line.len && line.ptr[equals + 1] == '"');
        EXPECT(is_name(str_slice(line, at, equals)));
        while (to < line.len && line.ptr[to] != '"') {
            EXPECT(line.ptr[to] != '\n');
            to += line.ptr[to] == '\\' ? 2 : 1;
        }
        EXPECT(to + 1 < line.len);
        if (str_eq(str_slice(line, at, equals), STR("le")))
            *bound = strtod(line.ptr + from, NULL);
        at = to + 1;
        if (line.ptr[at] == ',')
            at++;
        else
            EXPECT_INT('}', line.ptr[at]);
    }
    return at + 1;
}

static void read_bucket(struct reader *reader, double bound, double value)
{
    if (bound <= reader->bound) /* the next histogram of the family */
        reader->bucket = 0;
    EXPECT(value >= reader->bucket);
    reader->bucket = value;
    reader->bound = bound;
    reader->has_infinity = bound > 1e300;
}

static void read_sample(struct reader *reader, struct str line)
{
    size_t brace = str_find(line, '{', 0), space = str_find(line, ' ', 0), end;
    size_t family_len = strlen(reader->family);
    struct str name = str_slice(line, 0, brace < space ? brace : space), suffix;
    double bound = -1, value;
    char *rest;

    EXPECT(is_name(name));
    EXPECT(reader->type[0]);
    EXPECT(str_starts_with(name, str_from_c(reader->family)));
    suffix = str_slice(name, family_len, name.len);
    end = brace < space ? read_labels(line, brace + 1, &bound) : space;
    EXPECT_INT(' ', line.ptr[end]);
    value = strtod(line.ptr + end + 1, &rest);
    EXPECT(rest == line.ptr + line.len);
    EXPECT(value >= 0);
    EXPECT(reader->series_count < SERIES_MAX);
    EXPECT_OK(str_to_c(str_slice(line, 0, end), reader->series[reader->series_count], 256));
    for (size_t i = 0; i < reader->series_count; i++)
        EXPECT(strcmp(reader->series[i], reader->series[reader->series_count]) != 0);
    reader->values[reader->series_count++] = value;
    if (strcmp(reader->type, "histogram") != 0) {
        EXPECT_INT(0, suffix.len);
        return;
    }
    if (str_eq(suffix, STR("_bucket"))) {
        EXPECT(bound >= 0);
        read_bucket(reader, bound, value);
        return;
    }
    EXPECT(reader->has_infinity); /* the bucket of all comes before sum and count */
    if (str_eq(suffix, STR("_count")))
        EXPECT(value == reader->bucket);
    else
        EXPECT_STR("_sum", suffix);
}

static void read_all(struct reader *reader, struct str text)
{
    *reader = (struct reader){.bound = 1e301};
    EXPECT(text.len > 0 && text.ptr[text.len - 1] == '\n');
    while (text.len > 0) {
        size_t end = str_find(text, '\n', 0);
        struct str line = str_slice(text, 0, end);
        EXPECT(line.len > 0);
        if (line.ptr[0] == '#')
            read_family(reader, line);
        else
            read_sample(reader, line);
        text = str_slice(text, end + 1, text.len);
    }
}

static double value_of(const struct reader *reader, const char *series)
{
    for (size_t i = 0; i < reader->series_count; i++)
        if (strcmp(reader->series[i], series) == 0)
            return reader->values[i];
    return -1;
}

static void name_route(void *ctx, size_t route, const char **method, const char **pattern)
{
    static const char *const PATTERNS[] = {"/v1/people/me", "/v1/people/{person}", "none"};

    (void)ctx;
    *method = route == 1 ? "POST" : "GET";
    *pattern = PATTERNS[route];
}

static void scrape(struct metrics *metrics, struct reader *reader)
{
    struct buf out;

    buf_init(&out, 1u << 20);
    metrics_put(metrics, &out, name_route, NULL);
    EXPECT(buf_ok(&out));
    read_all(reader, buf_str(&out));
    buf_release(&out);
}

static struct reader heard;

TEST(a_server_that_did_nothing_yet_has_readable_metrics)
{
    struct metrics *metrics = metrics_new(2);

    scrape(metrics, &heard);
    EXPECT(value_of(&heard, "rally_password_hash_duration_seconds_count") == 0);
    metrics_free(metrics);
}

TEST(requests_are_counted_by_route_and_status_and_timed)
{
    struct metrics *metrics = metrics_new(2);

    metrics_request(metrics, 0, 200, 1500000);
    metrics_request(metrics, 0, 200, 2500000000u);
    metrics_request(metrics, 0, 404, 1);
    metrics_request(metrics, 1, 201, 999999999999u);
    metrics_request(metrics, 2, 404, 0);
    metrics_hash(metrics, 250000000);
    scrape(metrics, &heard);
    EXPECT(value_of(&heard, "rally_http_requests_total{route=\"/v1/people/me\",method=\"GET\","
                            "status=\"200\"}") == 2);
    EXPECT(value_of(&heard, "rally_http_requests_total{route=\"/v1/people/me\",method=\"GET\","
                            "status=\"404\"}") == 1);
    EXPECT(value_of(&heard, "rally_http_requests_total{route=\"none\",method=\"GET\","
                            "status=\"404\"}") == 1);
    EXPECT(value_of(&heard, "rally_http_request_duration_seconds_count{route=\"GET "
                            "/v1/people/me\"}") == 3);
    EXPECT(value_of(&heard, "rally_http_request_duration_seconds_bucket{route=\"POST "
                            "/v1/people/{person}\",le=\"+Inf\"}") == 1);
    EXPECT(value_of(&heard, "rally_password_hash_duration_seconds_sum") > 0.2499);
    EXPECT(value_of(&heard, "rally_password_hash_duration_seconds_sum") < 0.2501);
    metrics_free(metrics);
}

TEST(more_statuses_than_are_kept_break_nothing)
{
    struct metrics *metrics = metrics_new(2);

    for (int status = 200; status < 300; status++)
        metrics_request(metrics, 0, status, 1000);
    scrape(metrics, &heard);
    EXPECT(value_of(&heard, "rally_http_request_duration_seconds_count{route=\"GET "
                            "/v1/people/me\"}") == 100);
    metrics_free(metrics);
}

TEST(a_value_counts_in_the_first_bucket_that_it_does_not_exceed)
{
    struct histogram histogram = {0};
    struct buf out;
    char memory[4096];

    for (int i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        histogram_add(&histogram, HISTOGRAM_NS_BOUNDS[i], 1);
        EXPECT_INT(1, histogram.counts[i]);
        histogram_add(&histogram, HISTOGRAM_NS_BOUNDS[i] + 1, 1);
        EXPECT_INT(1, histogram.counts[i + 1]);
        histogram.counts[i + 1] = 0;
    }
    buf_init_fixed(&out, memory, sizeof(memory));
    metrics_family(&out, "x_seconds", "histogram", "Any.");
    metrics_histogram_ns(&out, "x_seconds", NULL, &histogram);
    metrics_family(&out, "y", "gauge", "Some.");
    metrics_sample(&out, "y", "code=\"other\"", UINT64_MAX);
    EXPECT(buf_ok(&out));
    read_all(&heard, buf_str(&out));
    EXPECT(value_of(&heard, "x_seconds_count") == HISTOGRAM_BUCKETS - 1);
    EXPECT(value_of(&heard, "y{code=\"other\"}") > 1e19);
}

static void *count_many(void *arg)
{
    for (int i = 0; i < 10000; i++)
        metrics_request(arg, 0, 200 + i % 8, 1000);
    return NULL;
}

TEST(threads_that_count_at_once_lose_nothing)
{
    struct metrics *metrics = metrics_new(2);
    pthread_t threads[4];
    double sum = 0;

    for (int i = 0; i < 4; i++)
        EXPECT_INT(0, pthread_create(&threads[i], NULL, count_many, metrics));
    for (int i = 0; i < 4; i++)
        EXPECT_INT(0, pthread_join(threads[i], NULL));
    scrape(metrics, &heard);
    for (size_t i = 0; i < heard.series_count; i++)
        if (strncmp(heard.series[i], "rally_http_requests_total{", 26) == 0)
            sum += heard.values[i];
    EXPECT(sum == 40000);
    metrics_free(metrics);
}
