import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Creates the secret text of a key or a link: `almagw_` and a public start of eight letters and digits, such as
 * `almagw_Fb3dE9xQ_…`, and 256 random bits. So a slow hash of it would add nothing.
 */
export function createCredential(kind: "almagw" | "almalink") {
  const prefix = randomBytes(16)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, 8);
  const text = `${kind}_${prefix}_${randomBytes(32).toString("base64url")}`;
  return { prefix, text, sha256: hash("sha256", text, "hex") };
}

/** What is stored of a credential, found by its public start; undefined if it is of another one. */
export function findCredential<T extends { readonly sha256: string }>(
  byPrefix: ReadonlyMap<string, T>,
  text: string,
): T | undefined {
  const [, prefix = ""] = /^alma[a-z]+_([A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}$/.exec(text) ?? [];
  const stored = byPrefix.get(prefix);
  const isSame = stored && timingSafeEqual(hash("sha256", text, "buffer"), Buffer.from(stored.sha256, "hex"));
  return isSame ? stored : undefined;
}
