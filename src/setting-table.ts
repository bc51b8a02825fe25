import {
  address,
  defaulted,
  headerValue,
  list,
  mandatory,
  networks,
  oneOf,
  onOff,
  optional,
  seconds,
  secret,
  text,
  timeZone,
  whole,
} from "./setting.ts";

const almaAddress = address
  .refine((value) => /\/external_api\/?$/.test(value), { error: "must end in external_api/" })
  .transform((value) => value.replace(/\/?$/, "/"));

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text && !text.includes("*");

/** Every setting, in the order of docs/operating.md. Seconds in the environment are milliseconds in the Config. */
export const settings = {
  almaUrl: mandatory("ALMA_URL", almaAddress, "Alma's address; ends in `external_api/`."),
  almaApiKey: secret(mandatory("ALMA_API_KEY", headerValue, "The key that Alma gave; sent as `Api-Key`.")),
  almaConcurrency: defaulted("ALMA_CONCURRENCY", "32", whole(1, 1000), "Calls to Alma at once, at most."),
  almaTimeout: defaulted("ALMA_TIMEOUT", "15", seconds(0.1, 600), "Seconds that one call to Alma may take."),
  almaProjectId: defaulted(
    "ALMA_PROJECT_ID",
    "207",
    whole(1, 1e9),
    "The project of a new building that names none: 207 in Alma's production, 240 in its development.",
  ),
  fileForm: defaulted(
    "FILE_FORM",
    "auto",
    oneOf("auto", "link", "multipart"),
    "How Alma takes files: as a `link` that it fetches itself, or as a `multipart` form. With `auto` its OPTIONS or the first upload decides.",
  ),
  maxFile: defaulted("MAX_FILE", "20971520", whole(1, 1e9), "Bytes of one file to upload, at most."),
  fileTimeout: defaulted(
    "FILE_TIMEOUT",
    "60",
    seconds(0.1, 3600),
    "Seconds that may be spent on waiting for one file to come, from a caller or from a link.",
  ),
  fileNetworks: defaulted(
    "FILE_NETWORKS",
    "",
    networks,
    "Networks whose addresses links to files may lead to beside public ones, such as `10.20.0.0/16` for a Bitrix of one's own, with commas between.",
  ),
  host: defaulted("HOST", "127.0.0.1", text, "The address to listen on; any but loopback needs `AUTH`."),
  port: defaulted("PORT", "4000", whole(0, 65535), "The port to listen on; 0 takes a free one."),
  auth: defaulted(
    "AUTH",
    "auto",
    oneOf("auto", "on", "off"),
    "`auto` asks for a key or token once one is configured, and without one opens on loopback only; `on` always asks; `off` never does.",
  ),
  apiKeysFile: optional(
    "API_KEYS_FILE",
    text,
    "File of hashed keys, as `npm run key` writes it; read again when it changes, so a removed key stops within 10 s.",
  ),
  apiKeys: optional("API_KEYS", text, "The same content in a variable, for hosts without files."),
  jwksUrl: optional("JWT_JWKS_URL", address, "Where the public keys of JSON Web Tokens are published."),
  jwtIssuer: optional("JWT_ISSUER", text, "The `iss` that a token must have; needed with `JWT_JWKS_URL`."),
  jwtAudience: optional(
    "JWT_AUDIENCE",
    text,
    "The `aud` that a token must have; needed with `JWT_JWKS_URL`.",
  ),
  jwtAlgorithms: defaulted(
    "JWT_ALGORITHMS",
    "RS256,ES256",
    list.refine(
      (names) => names.length > 0 && names.every((name) => /^(RS|PS|ES)(256|384|512)$|^EdDSA$/.test(name)),
      { error: "must be a list of RS256, PS256, ES256 (or 384, 512) and EdDSA" },
    ),
    "The signatures that a token may have, all of them asymmetric.",
  ),
  jwtScopeClaim: defaulted(
    "JWT_SCOPE_CLAIM",
    "scope",
    text,
    "The claim with the token's scopes: a text with blanks, or a list.",
  ),
  maxAge: defaulted(
    "MAX_AGE",
    "30",
    seconds(0, 86_400),
    "How old, in seconds, a record may be that a query names.",
  ),
  catalogMaxAge: defaulted(
    "CATALOG_MAX_AGE",
    "900",
    seconds(1, 604_800),
    "How old, in seconds, what is reached through a connection may be; background work keeps it younger.",
  ),
  catalog: defaulted(
    "CATALOG",
    "on",
    onOff,
    "`off` runs without background work: only what queries ask for is read.",
  ),
  refreshRate: defaulted(
    "REFRESH_RATE",
    "20",
    whole(1, 10_000),
    "Calls to Alma a second for keeping the catalog fresh.",
  ),
  warmUpConcurrency: defaulted(
    "WARM_UP_CONCURRENCY",
    "16",
    whole(1, 1000),
    "Calls at once while the catalog is first filled.",
  ),
  maxCalls: optional(
    "MAX_CALLS",
    whole(1, 1e9),
    "Calls to Alma that one operation may cost.",
    "`1000`, or `20000` with `CATALOG=off`",
  ),
  maxPage: defaulted("MAX_PAGE", "10000", whole(1, 1e6), "Records in one page of a connection, at most."),
  deadline: defaulted("DEADLINE", "60", seconds(0.1, 3600), "Seconds that one operation may take."),
  timeZone: defaulted("TIME_ZONE", "Asia/Dubai", timeZone, "Where “today” is decided."),
  introspection: defaulted(
    "INTROSPECTION",
    "auto",
    oneOf("auto", "on", "off"),
    "Whether the schema may be asked for, `/schema.graphql` and suggestions in errors included; `auto` is `on` for loopback only.",
  ),
  explorers: defaulted(
    "EXPLORERS",
    "auto",
    oneOf("auto", "on", "off"),
    "Apollo Sandbox on `/` and GraphiQL on `/graphiql`; `auto` is `on` for loopback only, unless `PERSISTED_DOCUMENTS=required`.",
  ),
  maxBody: defaulted("MAX_BODY", "4194304", whole(1000, 1e9), "Bytes of one request's body, at most."),
  bitrixMapping: optional(
    "BITRIX_MAPPING",
    text,
    "File that says what Bitrix's fields and options mean in Alma, in the place of the one that comes along, or extending it.",
  ),
  bitrixMaxItems: defaulted(
    "BITRIX_MAX_ITEMS",
    "500",
    whole(1, 3000),
    "Bitrix items that one `syncBitrix` or `mapBitrix` may bring.",
  ),
  bitrixMaxFiles: defaulted(
    "BITRIX_MAX_FILES",
    "200",
    whole(0, 10_000),
    "Files that one `syncBitrix` may give to Alma; what goes beyond is left to the next.",
  ),
  bitrixMaxBody: defaulted(
    "BITRIX_MAX_BODY",
    "8388608",
    whole(1000, 1e9),
    "Bytes of one body of `POST /bitrix/sync`, at most: 500 items of 16 KiB.",
  ),
  maxTokens: defaulted(
    "MAX_TOKENS",
    "4000",
    whole(10, 1e6),
    "Tokens (words and signs) of one document, at most; objects in its variables likewise, those inside a `JSON` value not counted; its text may have 100 characters for each.",
  ),
  maxDepth: defaulted(
    "MAX_DEPTH",
    "20",
    whole(1, 1000),
    "Fields inside fields, at most; fragments are followed.",
  ),
  maxAliases: defaulted(
    "MAX_ALIASES",
    "100",
    whole(0, 1e6),
    "Aliased and repeated fields of one operation, at most.",
  ),
  maxResponse: defaulted("MAX_RESPONSE", "67108864", whole(1000, 1e9), "Bytes of one answer, at most."),
  maxOperations: defaulted(
    "MAX_OPERATIONS",
    "256",
    whole(1, 1e6),
    "Operations at once; the newest beyond it gets 503 with `Retry-After`.",
  ),
  maxReports: defaulted(
    "MAX_REPORTS",
    "32",
    whole(1, 1e6),
    "Of these, operations that ask for a page of more than 200 records, so that reports leave room for screens.",
  ),
  rateLimit: defaulted(
    "RATE_LIMIT",
    "3000",
    whole(0, 1e9),
    "Operations a minute for one key or token subject; 0 is no limit. Does not apply when the gateway is open.",
  ),
  corsOrigins: defaulted(
    "CORS_ORIGINS",
    "",
    list.refine((origins) => origins.every((origin) => origin === "*" || isOrigin(origin)), {
      error:
        "must be a list of origins such as https://app.example.com, without a path or slash behind; or *",
    }),
    "Origins whose pages may call the gateway, with commas between; `*` is every page.",
  ),
  hostedSandbox: defaulted(
    "HOSTED_SANDBOX",
    "off",
    onOff,
    "Lets Apollo's hosted Sandbox (studio.apollographql.com) call it too.",
  ),
  compression: defaulted("COMPRESSION", "on", onOff, "Compresses answers for clients that accept it."),
  persistedDocuments: defaulted(
    "PERSISTED_DOCUMENTS",
    "off",
    oneOf("off", "log", "required"),
    "`log` notes documents that are not in the manifest, `required` refuses them, introspection included; `documentId` and Apollo's APQ work in each mode.",
  ),
  persistedManifest: optional(
    "PERSISTED_MANIFEST",
    text,
    "File of persisted documents, read again when it changes: JSON of id to document, as codegen's client preset and relay-compiler write it, or Apollo's manifest.",
  ),
  metrics: defaulted(
    "METRICS",
    "on",
    oneOf("on", "off", "open"),
    "`/metrics` for Prometheus: `on` asks for a key where queries do, `open` never.",
  ),
  otel: defaulted(
    "OTEL",
    "off",
    onOff,
    "`on` makes a span for each operation and each call to Alma, through `@opentelemetry/api`, whose SDK is to be loaded beside the gateway.",
  ),
  trustProxy: defaulted("TRUST_PROXY", "off", onOff, "`on` takes a caller's address from `X-Forwarded-For`."),
  logLevel: defaulted(
    "LOG_LEVEL",
    "info",
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "The least severe log lines that are written.",
  ),
} as const;
