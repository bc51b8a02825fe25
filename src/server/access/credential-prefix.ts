import { randomBytes } from "node:crypto";

/** Eight random letters and digits: the public start of a key or a link. */
export const randomPrefix = (): string =>
  randomBytes(16)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, 8);
