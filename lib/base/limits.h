/*
 * Every bound that the outside world can push against, by name, with its reason. A figure that
 * protocol or operators may change is configuration (apps/config.h); these are the rest.
 */
#ifndef RALLY_BASE_LIMITS_H
#define RALLY_BASE_LIMITS_H

/* HTTP: a browser's largest honest head is below 4 KiB; cookies and tokens get as much again. */
#define LIMIT_HTTP_LINE_SIZE 8192
#define LIMIT_HTTP_HEAD_SIZE 16384
#define LIMIT_HTTP_HEADER_COUNT 100
#define LIMIT_HTTP_BODY_SIZE 65536
#define LIMIT_HTTP_CHUNK_EXT_SIZE 64
#define LIMIT_HTTP_REQUESTS_PER_CONNECTION 1000
#define LIMIT_HTTP_HEAD_TIMEOUT_MS 10000
#define LIMIT_HTTP_BODY_TIMEOUT_MS 30000
#define LIMIT_HTTP_IDLE_TIMEOUT_MS 75000
#define LIMIT_HTTP_WRITE_STALL_MS 10000
#define LIMIT_HANDLER_TIMEOUT_MS 5000
#define LIMIT_TLS_HANDSHAKE_MS 5000
/* What a pipelining client may have waiting while one request is handled. */
#define LIMIT_HTTP_PIPELINE_SIZE 65536

/* WebSocket: inputs are tens of bytes; chat and commands a few hundred. */
#define LIMIT_WS_MESSAGE_SIZE 16384
#define LIMIT_WS_FRAGMENT_COUNT 64
#define LIMIT_WS_OUT_SIZE 262144
#define LIMIT_WS_OUT_COUNT 256
#define LIMIT_WS_STALL_MS 5000
#define LIMIT_WS_PING_MS 15000
#define LIMIT_WS_DEAD_MS 35000
#define LIMIT_WS_MESSAGES_PER_S 60
#define LIMIT_WS_MESSAGES_BURST 120
#define LIMIT_WS_PROTOCOL_ERRORS 20 /* in LIMIT_WS_PROTOCOL_WINDOW_MS, then close 4040 */
#define LIMIT_WS_PROTOCOL_WINDOW_MS 10000

/* Connections. */
#define LIMIT_CONNECTIONS_PER_ADDRESS 64
#define LIMIT_SOCKETS_PER_USER 4
#define LIMIT_CONNECTIONS_PER_REACTOR 65536
#define LIMIT_LISTEN_BACKLOG 1024

/* JSON. */
#define LIMIT_JSON_DEPTH 8
#define LIMIT_JSON_KEYS 64

/* Hand-offs between the planes. */
#define LIMIT_WORKER_QUEUE 4096
#define LIMIT_STORE_QUEUE 8192
#define LIMIT_STORE_BATCH 256
#define LIMIT_HASH_QUEUE 64
#define LIMIT_HASH_DEADLINE_MS 2000
#define LIMIT_REPLY_SIZE 1048576
#define LIMIT_REQUEST_ARENA_SIZE 1048576

/* Rooms. */
#define LIMIT_ROOMS_PER_REACTOR 16384
#define LIMIT_ROOM_SPECTATORS 1000
#define LIMIT_ROOM_CATCH_UP_TICKS 4

/* Tokens. */
#define LIMIT_TOKEN_SIZE 1024

#endif
