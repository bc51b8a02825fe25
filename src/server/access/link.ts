import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { DAY } from "../../config/index.ts";
import { type Caller, isCurrent, parseScopes, reportScopes } from "../scope/scope.ts";

/**
 * Creates the secret text of a key or link: `almagw_`, a public prefix of eight letters and digits
 * (`almagw_Fb3dE9xQ_…`), and 256 random bits. With that much entropy, a slow hash adds nothing.
 */
export function createCredential(kind: "almagw" | "almalink") {
  const prefix = randomBytes(16)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, 8);
  const text = `${kind}_${prefix}_${randomBytes(32).toString("base64url")}`;
  return { prefix, text, sha256: hash("sha256", text, "hex") };
}

/** Finds the record of a credential by its public prefix; undefined if the hash differs. */
export function findCredential<T extends { readonly sha256: string }>(
  byPrefix: ReadonlyMap<string, T>,
  text: string,
): T | undefined {
  const [, prefix = ""] = /^alma[a-z]+_([A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}$/.exec(text) ?? [];
  const stored = byPrefix.get(prefix);
  const isSame = stored && timingSafeEqual(hash("sha256", text, "buffer"), Buffer.from(stored.sha256, "hex"));
  return isSame ? stored : undefined;
}

/** The default lifetime of a link in days. */
export const DEFAULT_LINK_DAYS = 90;
/** The longest lifetime of a link in days. */
export const MAX_LINK_DAYS = 365;
/** A page, or a file with an extension. `ReadLink` decides whether it exists. */
const filePattern = /^[A-Za-z0-9][\w-]*(\.[a-z]+)?$/;

/** The stored record of a link, without the link itself. It belongs to the record of its key. */
export const linkRecord = z
  .strictObject({
    /** The start of the link: public, unique, shown in logs. */
    prefix: z.string().regex(/^[A-Za-z0-9]{8}$/),
    /** The hash of the whole link, in hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** The file or page it opens, such as `rent-roll.csv` or `rent-roll`. */
    file: z.string().regex(filePattern),
    /** The parameters as a query string without `?`. */
    query: z.string().max(2000),
    scopes: z.array(z.enum(["read", "personal"])),
    created: z.iso.datetime(),
    expires: z.iso.datetime(),
  })
  .refine(
    ({ created, expires }) => Date.parse(expires) - Date.parse(created) <= MAX_LINK_DAYS * DAY,
    `a link works for ${MAX_LINK_DAYS} days at most`,
  );
export type LinkRecord = z.infer<typeof linkRecord>;

/** The target of a link and its caller. */
export interface Link {
  /** The caller that owns the key, limited to the scopes of the link. */
  readonly caller: Caller;
  readonly file: string;
  readonly query: string;
}

/** The target of a link, such as `rent-roll.csv?on=today`. */
export interface LinkTarget {
  readonly file: string;
  /** The query string without `?`. */
  readonly query: string;
  /** The gateway's origin if the target was a full URL, else empty. */
  readonly origin: string;
}

/** Creates a link, to be shown once, and its record, to be stored with its key. Throws if the lifetime is too long. */
export function createLink(
  { file, query }: Pick<LinkTarget, "file" | "query">,
  scopes: readonly LinkRecord["scopes"][number][],
  expires: Date | null,
) {
  const now = new Date();
  const end = expires ?? new Date(now.getTime() + DEFAULT_LINK_DAYS * DAY);
  if (end <= now || end.getTime() - now.getTime() > MAX_LINK_DAYS * DAY)
    throw new Error(
      `The link would end on ${end.toISOString().slice(0, 10)}. It must end in the future, and within ${MAX_LINK_DAYS} days.`,
    );
  const { prefix, text: link, sha256 } = createCredential("almalink");
  const record: LinkRecord = {
    prefix,
    sha256,
    file,
    query,
    scopes: [...scopes],
    created: now.toISOString(),
    expires: end.toISOString(),
  };
  return { link, record: linkRecord.parse(record) };
}

/** A key with its links. */
interface LinkOwner {
  readonly caller: Caller;
  readonly links: readonly LinkRecord[];
}

/** Indexes the links of keys. A link expires with its key and has only scopes that its key has. */
export function indexLinks(owners: readonly LinkOwner[]): (link: string) => Link | undefined {
  const byPrefix = new Map(
    owners.flatMap(({ caller, links }) =>
      links.map((record) => [record.prefix, { ...record, caller: linkCaller(caller, record) }] as const),
    ),
  );
  return (link) => {
    const stored = findCredential(byPrefix, link);
    return stored && isCurrent(stored.caller) ? stored : undefined;
  };
}

function linkCaller(owner: Caller, { prefix, scopes, expires }: LinkRecord): Caller {
  const ownScopes = parseScopes(scopes);
  const common = [...reportScopes(owner.scopes)].filter((scope) => ownScopes.has(scope));
  const end = Math.min(owner.expires ?? Infinity, Date.parse(expires));
  return { ...owner, scopes: new Set(common), expires: end, link: prefix };
}
