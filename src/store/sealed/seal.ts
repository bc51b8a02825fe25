import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** How data is written where others may read it: encrypted, or as it is. */
export interface Seal {
  /** `name`: of the place where it is stored, which is bound to the data: nobody can put it elsewhere unnoticed. */
  seal(name: string, text: string): Buffer;
  /** Throws if the data was sealed with another key, under another name, or was changed. */
  open(name: string, sealed: Buffer): string;
}

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with a key of 32 bytes (STORE_KEY) by AES-256-GCM; without one, data is written as it is. */
export function createSeal(key: Buffer | undefined): Seal {
  if (!key) return { seal: (_, text) => Buffer.from(text), open: (_, sealed) => sealed.toString() };
  return {
    seal(name, text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(name));
      return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    open(name, sealed) {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_BYTES));
      return (
        decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
      );
    },
  };
}
