#include "lib/store/chat.h"

#include "lib/base/buf.h"
#include "lib/store/friends.h"
#include "lib/store/row.h"

void chat_dm_channel(uint64_t a_id, uint64_t b_id, char out[CHAT_CHANNEL_SIZE])
{
    struct buf buf;

    buf_init_fixed(&buf, out, CHAT_CHANNEL_SIZE);
    buf_put_c(&buf, "dm:");
    buf_put_u64(&buf, a_id < b_id ? a_id : b_id);
    buf_put_char(&buf, ':');
    buf_put_u64(&buf, a_id < b_id ? b_id : a_id);
    buf_put_char(&buf, '\0');
    CHECK(buf_ok(&buf));
}

static enum err may_write_to(struct db *db, uint64_t user_id, uint64_t to_user_id)
{
    struct user user;
    bool is_blocked;
    enum err err;

    if (user_id == to_user_id)
        return ERR_INVALID;
    if ((err = user_find(db, to_user_id, &user)))
        return err;
    if ((err = blocks_between(db, user_id, to_user_id, &is_blocked)))
        return err;
    return is_blocked ? ERR_BLOCKED : OK;
}

static enum err insert(struct db *db, const struct chat_append_args *args, struct str channel,
                       uint64_t id)
{
    return DB_RUN(db,
                  "INSERT INTO chat_messages (id, channel, user_id, to_user_id, text, sent_ms) "
                  "VALUES ($1, $2, $3, $4, $5, $6)",
                  NULL, DB_ARG_I64(id), DB_ARG_TEXT(channel), DB_ARG_I64(args->user_id),
                  row_id_or_null(args->to_user_id), DB_ARG_TEXT(args->text),
                  DB_ARG_I64(args->now_ms));
}

enum err chat_append(struct db *db, const struct chat_append_args *args, uint64_t *id)
{
    char memory[CHAT_CHANNEL_SIZE];
    struct str channel = args->channel;
    uint64_t next_id;
    enum err err;

    CHECK((args->channel.len == 0) == (args->to_user_id != 0));
    CHECK(args->channel.len < CHAT_CHANNEL_SIZE);
    if (args->text.len == 0)
        return ERR_INVALID;
    if (args->text.len > CHAT_TEXT_MAX)
        return ERR_TOO_LARGE;
    if (args->to_user_id) {
        if ((err = may_write_to(db, args->user_id, args->to_user_id)))
            return err;
        chat_dm_channel(args->user_id, args->to_user_id, memory);
        channel = str_from_c(memory);
    }
    if ((err = row_next_id(db, STR("message"), &next_id)))
        return err;
    if ((err = insert(db, args, channel, next_id)))
        return err;
    *id = next_id;
    return OK;
}

static void message_read(const struct db_rows *rows, struct chat_row *out)
{
    out->id = row_u64(rows, 0);
    out->user_id = row_u64(rows, 1);
    row_text(rows, 2, out->username, sizeof(out->username));
    out->to_user_id = row_u64(rows, 3);
    out->sent_ms = row_u64(rows, 4);
    row_text(rows, 5, out->text, sizeof(out->text));
}

static void reverse(struct chat_row *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct chat_row kept = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = kept;
    }
}

enum err chat_recent(struct db *db, const struct chat_recent_args *args, struct chat_row *out,
                     size_t *count)
{
    struct db_rows *rows;
    enum err err;

    CHECK(args->limit <= CHAT_HISTORY_MAX);
    err = DB_QUERY(db,
                   "SELECT m.id, m.user_id, u.username, m.to_user_id, m.sent_ms, m.text "
                   "FROM chat_messages m JOIN users u ON u.id = m.user_id WHERE m.channel = $1 "
                   "AND (m.to_user_id IS NULL OR m.to_user_id = $2 OR m.user_id = $2) "
                   "AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = $2 "
                   "AND b.blocked_id = m.user_id) ORDER BY m.id DESC LIMIT $3",
                   &rows, DB_ARG_TEXT(args->channel), DB_ARG_I64(args->viewer_id),
                   DB_ARG_I64(args->limit));
    if (err)
        return err;
    *count = 0;
    while ((err = db_next(rows)) == OK)
        message_read(rows, &out[(*count)++]);
    db_done(rows);
    reverse(out, *count);
    return err == ERR_END ? OK : err;
}

enum err chat_purge(struct db *db, uint64_t before_ms, size_t limit, uint64_t *purged)
{
    return DB_RUN(db,
                  "DELETE FROM chat_messages WHERE id IN (SELECT id FROM chat_messages "
                  "WHERE sent_ms < $1 ORDER BY sent_ms LIMIT $2)",
                  purged, DB_ARG_I64(before_ms), DB_ARG_I64(limit));
}
