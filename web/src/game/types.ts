// The words of the match socket as the client reads them (native JSON dialect), and the small
// geometric types that the court shares. Nothing here runs.

export type Side = "left" | "right";
export type Direction = -1 | 0 | 1;

export type MatchStatus =
    | "pending"
    | "waiting"
    | "ready"
    | "running"
    | "paused"
    | "finished"
    | "forfeited"
    | "cancelled";

/** Centre of the ball in world units, velocity in units per second; y grows downwards. */
export interface Ball {
    x: number;
    y: number;
    vx: number;
    vy: number;
}

/** Centre of a paddle in world units, velocity in units per second. */
export interface Paddle {
    y: number;
    v: number;
}

export interface Ruleset {
    name?: string;
    width: number;
    height: number;
    paddle: { width: number; height: number; speed: number };
    ball: { size: number; speed: number; max_speed: number };
    win_score: number;
    tick_hz: number;
}

export interface PlayerInfo {
    user_id: number;
    username: string;
    side: Side;
    score: number;
    ready: boolean;
    connected: boolean;
    mmr: number | null;
    guest?: boolean;
}

export interface GameStateMessage {
    type: "game_state";
    match_id: string;
    you: { side: Side | null; seat: number | null; role: "player" | "spectator" };
    status: MatchStatus;
    tick: number;
    seq: number;
    ruleset: Ruleset;
    players: PlayerInfo[];
    ball: Ball;
    paddles: Record<Side, Paddle>;
    /** Last input applied for the receiver. */
    ack?: number;
    /** What is left of a countdown, a pause or an absence that holds up play. */
    remaining_ms?: number;
    paused_by?: Side | null;
    pause_reason?: "pause" | "disconnect";
    server_time_ms: number;
}

export interface GameUpdateMessage {
    type: "game_update";
    seq: number;
    tick: number;
    ack?: number;
    status?: MatchStatus;
    ball?: Partial<Ball>;
    paddles?: Partial<Record<Side, Partial<Paddle>>>;
}

export interface GameOverMessage {
    type: "game_over";
    seq?: number;
    winner: Side | null;
    winner_user_id?: number | null;
    reason: "score" | "forfeit" | "resign" | "no_show" | "cancelled";
    left: number;
    right: number;
    rating?: { before: number; after?: number };
    match_id: string;
    replay_url?: string;
}

export type ServerMessage =
    | GameStateMessage
    | GameUpdateMessage
    | GameOverMessage
    | { type: "score_update"; seq: number; left: number; right: number; scorer: Side | null }
    | { type: "player_joined"; seq?: number; user_id: number; username?: string; side?: Side }
    | { type: "player_left"; seq?: number; user_id: number; grace_ms: number }
    | { type: "player_ready"; seq?: number; user_id: number }
    | { type: "game_start"; seq?: number; countdown_ms: number; seed?: string | number }
    | {
          type: "paused";
          seq?: number;
          user_id?: number;
          by?: number | Side | null;
          reason?: "pause" | "disconnect";
          remaining_ms?: number;
      }
    | { type: "resumed"; seq?: number; countdown_ms?: number }
    | { type: "emote"; seq?: number; user_id: number; id: string | number }
    | { type: "rematch"; seq?: number; game_id?: string | number; user_id?: number }
    | { type: "rematch_asked"; seq?: number; user_id: number; remaining_ms?: number }
    | { type: "pong"; t: number; server_time_ms: number; tick: number }
    | { type: "server_draining"; deadline_ms: number }
    | { type: "error"; code: string; detail: string };

/** Everything that moves on the court, as of one tick. */
export interface Moment {
    tick: number;
    ball: Ball;
    left: Paddle;
    right: Paddle;
}

export function otherSide(side: Side): Side {
    return side === "left" ? "right" : "left";
}
