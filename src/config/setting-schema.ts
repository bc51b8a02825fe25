import ipaddr from "ipaddr.js";
import { z } from "zod";

/** One setting of the environment, with the schema that parses its text. */
export interface Setting<T> {
  readonly name: string;
  /** The text parsed if the environment lacks the setting. */
  readonly defaultText?: string;
  /** Its description in docs/settings.md, in Markdown. */
  readonly description: string;
  /** Its default in docs/settings.md, in Markdown. */
  readonly defaultDescription: string;
  readonly isRequired?: boolean;
  /** Whether it is a secret: it may be in a file named by NAME_FILE, and is never printed. */
  readonly isSecret?: boolean;
  readonly schema: z.ZodType<T, string>;
}

/** Declares a required setting. */
export function required<T>(name: string, schema: z.ZodType<T, string>, description: string): Setting<T> {
  return { name, schema, description, defaultDescription: "must be set", isRequired: true };
}

/** Declares a setting with a default, written like a value in the environment. */
export function withDefault<T>(
  name: string,
  defaultText: string,
  schema: z.ZodType<T, string>,
  description: string,
): Setting<T> {
  const defaultDescription = defaultText === "" ? "empty" : `\`${defaultText}\``;
  return { name, defaultText, schema, description, defaultDescription };
}

/** Declares an optional setting. `defaultDescription` says what happens if it is unset. */
export function optional<T>(
  name: string,
  schema: z.ZodType<T, string>,
  description: string,
  defaultDescription = "none",
): Setting<T | undefined> {
  return { name, schema, description, defaultDescription };
}

/** Marks a setting as secret. */
export function secret<T>(setting: Setting<T>): Setting<T> {
  return { ...setting, isSecret: true };
}

/** Any text. */
export const text = z.string();

/** Text that is valid as the value of a header. */
export const headerValue = z
  .string()
  .regex(/^[\x20-\x7e]+$/, "must be one line of printable ASCII, to be valid in a header");

/** Parses a text. `form` describes the expected form for the error if `parse` returns undefined. */
const parsedBy = <T>(parse: (text: string) => T | undefined, form: string) =>
  z.string().transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue(form);
    return z.NEVER;
  });

/**
 * Returns the number in a text that matches a pattern, from `min` to `max`, inclusive; undefined for any
 * other text.
 */
function numberBetween(text: string, pattern: RegExp, min: number, max: number) {
  const number = Number(text);
  return pattern.test(text) && number >= min && number <= max ? number : undefined;
}

const WHOLE = /^\d{1,15}$/;

/** An integer from `min` to `max`, inclusive. */
export const wholeNumber = (min: number, max: number) =>
  parsedBy((value) => numberBetween(value, WHOLE, min, max), `must be a whole number from ${min} to ${max}`);

/** Seconds in the environment, with up to three decimals; milliseconds in the Config. */
export const seconds = (min: number, max: number) =>
  parsedBy(
    (value) => numberBetween(value, /^\d{1,12}(\.\d{1,3})?$/, min, max),
    `must be a number of seconds from ${min} to ${max}`,
  ).transform((value) => Math.round(value * 1000));

/** Exactly one of these values. */
export function oneOf<const V extends string>(...values: V[]): z.ZodType<V, string> {
  return z.string().pipe(z.enum(values, `must be ${values.map((value) => `"${value}"`).join(" or ")}`));
}

/** `on` is true, `off` is false. */
export const onOff = oneOf("on", "off").transform((value) => value === "on");

/** Comma-separated values, trimmed, without empty values. */
const commaSeparated = z.string().transform((value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((entry) => entry !== ""),
);

/** Comma-separated origins of pages; `*` means any. */
export const origins = commaSeparated.refine(
  (values) => values.every((value) => value === "*" || isOrigin(value)),
  "must be a list of origins such as https://app.example.com, without a path or slash behind; or *",
);

const isOrigin = (value: string) =>
  URL.canParse(value) && new URL(value).origin === value && !value.includes("*");

/** Comma-separated host names. */
export const hostNames = commaSeparated.refine(
  (names) => names.every((name) => /^[\w.-]+$/.test(name)),
  "must be a list of host names such as gateway.example.com, without http:// and port",
);

/** Comma-separated networks in CIDR notation. */
export const cidrNetworks = commaSeparated.refine(
  (values) => values.every((value) => ipaddr.isValidCIDR(value)),
  "must be a list of networks such as 10.20.0.0/16",
);

/** Trusted proxies: none, a number of proxies in a chain, or their networks. */
export const trustedProxies = parsedBy((value) => {
  if (value === "off") return false;
  if (value === "on") return 1;
  if (/^[1-9]$/.test(value)) return Number(value);
  const { data = [] } = cidrNetworks.safeParse(value);
  return data.length > 0 && data.every((network) => !network.endsWith("/0")) ? data : undefined;
}, "must be off, on, a number of proxies from 1 to 9, or a list of networks such as 10.20.0.0/16");

/** An http or https URL. */
export const httpUrl = z
  .string()
  .refine(
    (value) => /^https?:\/\/[^/]/i.test(value) && URL.canParse(value),
    "must be an address that begins with http:// or https:// and a host's name",
  );

/**
 * Returns whether a value is a URL with a host and optionally a port, a user, a password, a database and `sslmode`, and
 * nothing else.
 */
function isPostgresUrl(value: string) {
  if (!/^postgres(ql)?:\/\/[^/]/.test(value) || !URL.canParse(value)) return false;
  const { hostname, pathname, search, hash } = new URL(value);
  const isMode = /^(\?sslmode=(disable|require|verify-full))?$/.test(search);
  return /^[^,]+$/.test(hostname) && /^(\/[^/]*)?$/.test(pathname) && isMode && hash === "";
}

/** `memory:`, `sqlite:FILE` or `postgres://USER@HOST/DATABASE`: where the store is. */
export const storeUrl = parsedBy((value) => {
  if (value === "memory:") return {};
  const [, file] = /^sqlite:([^:?#]+)$/.exec(value) ?? [];
  if (file !== undefined) return { file };
  return isPostgresUrl(value) ? { postgres: value } : undefined;
}, "must be memory:, sqlite: and the path of a file, such as sqlite:/var/lib/alma/gateway.db, or postgres://USER@HOST:PORT/DATABASE, with ?sslmode=disable, require or verify-full at most");

/** Parses a key of 32 bytes, in hexadecimal or base64; undefined if it is malformed. */
export function parseStoreKey(value: string): Buffer | undefined {
  if (/^[\da-f]{64}$/i.test(value)) return Buffer.from(value, "hex");
  return /^[\w+/-]{43}=?$/.test(value) ? Buffer.from(value, "base64") : undefined;
}

/** A store key, or `off`. */
export const storeKey = parsedBy(
  (value) => (value === "off" ? value : parseStoreKey(value)),
  "must be 32 bytes as 64 hexadecimal digits or in base64, or off",
);

/** Returns whether a host, by name or address, is reachable only from this machine. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i.test(host);

/** A URL whose answers cannot be forged on the way: https, or http on this machine. */
export const secureUrl = httpUrl.refine(
  (value) =>
    !URL.canParse(value) || new URL(value).protocol === "https:" || isLoopback(new URL(value).hostname),
  "must begin with https://: over http, others could replace the keys (only loopback may use it)",
);

/** A host name or address to listen on; an IPv6 address may be in brackets, as in a URL. */
export const listenHost = z.string().transform((value) => /^\[(.+)\]$/.exec(value)?.[1] ?? value);

/** Alma's URL; its last slash is optional. */
export const almaUrl = httpUrl
  .refine((value) => /\/external_api\/?$/.test(value), "must end in external_api/")
  .refine((value) => !/[?#@]/.test(value), "must be without a user's name, a password, ? and #")
  .transform((value) => value.replace(/\/?$/, "/"));

/** An IANA time zone such as Asia/Dubai. */
export const timeZone = z.string().refine((value) => {
  try {
    return Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}, "must be a time zone's name, such as Asia/Dubai");
