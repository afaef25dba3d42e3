/*
 * The seat of the server's own player. The bot sits down with the room's opening, is ready at once
 * and never leaves; it says what a player could say, once per tick, and agrees to every rematch.
 * What it wants to do is games/pong/bot.h's.
 */
#include "services/session/room.h"

int8_t room_bot_seat(const struct room *room)
{
    for (int8_t seat = 0; seat < MATCH_SEATS; seat++)
        if (room->seats[seat].bot_level)
            return seat;
    return MATCH_NO_SEAT;
}

void room_bot_sit(struct room *room)
{
    int8_t seat = room_bot_seat(room);
    struct match_effects effects;

    if (seat < 0)
        return;
    pong_bot_init(&room->bot, (uint8_t)seat, room->seats[seat].bot_level, room->seed);
    match_join(&room->match, (uint8_t)seat, reactor_now_ms(room->reactor), &effects);
    room_effects_apply(room, &effects);
    if (match_ready(&room->match, (uint8_t)seat, reactor_now_ms(room->reactor), &effects) == OK)
        room_effects_apply(room, &effects);
}

void room_bot_play(struct room *room)
{
    struct game_input inputs[PONG_BOT_INPUTS_MAX];
    int8_t seat = room_bot_seat(room);
    uint8_t count;

    if (seat < 0)
        return;
    count = pong_bot_think(&room->bot, room->state, inputs);
    for (uint8_t i = 0; i < count; i++)
        room->game->input(room->state, (uint8_t)seat, &inputs[i]);
}

bool room_bot_agrees(struct room *room, int8_t asking, struct match_effects *effects)
{
    int8_t seat = room_bot_seat(room);

    return seat >= 0 && seat != asking &&
           match_rematch(&room->match, (uint8_t)seat, reactor_now_ms(room->reactor), effects) == OK;
}
