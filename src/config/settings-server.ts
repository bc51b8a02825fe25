import {
  httpUrl,
  oneOf,
  optional,
  origins,
  seconds,
  secret,
  storeKey,
  storeUrl,
  text,
  trustedProxies,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

/** The routes and limits of the HTTP server, and its logs and metrics. */
export const serverSettings = {
  introspection: withDefault(
    "INTROSPECTION",
    "auto",
    oneOf("auto", "on", "off"),
    "Introspection, `/schema.graphql`, suggestions in errors, and explorers; `auto` is `off` only without authentication beyond loopback.",
  ),
  maxBody: withDefault("MAX_BODY", "4194304", wholeNumber(1000, 1e9), "Maximum bytes of a request body."),
  rateLimit: withDefault(
    "RATE_LIMIT",
    "3000",
    wholeNumber(0, 1e9),
    "Operations per minute for one API key or token subject; 0 is no limit.",
  ),
  corsOrigins: withDefault(
    "CORS_ORIGINS",
    "",
    origins,
    "Comma-separated origins whose pages may call the gateway; `*` is any.",
  ),
  metrics: withDefault(
    "METRICS",
    "on",
    oneOf("on", "off", "open"),
    "`/metrics` for Prometheus: `on` requires a key where queries do, `open` never does, `off` removes it.",
  ),
  trustProxy: withDefault(
    "TRUST_PROXY",
    "off",
    trustedProxies,
    "Proxies whose `X-Forwarded-For` is trusted: `on` is one in front, `2` two in a row; or their comma-separated networks.",
  ),
  drainDelay: withDefault(
    "DRAIN_DELAY",
    "5",
    seconds(0, 600),
    "Seconds after SIGTERM in which `/health/ready` is 503 and requests are still accepted.",
  ),
  watchdog: withDefault(
    "WATCHDOG",
    "20",
    seconds(0, 3600),
    "Seconds after which a process with a blocked event loop ends itself and logs the operation; 0: never. An operation during which a process ended with a blocked event loop or a nearly full heap is refused for ten minutes, even with 0, unless `STORE_URL` is `memory:`.",
  ),
  logLevel: withDefault(
    "LOG_LEVEL",
    "info",
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "The lowest level of log lines.",
  ),
};

const minSecretLength = 32;

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
      text.min(minSecretLength, `must have ${minSecretLength} characters or more`),
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
