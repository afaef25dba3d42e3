/* See timers.h. A job that was late runs once, not as often as it was missed. */
#include "apps/timers.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"

struct timer_entry {
    const struct role_timer *timer;
    uint64_t due_ms;
};

struct timers {
    struct context *context;
    pthread_mutex_t lock;
    pthread_cond_t is_ended;
    bool ends, has_thread;
    pthread_t thread;
    struct timer_entry entries[TIMERS_MAX];
    size_t count;
};

struct timers *timers_new(struct context *context)
{
    struct timers *timers = calloc(1, sizeof(*timers));
    pthread_condattr_t attributes;

    CHECK(timers != NULL);
    timers->context = context;
    CHECK(pthread_mutex_init(&timers->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&timers->is_ended, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    return timers;
}

void timers_add(struct timers *timers, const struct role *role)
{
    for (size_t i = 0; i < role->timer_count; i++) {
        CHECK(timers->count < TIMERS_MAX && !timers->has_thread);
        timers->entries[timers->count++] = (struct timer_entry){
            .timer = &role->timers[i], .due_ms = clock_mono_ms() + role->timers[i].period_ms};
    }
}

static struct timer_entry *next_due(struct timers *timers)
{
    struct timer_entry *next = NULL;

    for (size_t i = 0; i < timers->count; i++)
        if (!next || timers->entries[i].due_ms < next->due_ms)
            next = &timers->entries[i];
    return next;
}

/* True when it is time; false when the thread is to end. */
static bool wait_until(struct timers *timers, uint64_t due_ms)
{
    struct timespec until = {.tv_sec = (time_t)(due_ms / 1000),
                             .tv_nsec = (long)(due_ms % 1000) * 1000000};
    bool ends;

    pthread_mutex_lock(&timers->lock);
    while (!timers->ends && clock_mono_ms() < due_ms)
        pthread_cond_timedwait(&timers->is_ended, &timers->lock, &until);
    ends = timers->ends;
    pthread_mutex_unlock(&timers->lock);
    return !ends;
}

static void *timers_main(void *arg)
{
    struct timers *timers = arg;
    struct timer_entry *entry = next_due(timers);

    while (entry && wait_until(timers, entry->due_ms)) {
        entry->timer->run(timers->context, clock_wall_ms());
        entry->due_ms = clock_mono_ms() + entry->timer->period_ms;
        entry = next_due(timers);
    }
    return NULL;
}

void timers_start(struct timers *timers)
{
    CHECK(pthread_create(&timers->thread, NULL, timers_main, timers) == 0);
    timers->has_thread = true;
}

void timers_stop(struct timers *timers)
{
    pthread_mutex_lock(&timers->lock);
    timers->ends = true;
    pthread_cond_signal(&timers->is_ended);
    pthread_mutex_unlock(&timers->lock);
    if (timers->has_thread)
        pthread_join(timers->thread, NULL);
    pthread_cond_destroy(&timers->is_ended);
    pthread_mutex_destroy(&timers->lock);
    free(timers);
}
