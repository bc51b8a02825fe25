import { hash } from "node:crypto";
import { KEY_PROOF, type Seal } from "../sealed/seal.ts";

/** What a store calls the program to which it belongs. */
export const APPLICATION_NAME = "alma-gateway";

/** The purpose of a store, checked before use. */
export interface StoreIdentity {
  readonly almaUrl: string;
  readonly seal: Seal;
}

/** Returns the first 32 hexadecimal digits of the SHA-256 digest. */
export const digestOf = (text: string): string => hash("sha256", text, "hex").slice(0, 32);

/** Returns what a store of this layout says of itself, by name. */
export const describeStore = ({ almaUrl, seal }: StoreIdentity, layout: number) => ({
  application: APPLICATION_NAME,
  layout: `${layout}`,
  alma: digestOf(almaUrl),
  encrypted: `${seal.isEncrypted}`,
  [KEY_PROOF]: seal.proveKey(),
});
