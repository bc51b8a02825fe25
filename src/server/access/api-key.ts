import { z } from "zod";
import { type Log, watchFile } from "../../config/index.ts";
import { type Caller, isCurrent, parseScopes, scopes } from "../scope/scope.ts";
import { createCredential, findCredential, indexLinks, linkRecord } from "./link.ts";

/**
 * Watches a file of key records, so that removing a key takes effect without a restart. While a changed file cannot be
 * read, no key is accepted. Throws if the first read fails.
 */
export function watchApiKeyFile(path: string, log: Log): () => ReturnType<typeof parseApiKeys> {
  return watchFile(path, parseApiKeys, {
    changed: ({ size }) => log.info({ keys: size }, "API keys reloaded"),
    bad(error) {
      log.error({ error }, "the API key file cannot be read; no key is accepted until it is fixed");
      return parseApiKeys("[]");
    },
  });
}

/** The stored record of a key, without the key itself. */
export const keyRecord = z.strictObject({
  /** The start of the key: public, unique, shown in logs. */
  prefix: z.string().regex(/^[A-Za-z0-9]{8}$/),
  name: z.string().min(1).max(100),
  /** The hash of the whole key, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.string().refine((word) => scopes.some((scope) => scope.toLowerCase() === word))),
  created: z.iso.datetime(),
  /** When the key expires; null means never. */
  expires: z.iso.datetime().nullable(),
  /** Links created with the key; they expire with it. */
  links: z.array(linkRecord).optional(),
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** Creates a key, to be shown once, and its record, to be stored. `expires` null means never. */
export function createApiKey(name: string, scopeNames: readonly string[], expires: Date | null) {
  const { prefix, text: key, sha256 } = createCredential("almagw");
  const record: KeyRecord = {
    prefix,
    name,
    sha256,
    scopes: [...scopeNames],
    created: new Date().toISOString(),
    expires: expires?.toISOString() ?? null,
  };
  return { key, record: keyRecord.parse(record) };
}

/** Parses a JSON list of key records for lookups. Throws an Error that says what is wrong. */
export function parseApiKeys(json: string) {
  let records: KeyRecord[];
  try {
    records = z.array(keyRecord).parse(JSON.parse(json));
  } catch (error) {
    // The message of JSON.parse quotes the text, which may be a key pasted instead of its record.
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : "they are not JSON.";
    throw new Error(`The API keys are not what \`npm run key\` writes: ${reason}`);
  }
  const storedKeys = records.map((record) => ({
    sha256: record.sha256,
    caller: {
      id: record.prefix,
      name: record.name,
      scopes: parseScopes(record.scopes),
      expires: record.expires === null ? null : Date.parse(record.expires),
    } satisfies Caller,
    links: record.links ?? [],
  }));
  const byPrefix = new Map(storedKeys.map((stored) => [stored.caller.id, stored]));
  return {
    size: byPrefix.size,
    /** Returns the caller with this key; "expired" for an expired key, undefined for an unknown one. */
    find(key: string): Caller | "expired" | undefined {
      const stored = findCredential(byPrefix, key);
      return stored && (isCurrent(stored.caller) ? stored.caller : "expired");
    },
    /** Returns the caller of the key with this prefix, even if it has expired. */
    callerOf: (prefix: string): Caller | undefined => byPrefix.get(prefix)?.caller,
    /** Returns what a link opens; undefined if the link or its key is unknown or expired. */
    findLink: indexLinks(storedKeys),
  };
}
