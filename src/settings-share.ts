import {
  httpUrl,
  listenHost,
  optional,
  seconds,
  secret,
  text,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

const minSecretLength = 32;

/** How several processes share the work. */
export const shareSettings = {
  peerSecret: secret(
    optional(
      "PEER_SECRET",
      text.min(minSecretLength, { error: `must have ${minSecretLength} characters or more` }),
      "What the processes know each other by: at least 32 characters, the same for all of them.",
    ),
  ),
  peerHost: optional(
    "PEER_HOST",
    listenHost,
    "The address to listen on for the other processes; never public.",
    "`HOST`",
  ),
  peerPort: optional(
    "PEER_PORT",
    wholeNumber(0, 65535),
    "The port to listen on for the other processes; 0 is any free port.",
    "`PORT` + 1, or any with `PORT=0`",
  ),
  peerUrl: optional(
    "PEER_URL",
    httpUrl,
    "The URL at which the other processes reach that port.",
    "the first address of this machine that is not loopback, or `PEER_HOST`",
  ),
  leaderWait: withDefault(
    "LEADER_WAIT",
    "5",
    seconds(0, 600),
    "Seconds for which a request waits while no process leads; then it gets 503, and nothing was done.",
  ),
} as const;
