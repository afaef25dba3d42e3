/* See chat.h. Commands are parsed here, by the server: a client sends what was typed. */
#include "services/lobby/chat.h"

#include <stdlib.h>

/* -- rooms ----------------------------------------------------------------------------------- */

struct finding {
    struct str name;
    uint64_t user_id;
    struct chat_room *room;
};

static void channel_set(struct chat_room *room, const char *kind, uint64_t id)
{
    struct buf text;

    buf_init_fixed(&text, room->channel, sizeof(room->channel));
    buf_put_c(&text, kind);
    buf_put_u64(&text, id);
    buf_put_char(&text, '\0');
    CHECK(buf_ok(&text));
}

/* Whoever may watch a match may talk there. */
static enum err find_match(struct db *db, struct finding *finding, struct str id_text)
{
    struct match_row match;
    uint64_t match_id;
    enum err err;

    if (str_to_u64(id_text, INT64_MAX, &match_id))
        return ERR_NOT_FOUND;
    if ((err = matches_find(db, match_id, &match)))
        return err == ERR_NO_SUCH_MATCH ? ERR_NOT_FOUND : err;
    channel_set(finding->room, "match:", match_id);
    for (size_t i = 0; i < match.player_count; i++)
        if (match.players[i].user_id == finding->user_id)
            return OK;
    return match.is_private ? ERR_FORBIDDEN : OK;
}

static enum err find_person(struct db *db, struct finding *finding, struct str name)
{
    struct user other;
    bool is_blocked;
    enum err err = player_find(db, name, &other);

    if (err)
        return err;
    if (other.id == finding->user_id)
        return ERR_NOT_FOUND;
    if ((err = blocks_between(db, finding->user_id, other.id, &is_blocked)))
        return err;
    if (is_blocked)
        return ERR_BLOCKED;
    chat_dm_channel(finding->user_id, other.id, finding->room->channel);
    finding->room->other_id = other.id;
    return OK;
}

static enum err find_txn(struct db *db, void *arg)
{
    static const struct str MATCH = STR_INIT("match:");
    static const struct str DM = STR_INIT("dm:");
    struct finding *finding = arg;
    struct str name = finding->name;

    if (str_starts_with(name, MATCH))
        return find_match(db, finding, str_slice(name, MATCH.len, name.len));
    if (str_starts_with(name, DM))
        return find_person(db, finding, str_slice(name, DM.len, name.len));
    return ERR_NOT_FOUND;
}

enum err chat_room_find(struct context *context, struct str name, uint64_t user_id,
                        struct chat_room *out)
{
    struct finding finding = {.name = name, .user_id = user_id, .room = out};

    *out = (struct chat_room){.other_id = 0};
    if (!str_eq(name, STR("lobby")))
        return store_read(context->store, find_txn, &finding);
    return str_to_c(name, out->channel, sizeof(out->channel));
}

/* -- history --------------------------------------------------------------------------------- */

struct reading {
    struct chat_recent_args args;
    struct chat_history *out;
};

static enum err history_txn(struct db *db, void *arg)
{
    struct reading *reading = arg;
    struct chat_history *out = reading->out;
    enum err err = chat_recent(db, &reading->args, out->rows, &out->count);

    return err ? err
               : blocks_ids(db, reading->args.viewer_id, out->blocked_ids, BLOCKS_MAX,
                            &out->blocked_count);
}

enum err chat_history_read(struct context *context, const struct chat_room *room, uint64_t user_id,
                           struct chat_history *out)
{
    struct reading reading = {.args = {.channel = str_from_c(room->channel),
                                       .viewer_id = user_id,
                                       .limit = CHAT_HISTORY_MAX},
                              .out = out};

    return store_read(context->store, history_txn, &reading);
}

/* -- saying ---------------------------------------------------------------------------------- */

struct saying {
    struct chat_say *say;
    struct str to; /* a pm's receiver, as typed */
};

static enum err say_txn(struct db *db, void *arg)
{
    struct saying *saying = arg;
    struct chat_say *say = saying->say;
    struct chat_append_args args = {.user_id = say->user_id,
                                    .to_user_id = say->room->other_id,
                                    .text = say->said,
                                    .now_ms = say->now_ms};
    struct user to;
    enum err err;

    if (say->outcome == CHAT_PM) {
        if ((err = player_find(db, saying->to, &to)))
            return err;
        args.to_user_id = to.id;
    } else if (args.to_user_id != 0 && (err = user_find(db, args.to_user_id, &to))) {
        return err;
    }
    say->to_user_id = args.to_user_id;
    if (args.to_user_id == 0)
        args.channel = str_from_c(say->room->channel);
    else
        CHECK(str_to_c(str_from_c(to.username), say->to_username, USER_NAME_SIZE) == OK);
    return chat_append(db, &args, &say->id);
}

static enum err say_it(struct chat_say *say, struct str to, uint64_t *batch)
{
    struct saying saying = {.say = say, .to = to};
    enum err err = store_write(say->context->store, say_txn, &saying, batch);

    if (err == ERR_INVALID)
        say->detail = "You cannot write to yourself.";
    return err;
}

static enum err usage(struct chat_say *say, const char *detail)
{
    say->detail = detail;
    return ERR_INVALID;
}

/* The first word of *rest, which loses it. */
static struct str take_word(struct str *rest)
{
    size_t end = str_find(*rest, ' ', 0);
    struct str word = str_slice(*rest, 0, end);

    *rest = str_trim(str_slice(*rest, end, rest->len));
    return word;
}

static enum err say_pm(struct chat_say *say, struct str rest, uint64_t *batch)
{
    struct str to = take_word(&rest);

    if (to.len == 0 || rest.len == 0)
        return usage(say, "Usage: /pm <user> <text>");
    say->outcome = CHAT_PM;
    say->said = rest;
    return say_it(say, to, batch);
}

static enum err say_duel(struct chat_say *say, struct str rest, uint64_t *batch)
{
    struct str target = take_word(&rest);
    enum err err;

    if (target.len == 0 || rest.len > 0)
        return usage(say, "Usage: /duel <user>");
    say->outcome = CHAT_DUELED;
    say->challenge = malloc(sizeof(*say->challenge));
    if (!say->challenge)
        return ERR_FULL;
    err = duel_challenge_begin(say->context, say->user_id, target, say->now_ms, say->challenge);
    if (err)
        return err;
    return store_write(say->context->store, duel_challenge_txn, say->challenge, batch);
}

enum err chat_say(struct chat_say *say, uint64_t *batch)
{
    struct str rest = say->text, command;

    if (say->text.ptr[0] != '/') {
        say->outcome = CHAT_SAID;
        say->said = say->text;
        return say_it(say, STR(""), batch);
    }
    command = take_word(&rest);
    if (str_eq(command, STR("/pm")))
        return say_pm(say, rest, batch);
    if (str_eq(command, STR("/duel")))
        return say_duel(say, rest, batch);
    say->outcome = CHAT_HELP;
    if (str_eq(command, STR("/help")))
        return OK;
    return usage(say, "Unknown command; /help lists them.");
}
