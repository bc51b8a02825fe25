import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { MovableClock } from "../../alma/index.ts";
import type { Catalog, WriteIntent } from "../../catalog/index.ts";
import type { Config, Log } from "../../config/index.ts";
import { lockFile } from "./file-lock.ts";
import { createFileSeal } from "./file-seal.ts";
import { UnusableFile } from "./header.ts";
import { contentOf, Journal, type JournalContent } from "./journal.ts";
import { type JournalLine, readJournal } from "./journal-file.ts";
import { type FileFormat, SnapshotReader, writeSnapshot } from "./snapshot-file.ts";

/** Where a process keeps what it knows, and how. */
type Settings = Pick<
  Config,
  "snapshotFile" | "snapshotEvery" | "storeKey" | "almaUrl" | "almaTimeout" | "writeSettlingTime"
>;

interface Files {
  readonly format: FileFormat;
  readonly unlock: () => Promise<void>;
  /** The snapshot of the earlier process, if there is one. */
  readonly reader: SnapshotReader | undefined;
  readonly content: JournalContent;
  readonly journal: Journal;
}

/** Older than any age that a setting allows: what was read before the wall clock was set back may be as old as that. */
const UNKNOWN_AGE = 604_800_000;

/**
 * Makes this process the owner of SNAPSHOT_FILE and what is beside it, and moves the clock on to where the earlier
 * process would be now; undefined if there is no such setting. Files that cannot be used are set aside. Throws an Error
 * with a sentence if they cannot be owned or written.
 */
export async function openSnapshot(
  settings: Settings,
  clock: MovableClock,
  log: Log,
): Promise<Snapshot | undefined> {
  const { snapshotFile: path, storeKey, almaUrl } = settings;
  if (path === undefined) return undefined;
  const seal = createFileSeal(storeKey === "off" ? undefined : storeKey);
  const format = { path, almaUrl, seal };
  try {
    const unlock = await lockFile(path);
    try {
      const { reader, content } = await readFiles(format, log);
      if (reader) clock.advanceTo(reader.header.clock + ageOf(reader.header.savedAt));
      const journal = await Journal.open(journalOf(format), clock, log, content);
      const inClear = "SNAPSHOT_FILE holds personal data and door codes in clear; STORE_KEY encrypts it";
      if (storeKey === undefined) log.warn({ file: path }, inClear);
      if (storeKey === "off") log.info({ file: path }, inClear);
      return new Snapshot(settings, clock, log, { format, unlock, reader, content, journal });
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(
      `SNAPSHOT_FILE names ${path}, which cannot be kept: ${message}. Name a file in a folder that the gateway may write.`,
    );
  }
}

const journalOf = (format: FileFormat): FileFormat => ({ ...format, path: `${format.path}.journal` });

/** The files of the earlier process. A snapshot cannot be used without the writes that were begun after it. */
async function readFiles(format: FileFormat, log: Log): Promise<Pick<Files, "reader" | "content">> {
  const journal = journalOf(format);
  let lines: readonly JournalLine[] = [];
  let isComplete = true;
  try {
    lines = (await readJournal(journal)) ?? [];
  } catch (error) {
    await setAside(journal.path, error, log);
    isComplete = false;
  }
  const content = contentOf(lines);
  const reader = await SnapshotReader.open(format).catch((error) => setAside(format.path, error, log));
  if (isComplete || !reader) return { reader, content };
  await reader.close();
  await setAside(format.path, new UnusableFile("cannot be used without its journal"), log);
  return { reader: undefined, content };
}

/** The file in which a process leaves what it knows to the next one, and the journal of the writes begun since. */
class Snapshot {
  readonly journal: Journal;
  readonly storedKeys: Journal;
  readonly #settings: Settings;
  readonly #files: Files;
  readonly #clock: MovableClock;
  readonly #log: Log;
  readonly #stopped = new AbortController();
  #catalog: Catalog | undefined;
  #savedVersion = Number.NaN;
  #isFailing = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(settings: Settings, clock: MovableClock, log: Log, files: Files) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#files = files;
    this.journal = files.journal;
    this.storedKeys = files.journal;
  }

  /** Whether the file, or its journal, could not be written when it was last tried. */
  get isFailing(): boolean {
    return this.#isFailing || this.journal.isFailing;
  }

  /** Reads what the earlier process knew into an empty catalog, frame by frame. */
  async load(catalog: Catalog): Promise<void> {
    this.#catalog = catalog;
    const { reader } = this.#files;
    if (!reader) return;
    let entries = 0;
    for await (const frame of reader.entries()) {
      for (const entry of frame) catalog.written.apply(entry);
      entries += frame.length;
    }
    await catalog.store.settleInSlices();
    this.#log.info(
      { entries, seconds: Math.round(ageOf(reader.header.savedAt) / 1000) },
      "what an earlier process knew is loaded; what is too old by now is read again",
    );
  }

  /** Notes the writes that the earlier process had begun since its snapshot. `note`: as of the graph. */
  noteEarlierWrites(note: (intent: WriteIntent, sentAt: number, isEnded: boolean) => void): void {
    const [now, wallTime] = [this.#clock(), Date.now()];
    for (const { intent, begunAt, isEnded } of this.#files.content.writes)
      note(intent, now - Math.max(0, wallTime - begunAt), isEnded);
  }

  /** Saves the catalog from now on, as often as it is to be, if anything has changed. */
  start(): void {
    void this.#saveRegularly();
  }

  /** Saves once more, and gives the files up. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#save();
    await this.journal.close();
    await this.#files.unlock();
  }

  async #saveRegularly(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await sleep(this.#settings.snapshotEvery, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.#save();
    }
  }

  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const catalog = this.#catalog;
    if (!catalog) return;
    const { version } = catalog.written;
    const { almaTimeout, writeSettlingTime } = this.#settings;
    // A write of unknown outcome is noted once more when Alma's timeout is over.
    const superfluous = this.journal.superfluous(writeSettlingTime + 2 * almaTimeout);
    if (version === this.#savedVersion && superfluous.length === 0) return;
    try {
      await writeSnapshot(this.#files.format, this.#clock(), catalog.written.entries());
      this.#savedVersion = version;
      await this.journal.drop(superfluous);
      if (this.#isFailing) this.#log.info({}, "SNAPSHOT_FILE can be written again");
      this.#isFailing = false;
    } catch (error) {
      const { code = "failed", message } = error as NodeJS.ErrnoException;
      if (!this.#isFailing)
        this.#log.warn(
          { code },
          `SNAPSHOT_FILE cannot be written: ${message}. The gateway goes on and keeps trying; the earlier snapshot and ` +
            "the journal stay as they are.",
        );
      this.#isFailing = true;
    }
  }
}

/** Milliseconds since a time of the wall clock; if that is still to come, nobody knows how many. */
function ageOf(savedAt: number): number {
  const age = Date.now() - savedAt;
  return age < 0 ? UNKNOWN_AGE : age;
}

/** Moves an unusable file out of the way, with one warning. Throws any other error. */
async function setAside(path: string, error: unknown, log: Log): Promise<undefined> {
  if (!(error instanceof UnusableFile)) throw error;
  const aside = `${path}.${new Date().toISOString().replaceAll(":", "-")}.set-aside`;
  await rename(path, aside);
  log.warn(
    { file: aside },
    `${path} ${error.message}. It is set aside, and the gateway reads Alma from the start.`,
  );
  return undefined;
}
