import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { isWellFormed } from "./column-text.ts";

/** How data is written where others may read it: encrypted, or as plain text with a digest. Both detect damage. */
export interface Seal {
  readonly isEncrypted: boolean;
  /** Seals a text. `name`: the name of its location, which is bound to the data, so that moving it is detected. */
  seal(name: string, text: string): Buffer;
  /** Opens sealed data. Throws if it was sealed with another key or under another name, or was changed. */
  open(name: string, sealed: Uint8Array): string;
  /** Returns a text that proves which key the seal has. */
  proveKey(): string;
  /** Throws if a proof is of another key. */
  checkProof(proof: string): void;
  /** Returns 22 characters that identify a name. With a key, they reveal nothing about it. */
  digest(name: string): string;
}

/** The name under which a store keeps the proof of its key. */
export const KEY_PROOF = "proof";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The name under which the proof of a key is sealed, and its text. */
const PROOF_NAME = "name";
const PROOF_TEXT = "proof";

const DIGEST_BYTES = 16;

const digestOf = (name: string, content: Uint8Array): Buffer =>
  createHash("sha256").update(name).update("\0").update(content).digest().subarray(0, DIGEST_BYTES);

/** Returns a name in which every character counts. */
const wholeName = (name: string) => (isWellFormed(name) ? name : JSON.stringify(name));

const inClear: Seal = {
  isEncrypted: false,
  seal(name, text) {
    const content = Buffer.from(text);
    return Buffer.concat([digestOf(name, content), content]);
  },
  open(name, sealed) {
    const content = sealed.subarray(DIGEST_BYTES);
    if (!digestOf(name, content).equals(sealed.subarray(0, DIGEST_BYTES))) throw new Error("It is damaged.");
    return Buffer.from(content).toString();
  },
  proveKey: () => PROOF_TEXT,
  checkProof() {},
  digest: (name) =>
    createHash("sha256").update(wholeName(name)).digest().toString("base64url", 0, DIGEST_BYTES),
};

/** Creates a seal with a key of 32 bytes (STORE_KEY), using AES-256-GCM; without a key, nothing is encrypted. */
export function createSeal(key: Uint8Array | undefined): Seal {
  if (!key) return inClear;
  const seal = (name: string, text: string) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  };
  const open = (name: string, sealed: Uint8Array) => {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_BYTES));
    return (
      decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
    );
  };
  return {
    isEncrypted: true,
    seal,
    open,
    proveKey: () => seal(PROOF_NAME, PROOF_TEXT).toString("base64url"),
    checkProof: (proof) => void open(PROOF_NAME, Buffer.from(proof, "base64url")),
    digest: (name) =>
      createHmac("sha256", key).update(wholeName(name)).digest().toString("base64url", 0, DIGEST_BYTES),
  };
}
