/*
 * One thread, one loop: its mailbox, its timers, and the sweep that looks at every connection's
 * deadlines four times a second. Nothing here blocks.
 */
#include "lib/net/inside.h"

#include <stdlib.h>

#include "lib/base/log.h"

#define SWEEP_MS 250
#define TIMERS_MAX 131072

/* -- mailbox --------------------------------------------------------------------------------- */

void reactor_post(struct reactor *reactor, struct reactor_msg *msg)
{
    if (!mpsc_push(&reactor->mailbox, &msg->node))
        return;
    /* uv_async_send looks first whether a wake-up is on its way already. That look must not come
     * before the push, or the reactor could take the old wake-up, miss the message, and sleep. */
    atomic_thread_fence(memory_order_seq_cst);
    uv_async_send(&reactor->wake);
}

/* False when there was nothing. */
static bool mailbox_drain(struct reactor *reactor)
{
    struct mpsc_node *node = mpsc_take_all(&reactor->mailbox);
    bool had_any = node != NULL;

    while (node) {
        struct mpsc_node *next = node->next; /* run may free the message */
        struct reactor_msg *msg = container_of(node, struct reactor_msg, node);
        msg->run(reactor, msg);
        node = next;
    }
    return had_any;
}

void conn_resume_later(struct conn *conn)
{
    if (conn->in.len == 0)
        return;
    conn_read_stop(conn); /* what is there comes before what is yet to be read */
    list_append(&conn->reactor->resuming, &conn->resume_link);
    uv_async_send(&conn->reactor->wake);
}

static void resume_all(struct reactor *reactor)
{
    struct list *node;

    while ((node = list_pop(&reactor->resuming)) != NULL) {
        struct conn *conn = container_of(node, struct conn, resume_link);
        conn_read_start(conn);
        http_pass_rest(conn);
    }
}

static void woken(uv_async_t *wake)
{
    struct reactor *reactor = container_of(wake, struct reactor, wake);

    (void)mailbox_drain(reactor);
    resume_all(reactor);
}

/* -- timers: a binary heap, ties by insertion order -------------------------------------------- */

static bool before(const struct reactor_timer *a, const struct reactor_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void put_at(struct timer_heap *heap, size_t i, struct reactor_timer *timer)
{
    heap->items[i] = timer;
    timer->place = i + 1;
}

static void sift(struct timer_heap *heap, size_t i)
{
    struct reactor_timer *timer = heap->items[i];

    while (i > 0 && before(timer, heap->items[(i - 1) / 2])) {
        put_at(heap, i, heap->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < heap->count && before(heap->items[child + 1], heap->items[child]))
            child++;
        if (child >= heap->count || !before(heap->items[child], timer))
            break;
        put_at(heap, i, heap->items[child]);
        i = child;
    }
    put_at(heap, i, timer);
}

static void timer_fires(uv_timer_t *handle);

/* Never for "at once": libuv would run such a timer again before it looks at any socket, and a
 * timer that keeps asking for now would hold up everybody else. */
static void timer_arm(struct reactor *reactor)
{
    struct timer_heap *heap = &reactor->timers;
    uint64_t now_ms = uv_now(&reactor->loop), due_ms;

    if (heap->count == 0) {
        uv_timer_stop(&reactor->timer);
        return;
    }
    due_ms = heap->items[0]->due_ms;
    uv_timer_start(&reactor->timer, timer_fires, due_ms > now_ms ? due_ms - now_ms : 1, 0);
}

static void heap_remove(struct timer_heap *heap, struct reactor_timer *timer)
{
    size_t i = timer->place - 1;

    CHECK(i < heap->count && heap->items[i] == timer);
    timer->place = 0;
    heap->count--;
    if (i == heap->count)
        return;
    put_at(heap, i, heap->items[heap->count]);
    sift(heap, i);
}

/* What is due now runs once; a timer that re-arms itself at once waits for the next turn. */
static void timer_fires(uv_timer_t *handle)
{
    struct reactor *reactor = container_of(handle, struct reactor, timer);
    struct timer_heap *heap = &reactor->timers;
    uint64_t now_ms = uv_now(&reactor->loop), order_end = heap->order;

    while (heap->count > 0 && heap->items[0]->due_ms <= now_ms &&
           heap->items[0]->order < order_end) {
        struct reactor_timer *timer = heap->items[0];
        heap_remove(heap, timer);
        timer->fire(reactor, timer);
    }
    timer_arm(reactor);
}

static bool heap_has_room(struct timer_heap *heap)
{
    size_t size = heap->size ? heap->size * 2 : 64;
    struct reactor_timer **items;

    if (heap->count < heap->size)
        return true;
    if (size > TIMERS_MAX)
        return false;
    items = realloc(heap->items, size * sizeof(struct reactor_timer *));
    if (!items)
        return false;
    heap->items = items;
    heap->size = size;
    return true;
}

enum err reactor_timer_start(struct reactor *reactor, struct reactor_timer *timer, uint64_t due_ms,
                             void (*fire)(struct reactor *, struct reactor_timer *))
{
    struct timer_heap *heap = &reactor->timers;

    if (timer->place)
        heap_remove(heap, timer);
    if (!heap_has_room(heap))
        return ERR_FULL;
    timer->due_ms = due_ms;
    timer->order = heap->order++;
    timer->fire = fire;
    put_at(heap, heap->count++, timer);
    sift(heap, heap->count - 1);
    if (heap->items[0] == timer)
        timer_arm(reactor);
    return OK;
}

void reactor_timer_stop(struct reactor *reactor, struct reactor_timer *timer)
{
    if (timer->place)
        heap_remove(&reactor->timers, timer);
}

/* -- sweep ----------------------------------------------------------------------------------- */

static void sweep(uv_timer_t *handle)
{
    struct reactor *reactor = container_of(handle, struct reactor, sweep);
    uint64_t now_ms = uv_now(&reactor->loop);
    uint32_t at = 1;
    struct slot_id id;
    struct conn *conn;

    (void)mailbox_drain(reactor); /* whatever became of a wake-up, nobody waits for ever */
    while ((conn = slots_next(&reactor->conns, &at, &id)) != NULL) {
        if (conn->state != CONN_CLOSED)
            ws_sweep(conn, now_ms);
        if (conn->state != CONN_CLOSED && conn->state != CONN_SOCKET)
            http_sweep(conn, now_ms);
    }
}

/* -- life ------------------------------------------------------------------------------------ */

enum err reactor_init(struct reactor *reactor, struct server *server, uint32_t index)
{
    *reactor = (struct reactor){.server = server, .index = index};
    mpsc_init(&reactor->mailbox);
    list_init(&reactor->resuming);
    reactor->read_buffer = malloc(READ_BUFFER_SIZE);
    reactor->tls_buffer = server->config.tls_cert[0] ? malloc(READ_BUFFER_SIZE) : NULL;
    if (!reactor->read_buffer || (server->config.tls_cert[0] && !reactor->tls_buffer) ||
        slots_init(&reactor->conns, sizeof(struct conn), LIMIT_CONNECTIONS_PER_REACTOR) != OK)
        return ERR_FULL;
    CHECK(uv_loop_init(&reactor->loop) == 0);
    reactor->has_loop = true;
    CHECK(uv_async_init(&reactor->loop, &reactor->wake, woken) == 0);
    CHECK(uv_timer_init(&reactor->loop, &reactor->timer) == 0);
    CHECK(uv_timer_init(&reactor->loop, &reactor->sweep) == 0);
    CHECK(uv_timer_start(&reactor->sweep, sweep, SWEEP_MS, SWEEP_MS) == 0);
    return wheel_init(reactor);
}

void reactor_loop(struct reactor *reactor)
{
    uv_run(&reactor->loop, UV_RUN_DEFAULT);
}

/* Ends every handle; the loop returns once the last close callback has run. Messages posted after
 * this are run by reactor_end, where they find no connections. */
void reactor_shut(struct reactor *reactor)
{
    uint32_t at = 1;
    struct slot_id id;
    struct conn *conn;

    reactor->is_stopping = true;
    if (reactor->has_listener && !uv_is_closing((uv_handle_t *)&reactor->listener))
        uv_close((uv_handle_t *)&reactor->listener, NULL);
    if (reactor->has_admin && !uv_is_closing((uv_handle_t *)&reactor->admin_listener))
        uv_close((uv_handle_t *)&reactor->admin_listener, NULL);
    while ((conn = slots_next(&reactor->conns, &at, &id)) != NULL)
        conn_kill(conn);
    uv_close((uv_handle_t *)&reactor->wake, NULL);
    uv_close((uv_handle_t *)&reactor->timer, NULL);
    uv_close((uv_handle_t *)&reactor->sweep, NULL);
    wheel_close(reactor);
}

bool reactor_drain(struct reactor *reactor)
{
    return mailbox_drain(reactor);
}

void reactor_end(struct reactor *reactor)
{
    if (reactor->has_started && reactor->server->config.handlers->reactor_stop)
        reactor->server->config.handlers->reactor_stop(reactor);
}

void *reactor_ctx(struct reactor *reactor)
{
    return reactor->server->config.ctx;
}

struct server *reactor_server(struct reactor *reactor)
{
    return reactor->server;
}

uint32_t reactor_index(const struct reactor *reactor)
{
    return reactor->index;
}

void *reactor_user(struct reactor *reactor)
{
    return reactor->user;
}

void reactor_user_set(struct reactor *reactor, void *user)
{
    reactor->user = user;
}

uint64_t reactor_now_ms(struct reactor *reactor)
{
    return uv_now(&reactor->loop);
}
