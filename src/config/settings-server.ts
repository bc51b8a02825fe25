import { oneOf, origins, seconds, trustedProxies, wholeNumber, withDefault } from "./setting-schema.ts";

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
    "Seconds after which a process with a blocked event loop ends itself and logs the operation; 0: never. For ten minutes, the gateway refuses an operation that was running when a process ended with a blocked event loop or a nearly full heap. This also applies with 0, but not with `STORE_URL=memory:`.",
  ),
  logLevel: withDefault(
    "LOG_LEVEL",
    "info",
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "The lowest level of log lines.",
  ),
};
