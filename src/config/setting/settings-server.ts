import {
  oneOf,
  onOff,
  optional,
  origins,
  seconds,
  text,
  trustedProxies,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

/** The routes and limits of the HTTP server, and its logs, metrics and traces. */
export const serverSettings = {
  introspection: withDefault(
    "INTROSPECTION",
    "auto",
    oneOf("auto", "on", "off"),
    "Allows introspection, `/schema.graphql` and suggestions in errors, to callers with a key where queries need one, and serves Apollo Sandbox on `/` and GraphiQL on `/graphiql`; `auto` is `off` only without authentication beyond loopback.",
  ),
  maxBody: withDefault("MAX_BODY", "4194304", wholeNumber(1000, 1e9), "Maximum bytes of a request body."),
  bitrixMapping: optional(
    "BITRIX_MAPPING",
    text,
    "File that maps Bitrix's fields and options to Alma's; replaces or extends the built-in mapping.",
  ),
  rateLimit: withDefault(
    "RATE_LIMIT",
    "3000",
    wholeNumber(0, 1e9),
    "Operations per minute for one API key or token subject; 0 is no limit. Does not apply without authentication.",
  ),
  corsOrigins: withDefault(
    "CORS_ORIGINS",
    "",
    origins,
    "Comma-separated origins whose pages may call the gateway; `*` is any.",
  ),
  persistedDocuments: withDefault(
    "PERSISTED_DOCUMENTS",
    "off",
    oneOf("off", "log", "required"),
    "`log` logs documents that are not in the manifest; `required` refuses them, introspection included. `documentId` and Apollo's APQ work in every mode.",
  ),
  persistedManifest: optional(
    "PERSISTED_MANIFEST",
    text,
    "File of persisted documents, reloaded when it changes: a JSON object of ids and documents, as codegen's client preset and relay-compiler write it, or Apollo's manifest.",
  ),
  metrics: withDefault(
    "METRICS",
    "on",
    oneOf("on", "off", "open"),
    "`/metrics` for Prometheus: `on` requires a key where queries do, `open` never does.",
  ),
  otel: withDefault(
    "OTEL",
    "off",
    onOff,
    "`on` creates a span for each operation and each call to Alma through `@opentelemetry/api`; load an OpenTelemetry SDK with `--import` to export them.",
  ),
  trustProxy: withDefault(
    "TRUST_PROXY",
    "off",
    trustedProxies,
    "Proxies whose `X-Forwarded-For` is trusted for a caller's address: `on` is one proxy in front, `2` is two in a row, and so on; or the comma-separated networks of all of them.",
  ),
  drainDelay: withDefault(
    "DRAIN_DELAY",
    "5",
    seconds(0, 600),
    "Seconds after SIGTERM for which `/health/ready` is 503 and requests are still taken, so that balancers look elsewhere before connections are refused.",
  ),
  watchdog: withDefault(
    "WATCHDOG",
    "20",
    seconds(0, 3600),
    "Seconds after which a process ends itself whose event loop stands still, with a line in the log that names the operation, which is refused for ten minutes after a restart with a `sqlite:` store; 0: never. A debugger may hold it.",
  ),
  logLevel: withDefault(
    "LOG_LEVEL",
    "info",
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "The lowest level of log lines that are written.",
  ),
};
