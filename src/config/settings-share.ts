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

const MIN_SECRET_LENGTH = 32;

/** Settings of the store, and of processes that share it. */
export const shareSettings = {
  storeUrl: withDefault(
    "STORE_URL",
    "memory:",
    storeUrl,
    "The store: `memory:`; `sqlite:/var/lib/alma/gateway.db`, a file of one process; `postgres://gateway@db.internal/alma`, which several processes share.",
  ),
  storePassword: secret(optional("STORE_PASSWORD", text, "The password of the user that STORE_URL names.")),
  storeCaFile: optional(
    "STORE_CA_FILE",
    text,
    "PEM file of the certificate authority that signed PostgreSQL's certificate.",
    "the authorities that Node knows",
  ),
  storeKey: secret(
    optional(
      "STORE_KEY",
      storeKey,
      "Encrypts the store except what SQL reads: 32 bytes in hexadecimal or base64 (`openssl rand -hex 32`), the same for all processes; `off` disables it.",
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
      text.min(MIN_SECRET_LENGTH, `must have ${MIN_SECRET_LENGTH} characters or more`),
      "The secret that the processes share: at least 32 characters.",
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
