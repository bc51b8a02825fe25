import { describe, expect, test } from "vitest";
import { capabilities } from "../../src/capabilities.ts";
import { defineCapability } from "../../src/capability.ts";
import { settingsOf } from "../../src/compose.ts";
import { ConfigError, findMisspeltSettings, loadConfig, settings } from "../../src/config/config.ts";
import { optional, text } from "../../src/config/index.ts";

const findMisspelt = (env: Readonly<Record<string, string | undefined>>) =>
  findMisspeltSettings(env, settingsOf([...capabilities, painter]));
/** A capability for this test. */
const painter = defineCapability({
  name: "painter",
  settings: { color: optional("COLOR", text, "Its color.") },
});
const least = { ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k" };

test.each([
  ["ALMA_CONCURENCY", "ALMA_CONCURRENCY"],
  ["ALMA_URI", "ALMA_URL"],
  ["ALMA_APIKEY", "ALMA_API_KEY"],
  ["ALMA_API_KEY_FLIE", "ALMA_API_KEY_FILE"],
  ["ALMA_TIMOUT", "ALMA_TIMEOUT"],
  ["alma_timeout", "ALMA_TIMEOUT"],
  ["CATALOGS", "CATALOG"],
  ["CATALOG_MAXAGE", "CATALOG_MAX_AGE"],
  ["COLOUR", "COLOR"],
  ["LOGLEVEL", "LOG_LEVEL"],
  ["TIMEZONE", "TIME_ZONE"],
  ["RATELIMIT", "RATE_LIMIT"],
  ["REFRESHRATE", "REFRESH_RATE"],
])("%s is reported as a misspelt %s, and does not prevent the start", (variable, setting) => {
  expect(findMisspelt({ ...least, [variable]: "1" })).toEqual([{ variable, setting, isCritical: false }]);
  expect(() => loadConfig({ ...least, [variable]: "1" })).not.toThrow();
});

test.each([
  ["auth", "AUTH"],
  ["API_KEY", "API_KEYS"],
  ["APIKEYS", "API_KEYS"],
  ["API_KEY_FILE", "API_KEYS_FILE"],
  ["API_KEYS_FLIE", "API_KEYS_FILE"],
  ["JWT_JWK_URL", "JWT_JWKS_URL"],
  ["JWT_AUDIANCE", "JWT_AUDIENCE"],
  ["JWT_SCOPES_CLAIM", "JWT_SCOPE_CLAIM"],
  ["CORS_ORIGIN", "CORS_ORIGINS"],
  ["TRUSTED_PROXY", "TRUST_PROXY"],
])("%s prevents the start: it looks like %s, which decides who may use the gateway", (variable, setting) => {
  const load = () => loadConfig({ ...least, [variable]: "SECRET-1" });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(`${variable} is not a setting, but looks like ${setting}, which`);
  expect(load).not.toThrow("SECRET-1");
});

describe("ignored are", () => {
  test("the settings themselves, and variables without a value", () => {
    const names = Object.values(settings).map(({ name }) => name);
    const all = Object.fromEntries([...names, "ALMA_API_KEY_FILE"].map((name) => [name, "1"]));
    expect(findMisspelt({ ...all, API_KEY: "", ALMA_CONCURENCY: " ", AUHT: undefined })).toEqual([]);
  });

  test("variables that Kubernetes sets for services of any name", () => {
    const services = [
      "ALMA",
      "ALMA_URL",
      "AUTH",
      "API_KEYS",
      "JWT",
      "JWT_ISSUER",
      "CORS",
      "CORS_ORIGINS",
      "TRUST_PROXY",
    ];
    const names = services.flatMap((service) => [
      `${service}_SERVICE_HOST`,
      `${service}_SERVICE_PORT`,
      `${service}_SERVICE_PORT_HTTP`,
      `${service}_PORT`,
      `${service}_PORT_80_TCP`,
      `${service}_PORT_80_TCP_ADDR`,
      `${service}_PORT_80_TCP_PORT`,
      `${service}_PORT_80_TCP_PROTO`,
    ]);
    expect(findMisspelt(Object.fromEntries(names.map((name) => [name, "1"])))).toEqual([]);
  });

  test("variables of systems, shells, containers, platforms and other programs", () => {
    const names = `
      PATH HOME HOSTNAME HOSTTYPE USER USERNAME LOGNAME SHELL SHLVL PWD OLDPWD TERM LANG LANGUAGE LC_ALL LC_CTYPE TZ
      TZDIR TMP TMPDIR TEMP EDITOR VISUAL PAGER MAIL DISPLAY COLORTERM NO_COLOR FORCE_COLOR CI DEBUG _ PS1 IFS UID GID
      MACHTYPE OSTYPE XDG_RUNTIME_DIR XDG_SESSION_ID SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION INVOCATION_ID JOURNAL_STREAM
      SYSTEMD_EXEC_PID NOTIFY_SOCKET LISTEN_FDS LISTEN_PID MEMORY_PRESSURE_WATCH CREDENTIALS_DIRECTORY STATE_DIRECTORY
      Path PATHEXT ComSpec SystemRoot windir PROCESSOR_ARCHITECTURE NUMBER_OF_PROCESSORS APPDATA LOCALAPPDATA PROGRAMDATA
      http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
      NODE_ENV NODE_OPTIONS NODE_PATH NODE_VERSION NODE_EXTRA_CA_CERTS NODE_NO_WARNINGS NODE_TLS_REJECT_UNAUTHORIZED
      UV_THREADPOOL_SIZE YARN_VERSION npm_config_cache npm_config_registry npm_package_name npm_package_version
      npm_lifecycle_event npm_lifecycle_script npm_execpath npm_node_execpath INIT_CWD NVM_DIR COREPACK_HOME
      SSL_CERT_FILE SSL_CERT_DIR LD_LIBRARY_PATH LD_PRELOAD MALLOC_ARENA_MAX GODEBUG GOMAXPROCS JAVA_HOME JAVA_OPTS
      PYTHONPATH PYTHONUNBUFFERED VIRTUAL_ENV
      KUBERNETES_SERVICE_HOST KUBERNETES_PORT KUBERNETES_PORT_443_TCP KUBERNETES_SERVICE_PORT_HTTPS POD_NAME POD_IP
      POD_NAMESPACE NODE_NAME NAMESPACE SERVICE_ACCOUNT CLUSTER REGION ZONE
      ECS_CONTAINER_METADATA_URI ECS_CONTAINER_METADATA_URI_V4 AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID
      AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_EXECUTION_ENV AWS_ROLE_ARN
      AWS_WEB_IDENTITY_TOKEN_FILE AZURE_CLIENT_ID AZURE_TENANT_ID AZURE_FEDERATED_TOKEN_FILE AZURE_AUTHORITY_HOST
      GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT GCP_PROJECT PROJECT_ID K_SERVICE K_REVISION K_CONFIGURATION
      DYNO FLY_APP_NAME FLY_REGION FLY_ALLOC_ID RENDER RENDER_SERVICE_ID RAILWAY_ENVIRONMENT WEBSITE_HOSTNAME
      WEBSITE_SITE_NAME VERCEL_URL HEROKU_APP_NAME WEB_CONCURRENCY
      OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_HEADERS OTEL_SERVICE_NAME OTEL_RESOURCE_ATTRIBUTES
      OTEL_TRACES_EXPORTER OTEL_TRACES_SAMPLER OTEL_LOG_LEVEL OTEL_PROPAGATORS DD_SERVICE DD_ENV DD_AGENT_HOST DD_VERSION
      SENTRY_DSN NEW_RELIC_LICENSE_KEY LOG LOGS LOG_FORMAT LOG_DIR LOG_FILE LOGGING RUST_LOG
      HOSTS HOST_IP HOST_NAME HOST_PATH POST PORTS PORTAL PORT_RANGE SPORT EXPORT AUTHOR AUTHORS AUTHORITY AUTHORIZATION
      AUTHENTICATION AUTH_TOKEN AUTH_SECRET AUTH_URL NEXTAUTH_URL OAUTH_CLIENT_ID OAUTH2_PROXY BASIC_AUTH HOTEL
      JWT_SECRET JWT_SECRET_KEY JWT_EXPIRES_IN JWT_PRIVATE_KEY CORS_ENABLED CORS_ALLOW_CREDENTIALS CORS_MAX_AGE
      STRIPE_API_KEY OPENAI_API_KEY MAPS_API_KEY SENDGRID_API_KEY API_URL API_TOKEN API_HOST API_SECRET SECRET_KEY
      DATABASE_URL REDIS_URL REDIS_HOST REDIS_PASSWORD POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB PGHOST PGPORT PGUSER
      MYSQL_HOST MONGO_URL AMQP_URL KAFKA_BROKERS SMTP_HOST SMTP_USER SMTP_PASSWORD S3_BUCKET
      APP_ENV APP_NAME APP_VERSION ENVIRONMENT STAGE VERSION RELEASE BUILD_ID COMMIT GIT_COMMIT GIT_SHA IMAGE_TAG
      BASE_URL PUBLIC_URL ROOT_URL DOMAIN TIMEOUT WORKERS THREADS CONCURRENCY MAX_MEMORY MAX_RETRIES MAX_WORKERS
      CACHE_TTL CACHE_DIR DATA_DIR CONFIG CONFIG_FILE PIDFILE DATE TIME FILE FILES FORMAT MODE NAME TITLE
      BITRIX_URL BITRIX_WEBHOOK BITRIX_TOKEN ALMA_TOKEN ALMA_USER ALMA_ENV`;
    const env = Object.fromEntries(
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, "1"]),
    );
    expect(Object.keys(env).length).toBeGreaterThan(250);
    expect(findMisspelt(env)).toEqual([]);
  });
});
