import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** A file of notes, and for how many milliseconds each is valid. */
interface NotesFile {
  readonly path: string;
  readonly ms: number;
}

/** Opens the notes about blocking operations, in the watchdog's thread. */
export function openNotes(file: NotesFile) {
  const before = readLines(file).map(({ line }) => `${line}\n`);
  const write = (lines: readonly string[]) => {
    if (lines.length > 0) writeFileSync(file.path, lines.join(""), { mode: 0o600 });
    else rmSync(file.path, { force: true });
  };
  return {
    note: (name: string): void => write([...before, `${name} ${Date.now()}\n`]),
    clear: (): void => write(before),
  };
}

/** Returns the place where processes with a store in this file leave notes, each for `ms` milliseconds. */
export function sqliteFatalRequests(file: string, ms: number) {
  const data = { path: `${file}.ended`, ms };
  return {
    program: "store/sqlite/fatal-requests-thread",
    data,
    read: async () => new Map(readLines(data).map(({ name, left }) => [name, left])),
  };
}

function readLines({ path, ms }: NotesFile) {
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // Most processes leave no notes.
  }
  return text.split("\n").flatMap((line) => {
    const [name = "", at] = line.split(" ");
    // The clock may have been set back.
    const left = ms - Math.max(0, Date.now() - Number(at));
    return left > 0 ? [{ line, name, left }] : [];
  });
}
