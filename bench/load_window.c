/* Collects and sums up a window; see load_window.h for what its figures mean. */
#include "bench/load_window.h"

#include "bench/common_base.h"
#include "bench/common_http.h"
#include "bench/load_player.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    UPDATES_PER_S_MAX = 70, /* 30 a second and bounces, with room to spare */
    INPUTS_PER_S_MAX = 12,
    COMPLAINTS_SHOWN = 5,
    UPDATES_PER_S = 30,
};

static uint64_t unstamped_count;
static uint64_t complaint_count;

static uint64_t ticks_to_ns(uint64_t ticks)
{
    return ticks * NS_PER_S / 60;
}

void load_window_init(struct load_window *window, size_t players, uint64_t seconds)
{
    size_t updates_max = players * (seconds + 1) * UPDATES_PER_S_MAX;
    window->lateness_max = updates_max;
    window->lateness = memory_new(updates_max, sizeof *window->lateness);
    samples_init(&window->intervals, updates_max);
    samples_init(&window->echoes, players * (seconds + 1) * INPUTS_PER_S_MAX);
}

void load_window_release(struct load_window *window)
{
    free(window->lateness);
    samples_release(&window->intervals);
    samples_release(&window->echoes);
}

void load_window_unstamped(void)
{
    unstamped_count++;
}

void load_window_complain(const char *text, size_t len)
{
    if (complaint_count++ < COMPLAINTS_SHOWN)
        fprintf(stderr, "load: the server says %.*s\n", (int)len, text);
}

void load_window_update(struct load_window *window, uint32_t stretch, uint64_t tick,
                        uint64_t arrived_ns)
{
    if (window->lateness_count == window->lateness_max)
        die("more updates than %d a second", UPDATES_PER_S_MAX);
    int64_t late_ns = (int64_t)(arrived_ns - window->opened_real_ns) - (int64_t)ticks_to_ns(tick);
    window->lateness[window->lateness_count++] =
        (struct lateness){.stretch = stretch, .late_ns = late_ns};
}

uint32_t load_window_stretch(struct load_window *window)
{
    return window->stretch_count++;
}

void load_window_interval(struct load_window *window, uint64_t ticks, uint64_t elapsed_ns)
{
    samples_add(&window->intervals, llabs((int64_t)elapsed_ns - (int64_t)ticks_to_ns(ticks)));
}

void load_window_echo(struct load_window *window, uint64_t sent_ns, uint64_t arrived_ns)
{
    if (sent_ns >= window->opened_real_ns)
        samples_add(&window->echoes, (int64_t)(arrived_ns - sent_ns));
}

static uint64_t own_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

/* The sum over all series of one metric; 0 when it is absent. */
static double metric_read(struct sockaddr_in address, const char *name)
{
    if (address.sin_port == 0)
        return 0;
    char *text = http_get(address, "/metrics");
    double sum = 0;
    size_t name_len = strlen(name);
    for (char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncmp(line, name, name_len) == 0 && strchr(" {", line[name_len]) != NULL) {
            const char *space = strchr(line, ' ');
            sum += space == NULL ? 0 : strtod(space, NULL);
        }
    }
    free(text);
    return sum;
}

void load_window_open(struct load_window *window, struct player *players, size_t count)
{
    window->slips_before = metric_read(window->metrics, "rally_room_tick_slips_total");
    for (size_t i = 0; i < count; i++)
        player_window_reset(&players[i], (uint32_t)i);
    window->stretch_count = (uint32_t)count;
    window->lateness_count = 0;
    samples_clear(&window->intervals);
    samples_clear(&window->echoes);
    window->inputs_sent = 0;
    unstamped_count = 0;
    window->own_cpu_before_ns = own_cpu_ns();
    process_usage_read(window->server_pid, window->server_core, &window->usage_before);
    window->opened_real_ns = clock_real_ns();
    window->opened_mono_ns = clock_mono_ns();
    window->is_open = true;
}

static void server_sum(const struct load_window *window, const struct process_usage *after,
                       struct load_result *result)
{
    result->cpu_ns = after->cpu_ns - window->usage_before.cpu_ns;
    result->core_busy_ns = after->core_busy_ns - window->usage_before.core_busy_ns;
    result->core_steal_ns = after->core_steal_ns - window->usage_before.core_steal_ns;
}

static void players_sum(const struct player *players, size_t count, struct load_result *result)
{
    /* One frame may fall outside at either end of the window. */
    double due = result->seconds * UPDATES_PER_S - 1.5;
    for (size_t i = 0; i < count; i++) {
        const struct player *player = &players[i];
        result->players_open += player->state == PLAYER_OPEN ? 1 : 0;
        result->frames += player->frames;
        result->points += player->points;
        result->lost += player->lost;
        result->disorder += player->disorder;
        result->merged += player->merged;
        result->hole_ticks += player->hole_ticks;
        if ((double)player->frames < due)
            result->missing += (uint64_t)(due - (double)player->frames + 0.5);
    }
}

static void lateness_sum(const struct load_window *window, struct load_result *result)
{
    size_t count = window->stretch_count;
    int64_t *punctual_ns = memory_new(count, sizeof *punctual_ns);
    for (size_t i = 0; i < count; i++)
        punctual_ns[i] = INT64_MAX;
    for (size_t i = 0; i < window->lateness_count; i++) {
        const struct lateness *late = &window->lateness[i];
        if (late->late_ns < punctual_ns[late->stretch])
            punctual_ns[late->stretch] = late->late_ns;
    }
    struct samples late = {0};
    samples_init(&late, window->lateness_count);
    for (size_t i = 0; i < window->lateness_count; i++)
        samples_add(&late, window->lateness[i].late_ns - punctual_ns[window->lateness[i].stretch]);
    result->late_p50_ns = samples_quantile(&late, 0.5);
    result->late_p99_ns = samples_quantile(&late, 0.99);
    result->late_max_ns = samples_quantile(&late, 1);
    samples_release(&late);
    free(punctual_ns);
}

static void latency_sum(struct load_window *window, struct load_result *result)
{
    result->updates = window->lateness_count;
    result->interval_p50_ns = samples_quantile(&window->intervals, 0.5);
    result->interval_p99_ns = samples_quantile(&window->intervals, 0.99);
    result->echo_count = window->echoes.count;
    result->echo_p50_ns = samples_quantile(&window->echoes, 0.5);
    result->echo_p99_ns = samples_quantile(&window->echoes, 0.99);
    result->echo_max_ns = samples_quantile(&window->echoes, 1);
}

void load_window_close(struct load_window *window, const struct player *players, size_t count,
                       struct load_result *result)
{
    static struct process_usage after;
    process_usage_read(window->server_pid, window->server_core, &after);
    window->is_open = false;
    *result = (struct load_result){.rooms = count / 2, .unstamped = unstamped_count};
    result->seconds = (double)(clock_mono_ns() - window->opened_mono_ns) / NS_PER_S;
    result->own_cpu_ns = own_cpu_ns() - window->own_cpu_before_ns;
    result->slips =
        metric_read(window->metrics, "rally_room_tick_slips_total") - window->slips_before;
    server_sum(window, &after, result);
    players_sum(players, count, result);
    lateness_sum(window, result);
    latency_sum(window, result);
}

static void threads_print(const struct load_window *window, double seconds, FILE *file)
{
    static struct process_usage now;
    process_usage_read(window->server_pid, -1, &now);
    const char *separator = "";
    fputs(",\"threads\":{", file);
    for (size_t i = 0; i < now.thread_count; i++) {
        uint64_t used_ns = process_thread_cpu_ns(&window->usage_before, &now.threads[i]);
        if (used_ns < NS_PER_MS)
            continue;
        fprintf(file, "%s\"%s/%d\":%.4f", separator, now.threads[i].name, (int)now.threads[i].id,
                (double)used_ns / NS_PER_S / seconds);
        separator = ",";
    }
    fputs("}", file);
}

static void load_print(const struct load_window *window, const struct load_result *result,
                       FILE *file)
{
    double room_seconds = result->seconds * (double)result->rooms;
    double frames = (double)result->frames;
    fprintf(file,
            "{\"rooms\":%zu,\"players_open\":%zu,\"seconds\":%.3f,\"cpu_share\":%.4f,"
            "\"cpu_us_per_room_s\":%.3f,\"cpu_ns_per_frame\":%.1f,\"core_other\":%.4f,"
            "\"core_steal\":%.4f,\"own_cpu_share\":%.4f,\"inputs_per_s\":%.1f",
            result->rooms, result->players_open, result->seconds,
            (double)result->cpu_ns / NS_PER_S / result->seconds,
            (double)result->cpu_ns / 1e3 / room_seconds,
            frames > 0 ? (double)result->cpu_ns / frames : 0,
            ((double)result->core_busy_ns - (double)result->cpu_ns) / NS_PER_S / result->seconds,
            (double)result->core_steal_ns / NS_PER_S / result->seconds,
            (double)result->own_cpu_ns / NS_PER_S / result->seconds,
            (double)window->inputs_sent / result->seconds);
}

void load_result_print(const struct load_window *window, const struct load_result *result,
                       FILE *file)
{
    struct process_memory memory;
    process_memory_read(window->server_pid, &memory);
    double private_size = (double)memory.private_size - (double)window->memory_idle.private_size;
    load_print(window, result, file);
    fprintf(file,
            ",\"frames_per_s\":%.1f,\"updates_per_s\":%.1f,\"points_per_s\":%.2f,\"lost\":%llu,"
            "\"disorder\":%llu,"
            "\"missing\":%llu,\"hole_ticks\":%llu,\"merged\":%llu,\"unstamped\":%llu,"
            "\"slips\":%.0f,\"complaints\":%llu",
            (double)result->frames / result->seconds, (double)result->updates / result->seconds,
            (double)result->points / 2 / result->seconds, (unsigned long long)result->lost,
            (unsigned long long)result->disorder, (unsigned long long)result->missing,
            (unsigned long long)result->hole_ticks, (unsigned long long)result->merged,
            (unsigned long long)result->unstamped, result->slips,
            (unsigned long long)complaint_count);
    fprintf(file,
            ",\"late_p50_ms\":%.3f,\"late_p99_ms\":%.3f,\"late_max_ms\":%.3f,"
            "\"interval_p50_ms\":%.3f,\"interval_p99_ms\":%.3f,\"echoes\":%zu,"
            "\"echo_p50_ms\":%.3f,\"echo_p99_ms\":%.3f,\"echo_max_ms\":%.3f,"
            "\"private_size\":%llu,\"private_per_socket\":%.1f",
            (double)result->late_p50_ns / NS_PER_MS, (double)result->late_p99_ns / NS_PER_MS,
            (double)result->late_max_ns / NS_PER_MS, (double)result->interval_p50_ns / NS_PER_MS,
            (double)result->interval_p99_ns / NS_PER_MS, result->echo_count,
            (double)result->echo_p50_ns / NS_PER_MS, (double)result->echo_p99_ns / NS_PER_MS,
            (double)result->echo_max_ns / NS_PER_MS, (unsigned long long)memory.private_size,
            private_size / (double)(result->rooms * 2));
    if (window->server_pid != 0)
        threads_print(window, result->seconds, file);
    fputs("}\n", file);
    fflush(file);
}
