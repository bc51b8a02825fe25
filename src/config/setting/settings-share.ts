import {
  httpUrl,
  optional,
  seconds,
  secret,
  storeKey,
  storeUrl,
  text,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

const minSecretLength = 32;

/** What a process leaves to the next one, and how several share the work. */
export const shareSettings = {
  storeUrl: withDefault(
    "STORE_URL",
    "memory:",
    storeUrl,
    "Where what lasts is stored: `memory:` forgets it with the process; `sqlite:/var/lib/alma/gateway.db` is a file of one process, and a restart is warm; `postgres://gateway@db.internal/alma` is what several processes share.",
  ),
  storePassword: secret(optional("STORE_PASSWORD", text, "The password of the user that STORE_URL names.")),
  storeCaFile: optional(
    "STORE_CA_FILE",
    text,
    "File with the certificate, as PEM, of the authority that signed that of PostgreSQL.",
    "the authorities that Node knows",
  ),
  storeKey: secret(
    optional(
      "STORE_KEY",
      storeKey,
      "Encrypts what is kept of Alma outside of the process, except what SQL reads: 32 bytes as 64 hexadecimal digits or in base64, the same for all processes (`openssl rand -hex 32`); `off` keeps it as it is.",
      "none; must be set if PostgreSQL is not on this machine",
    ),
  ),
  lease: withDefault(
    "LEASE",
    "2",
    seconds(0.2, 60),
    "Seconds after which another process leads if the leader is silent.",
  ),
  peerSecret: secret(
    optional(
      "PEER_SECRET",
      text.min(minSecretLength, { error: `must have ${minSecretLength} characters or more` }),
      "What the processes know each other by: at least 32 characters, the same for all of them.",
    ),
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
    "the first address of this machine that is not loopback, or `HOST`",
  ),
};
