import { createHash, randomUUID } from "node:crypto";
import { ENTRY_FORMAT } from "../../catalog/index.ts";
import type { FileSeal } from "./file-seal.ts";

/** Raised when the files are laid out otherwise. */
const LAYOUT = 1;

/** The first line of a snapshot or a journal, in clear. What follows is sealed under names that have it in them. */
export interface Header {
  readonly file: "snapshot" | "journal";
  readonly layout: number;
  /** The form of entries; a journal has none. */
  readonly entries?: string;
  /** Of which Alma: a digest of ALMA_URL. */
  readonly alma: string;
  readonly isEncrypted: boolean;
  readonly id: string;
  /** When it was begun, by the wall clock and by the catalog's. */
  readonly savedAt: number;
  readonly clock: number;
}

/** A file that cannot be used. The message ends a sentence that begins with the name of the file. */
export class UnusableFile extends Error {}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** The header of a new file, as its first line. */
export function newHeader(file: Header["file"], almaUrl: string, seal: FileSeal, clock: number): string {
  const header: Header = {
    file,
    layout: LAYOUT,
    ...(file === "snapshot" && { entries: ENTRY_FORMAT }),
    alma: digestOf(almaUrl),
    isEncrypted: seal.isEncrypted,
    id: randomUUID(),
    savedAt: Date.now(),
    clock,
  };
  return JSON.stringify(header);
}

/** Reads the first line of a file. Throws UnusableFile if this gateway cannot use the file. */
export function readHeader(line: string, file: Header["file"], almaUrl: string, seal: FileSeal): Header {
  let header: Header;
  try {
    header = JSON.parse(line);
  } catch {
    throw new UnusableFile("is damaged");
  }
  if (header?.file !== file || typeof header.clock !== "number") throw new UnusableFile("is damaged");
  const hasOtherEntries = file === "snapshot" && header.entries !== ENTRY_FORMAT;
  if (header.layout !== LAYOUT || hasOtherEntries)
    throw new UnusableFile("was written by another version of the gateway");
  if (header.alma !== digestOf(almaUrl)) throw new UnusableFile("is about another Alma (ALMA_URL)");
  if (header.isEncrypted && !seal.isEncrypted)
    throw new UnusableFile("is encrypted, and STORE_KEY is not set");
  if (!header.isEncrypted && seal.isEncrypted)
    throw new UnusableFile("is not encrypted, and STORE_KEY is set");
  return header;
}

/** The name under which a part of a file is sealed: no part can be moved, left out or put into another file. */
export const partName = (headerLine: string, part: number | string): string => `${headerLine} ${part}`;

/** Why a part that cannot be opened makes a file unusable. */
export const damage = (seal: FileSeal): UnusableFile =>
  new UnusableFile(seal.isEncrypted ? "is damaged, or was written with another STORE_KEY" : "is damaged");
