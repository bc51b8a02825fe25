import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { isWellFormed } from "./column-text.ts";

/** How data is written where others may read it: encrypted, or as it is behind a digest. Damage shows with both. */
export interface Seal {
  readonly isEncrypted: boolean;
  /** `name`: of the place where it is stored, which is bound to the data: nobody can put it elsewhere unnoticed. */
  seal(name: string, text: string): Buffer;
  /** Throws if the data was sealed with another key, under another name, or was changed. */
  open(name: string, sealed: Buffer): string;
  /** Seals a text that names something: equal texts are sealed alike. */
  sealName(text: string): string;
  openName(sealed: string): string;
  /** 22 characters that stand for a name, whatever is in it: only who has the key can tell for which. */
  digest(name: string): string;
}

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Under which names are sealed. */
const NAME = "name";

const DIGEST_BYTES = 16;

const digestOf = (name: string, content: Buffer): Buffer =>
  createHash("sha256").update(name).update("\0").update(content).digest().subarray(0, DIGEST_BYTES);

/** A name in which every character counts. */
const wholeName = (name: string): string => (isWellFormed(name) ? name : JSON.stringify(name));

const inClear: Seal = {
  isEncrypted: false,
  seal(name, text) {
    const content = Buffer.from(text);
    return Buffer.concat([digestOf(name, content), content]);
  },
  open(name, sealed) {
    const content = sealed.subarray(DIGEST_BYTES);
    if (!digestOf(name, content).equals(sealed.subarray(0, DIGEST_BYTES))) throw new Error("It is damaged.");
    return content.toString();
  },
  sealName: (text) => text,
  openName: (sealed) => sealed,
  digest: (name) =>
    createHash("sha256").update(wholeName(name)).digest().toString("base64url", 0, DIGEST_BYTES),
};

/** Seals with a key of 32 bytes (STORE_KEY) by AES-256-GCM; without one, nothing is hidden. */
export function createSeal(key: Buffer | undefined): Seal {
  if (!key) return inClear;
  const sealWith = (nonce: Buffer, name: string, text: string) => {
    const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  };
  const open = (name: string, sealed: Buffer) => {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_BYTES));
    return (
      decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
    );
  };
  return {
    isEncrypted: true,
    seal: (name, text) => sealWith(randomBytes(NONCE_BYTES), name, text),
    open,
    sealName(text) {
      // No two texts share a nonce.
      const nonce = createHmac("sha256", key).update(text).digest().subarray(0, NONCE_BYTES);
      return sealWith(nonce, NAME, text).toString("base64url");
    },
    openName: (sealed) => open(NAME, Buffer.from(sealed, "base64url")),
    digest: (name) =>
      createHmac("sha256", key).update(wholeName(name)).digest().toString("base64url", 0, DIGEST_BYTES),
  };
}
