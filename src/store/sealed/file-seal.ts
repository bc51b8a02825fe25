import { createHash } from "node:crypto";
import { createSeal, type Seal } from "./seal.ts";

/** Seals the parts of files. Damage shows with a key and without one. */
export interface FileSeal extends Seal {
  readonly isEncrypted: boolean;
}

/** Encrypts with a key (STORE_KEY); without one, a digest stands before each part, and nothing is hidden. */
export const createFileSeal = (key: Buffer | undefined): FileSeal =>
  key ? { ...createSeal(key), isEncrypted: true } : digest;

const DIGEST_LENGTH = 16;

const digestOf = (name: string, content: Buffer): Buffer =>
  createHash("sha256").update(name).update("\0").update(content).digest().subarray(0, DIGEST_LENGTH);

const digest: FileSeal = {
  ...createSeal(undefined),
  isEncrypted: false,
  seal(name, text) {
    const content = Buffer.from(text);
    return Buffer.concat([digestOf(name, content), content]);
  },
  open(name, sealed) {
    const content = sealed.subarray(DIGEST_LENGTH);
    if (!digestOf(name, content).equals(sealed.subarray(0, DIGEST_LENGTH))) throw new Error("It is damaged.");
    return content.toString();
  },
};
