import ipaddr from "ipaddr.js";
import { z } from "zod";

/**
 * One setting of the environment: its name, its text when the environment has none, what it does, and how its text
 * becomes a value. `mandatory` ones have no default; `secret` ones may also come in a file named by NAME_FILE and are
 * never printed.
 */
export interface Setting<T> {
  readonly name: string;
  readonly defaultText: string | undefined;
  /** Markdown, for the table in docs/operating.md; so is `byDefault`: what counts when the environment has none. */
  readonly description: string;
  readonly defaultDescription: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly schema: z.ZodType<T, string>;
}

/** A setting that the environment must have. */
export function required<T>(name: string, schema: z.ZodType<T, string>, description: string): Setting<T> {
  const defaultDescription = "must be set";
  return {
    name,
    defaultText: undefined,
    description,
    defaultDescription,
    isRequired: true,
    isSecret: false,
    schema,
  };
}

/** A setting with a default, given as the text that the environment would have. */
export function withDefault<T>(
  name: string,
  defaultText: string,
  schema: z.ZodType<T, string>,
  description: string,
): Setting<T> {
  const defaultDescription = defaultText === "" ? "empty" : `\`${defaultText}\``;
  return { name, defaultText, description, defaultDescription, isRequired: false, isSecret: false, schema };
}

/** A setting that may be left out; its value is then undefined, and `byDefault` says what that means. */
export function optional<T>(
  name: string,
  schema: z.ZodType<T, string>,
  description: string,
  defaultDescription = "none",
): Setting<T | undefined> {
  return {
    name,
    defaultText: undefined,
    description,
    defaultDescription,
    isRequired: false,
    isSecret: false,
    schema,
  };
}

/** The same setting, as a secret. */
export function secret<T>(setting: Setting<T>): Setting<T> {
  return { ...setting, isSecret: true };
}

/** Any text. */
export const text = z.string();

/** A text that can be sent as a header's value. */
export const headerValue = z.string().regex(/^[\x20-\x7e]+$/, {
  error: "must be one line of letters, digits and signs of ASCII, as a header can carry them",
});

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message));
}

/** Seconds in the environment, milliseconds in the program; decimals are allowed. */
export function seconds(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a number of seconds from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,12}(\.\d{1,3})?$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message))
    .transform((value) => Math.round(value * 1000));
}

/** One of some words. */
export function oneOf<const V extends string>(...values: V[]): z.ZodType<V, string> {
  return z
    .string()
    .pipe(z.enum(values, { error: `must be ${values.map((value) => `"${value}"`).join(" or ")}` }));
}

/** `on` is true, `off` is false. */
export const onOff = oneOf("on", "off").transform((value) => value === "on");

/** Values with commas between them; blanks around each are cut off, empty ones are left out. */
export const commaSeparated = z.string().transform((value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((entry) => entry !== ""),
);

/** Origins of pages, with commas between them; or `*`. */
export const origins = commaSeparated.refine(
  (values) => values.every((value) => value === "*" || isOrigin(value)),
  {
    error: "must be a list of origins such as https://app.example.com, without a path or slash behind; or *",
  },
);

const isOrigin = (value: string) =>
  URL.canParse(value) && new URL(value).origin === value && !value.includes("*");

/** Names of asymmetric signatures (JSON Web Algorithms), with commas between them. */
export const signatureAlgorithms = commaSeparated.refine(
  (names) => names.length > 0 && names.every((name) => /^(RS|PS|ES)(256|384|512)$|^EdDSA$/.test(name)),
  { error: "must be a list of RS256, PS256, ES256 (or 384, 512) and EdDSA" },
);

/** Networks as CIDR, with commas between them. */
export const cidrNetworks = commaSeparated.refine(
  (values) => values.every((value) => ipaddr.isValidCIDR(value)),
  {
    error: "must be a list of networks such as 10.20.0.0/16",
  },
);

/** Whose word counts for where a request comes from: nobody's, that of so many proxies, or that of networks. */
export const trustedProxies = z.string().transform((value, { issues }): false | number | string[] => {
  if (value === "off") return false;
  if (value === "on") return 1;
  if (/^[1-9]$/.test(value)) return Number(value);
  const { data = [] } = cidrNetworks.safeParse(value);
  if (data.length > 0 && data.every((network) => !network.endsWith("/0"))) return data;
  const message =
    "must be off, on, a number of proxies from 1 to 9, or a list of networks such as 10.20.0.0/16";
  issues.push({ code: "custom", message, input: value });
  return z.NEVER;
});

/** An http or https address. */
export const httpUrl = z.string().refine((value) => /^https?:\/\/[^/]/i.test(value) && URL.canParse(value), {
  error: "must be an address that begins with http:// or https:// and a host's name",
});

/** A name or an address to listen on; that of IPv6 may have brackets around it, as in an address of the web. */
export const listenHost = z.string().transform((value) => /^\[(.+)\]$/.exec(value)?.[1] ?? value);

/** Alma's address; its last slash may be missing. */
export const almaUrl = httpUrl
  .refine((value) => /\/external_api\/?$/.test(value), { error: "must end in external_api/" })
  .refine((value) => !/[?#@]/.test(value), { error: "must be without a user's name, a password, ? and #" })
  .transform((value) => value.replace(/\/?$/, "/"));

/** An IANA time zone such as Asia/Dubai. */
export const timeZone = z.string().refine(
  (value) => {
    try {
      return Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
    } catch {
      return false;
    }
  },
  { error: "must be a time zone's name, such as Asia/Dubai" },
);
