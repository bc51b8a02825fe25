import type { Written } from "../catalog/index.ts";
import { lookAgain } from "./look-again.ts";
import type { Result, Write } from "./writing.ts";

/** A write that was sent and whose answer was lost. */
export interface LostWrite {
  readonly written: Omit<Written, "kind">;
  /** When it left, by the clock. */
  readonly sentAt: number;
  /** The id of the record, if Alma shows that the write was done. `everywhere`: by every way there is. */
  readonly look: (everywhere: boolean) => Promise<number | undefined>;
  /** Notes in the write why Alma refuses it for certain: "an exception" may be all that it answers then. */
  readonly foresee?: () => Promise<void>;
  /** What to say if nobody can tell. */
  readonly unknown: string;
}

/**
 * What became of a write without an answer, as far as looking tells: it was done, or Alma refuses it for certain, or
 * nobody knows. It is never sent again.
 */
export async function findOut(
  write: Write,
  { written, sentAt, look, foresee, unknown }: LostWrite,
): Promise<Result> {
  const { catalog } = write.context;
  const { patience } = write.writing;
  let isFirst = true;
  const found = await lookAgain(catalog.clock, sentAt + patience, async (late) => {
    const id = await look(late);
    if (id !== undefined || !isFirst) return id;
    isFirst = false;
    await foresee?.();
    if (!write.refused) return undefined;
    // It may have been carried out since the look: then what is in the way is the record itself, or came after it.
    return (await look(true)) ?? "refused";
  });
  if (found === undefined) return write.unknown(written.id, written, unknown);
  if (found !== "refused") return write.done(found, written);
  catalog.undecided({ ...written, kind: write.kind }, patience);
  return write.notDone(written.id);
}
