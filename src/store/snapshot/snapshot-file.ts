import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { CatalogEntry } from "../../catalog/index.ts";
import type { FileSeal } from "./file-seal.ts";
import { damage, type Header, newHeader, partName, readHeader } from "./header.ts";

/** Characters of entries in one frame: others have their turn between two frames. */
const FRAME_LENGTH = 128 * 1024;
const MAX_FRAME = 64 * 2 ** 20;
const MAX_HEADER = 4096;

/** What a snapshot is written and read with. */
export interface FileFormat {
  readonly path: string;
  readonly almaUrl: string;
  readonly seal: FileSeal;
}

/**
 * Writes a snapshot aside and puts it in place once it is on the disk: a header line, then frames, each with its length
 * in 4 bytes. `clock`: the catalog's time. Throws what the file system says; then the earlier snapshot stays.
 */
export async function writeSnapshot(
  { path, almaUrl, seal }: FileFormat,
  clock: number,
  entries: Iterable<CatalogEntry>,
): Promise<void> {
  const aside = `${path}.new`;
  const header = newHeader("snapshot", almaUrl, seal, clock);
  try {
    const handle = await open(aside, "w", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(`${header}\n`);
      let frame = 0;
      const write = async (text: string, isLast: boolean) => {
        const sealed = seal.seal(partName(header, isLast ? `${frame} end` : frame), text);
        frame++;
        const length = Buffer.alloc(4);
        length.writeUInt32BE(sealed.length);
        await handle.writeFile(Buffer.concat([length, sealed]));
      };
      let text = "";
      for (const { key, value } of entries) {
        // A Bitrix id has no control characters; a key that has could not be told from its value.
        if (value === null || /[\t\n]/.test(key)) continue;
        text += `${key}\t${value}\n`;
        if (text.length < FRAME_LENGTH) continue;
        await write(text, false);
        text = "";
      }
      await write(text, true);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, path);
    await syncFolder(path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes a rename last, where the file system can do that for folders. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), "r").catch(() => {});
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** A snapshot that was found undamaged. */
export class SnapshotReader {
  readonly header: Header;
  readonly #handle: FileHandle;
  readonly #format: FileFormat;
  readonly #headerLine: string;
  readonly #size: number;

  private constructor(handle: FileHandle, format: FileFormat, line: string, header: Header, size: number) {
    this.#handle = handle;
    this.#format = format;
    this.#headerLine = line;
    this.header = header;
    this.#size = size;
  }

  /** Opens a snapshot and looks at all of it; undefined if there is none. Throws UnusableFile. */
  static async open(format: FileFormat): Promise<SnapshotReader | undefined> {
    const handle = await open(format.path, "r").catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
    if (!handle) return undefined;
    try {
      const start = Buffer.alloc(MAX_HEADER);
      const { bytesRead } = await handle.read(start, 0, MAX_HEADER, 0);
      const line = start.subarray(0, bytesRead).toString("latin1").split("\n", 1)[0] ?? "";
      const header = readHeader(line, "snapshot", format.almaUrl, format.seal);
      const reader = new SnapshotReader(handle, format, line, header, (await handle.stat()).size);
      for await (const _ of reader.#frames());
      return reader;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Its entries, by frame; afterwards it is closed. Throws UnusableFile. */
  async *entries(): AsyncGenerator<readonly CatalogEntry[]> {
    try {
      for await (const text of this.#frames()) yield text.split("\n").slice(0, -1).map(toEntry);
    } finally {
      await this.#handle.close();
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async *#frames(): AsyncGenerator<string> {
    const { seal } = this.#format;
    let position = this.#headerLine.length + 1;
    for (let frame = 0, isLast = false; !isLast; frame++) {
      const length = (await this.#read(position, 4)).readUInt32BE();
      const end = position + 4 + length;
      if (length > MAX_FRAME || end > this.#size) throw damage(seal);
      isLast = end === this.#size;
      const sealed = await this.#read(position + 4, length);
      let text: string;
      try {
        text = seal.open(partName(this.#headerLine, isLast ? `${frame} end` : frame), sealed);
      } catch {
        throw damage(seal);
      }
      yield text;
      position = end;
    }
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, position);
    if (bytesRead < length) throw damage(this.#format.seal);
    return buffer;
  }
}

function toEntry(line: string): CatalogEntry {
  const tab = line.indexOf("\t");
  return { key: line.slice(0, tab), value: line.slice(tab + 1) };
}
