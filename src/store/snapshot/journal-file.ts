import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import type { StoredKey, WriteIntent } from "../../catalog/index.ts";
import { damage, newHeader, partName, readHeader } from "./header.ts";
import { type FileFormat, syncFolder } from "./snapshot-file.ts";

/**
 * A line of the journal: a write begun, and when by the wall clock; that the outcome of one is known; writes that the
 * snapshot shows by now; what an idempotency key is kept with, and since when by the wall clock (null: with nothing).
 */
export type JournalLine =
  | { readonly intent: WriteIntent; readonly begunAt: number }
  | { readonly endedId: string }
  | { readonly droppedIds: readonly string[] }
  | { readonly keyName: string; readonly kept: StoredKey | null; readonly keptAt: number };

/**
 * The lines of a journal; undefined if there is none. A last line without its end is left out: its write has not left.
 * Throws UnusableFile.
 */
export async function readJournal({ path, almaUrl, seal }: FileFormat): Promise<JournalLine[] | undefined> {
  const text = await readFile(path, "latin1").catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (text === undefined) return undefined;
  const [header = "", ...lines] = text.split("\n").slice(0, -1);
  readHeader(header, "journal", almaUrl, seal);
  return lines.map((line, index) => {
    try {
      return JSON.parse(seal.open(partName(header, index), Buffer.from(line, "base64")));
    } catch {
      throw damage(seal);
    }
  });
}

/** A journal that lines are added to. */
export class JournalFile {
  readonly #format: FileFormat;
  readonly #handle: FileHandle;
  readonly #header: string;
  #size: number;
  #lineCount = 0;

  private constructor(format: FileFormat, handle: FileHandle, header: string) {
    this.#format = format;
    this.#handle = handle;
    this.#header = header;
    this.#size = header.length + 1;
  }

  get lineCount(): number {
    return this.#lineCount;
  }

  /** Replaces the journal by one with these lines, once it is on the disk. Throws what the file system says. */
  static async replace(
    format: FileFormat,
    clock: number,
    lines: readonly JournalLine[],
  ): Promise<JournalFile> {
    const { path, almaUrl, seal } = format;
    const aside = `${path}.new`;
    const header = newHeader("journal", almaUrl, seal, clock);
    const handle = await open(aside, "w", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(`${header}\n`);
      const file = new JournalFile(format, handle, header);
      await file.append(lines);
      await rename(aside, path);
      await syncFolder(path);
      return file;
    } catch (error) {
      await handle.close();
      await rm(aside, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Adds lines; resolves when they are on the disk. If it rejects, none of them is there. */
  async append(lines: readonly JournalLine[]): Promise<void> {
    const { seal } = this.#format;
    const sealLine = (line: JournalLine, index: number) =>
      seal.seal(partName(this.#header, this.#lineCount + index), JSON.stringify(line)).toString("base64");
    const bytes = Buffer.from(lines.map((line, index) => `${sealLine(line, index)}\n`).join(""));
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, written, undefined, this.#size + written);
        written += bytesWritten;
      }
      await this.#handle.datasync();
    } catch (error) {
      await this.#handle.truncate(this.#size);
      throw error;
    }
    this.#size += bytes.length;
    this.#lineCount += lines.length;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
