import {
  type CreateRecorder,
  findMissing,
  NEVER,
  type RecordedFields,
  type Recorder,
} from "../../catalog/index.ts";
import { type ChangeLog, createChangeLog } from "./change-log.ts";
import { addChange, KNOWN_FIELD, LISTED_FIELD, noteChanges, noteServed } from "./note-changes.ts";

/** Creates the recorder of a catalog: a log of `maxBytes` of memory, and the code that records changes in it. */
export const recordedLog =
  (maxBytes?: number): CreateRecorder =>
  (clock, dateOf, scopeOf) => {
    const log = createChangeLog(clock, maxBytes, dateOf, scopeOf);
    return Object.assign(log, createRecorder(log));
  };

/** Records changes in a log. */
export function createRecorder(log: ChangeLog): Recorder {
  /** Records a write's result. */
  function noteMade(record: RecordedFields, startedAt: number, notAfter: number) {
    const write = record.causes?.find(({ isCreate, key }) => isCreate && key === record.key);
    if (write) addChange(log, record, "APPEARED", { startedAt, notBefore: write.startedAt, notAfter });
  }

  return {
    dateOf: log.dateOf,
    noteRead: (until) => log.readPeriods.note(log.dateOf(until)),
    noteServed: (...noted) => noteServed(log, ...noted),

    noteReading(record, source, reading, startedAt, notAfter) {
      const isFirst = () => record.sources.every((known) => !known || known.startedAt === NEVER);
      if (record.causes && isFirst()) noteMade(record, startedAt, notAfter);
      if (source) noteChanges(log, record, source, reading, startedAt, notAfter);
    },

    /** A few writes suffice, since a reading follows each. */
    noteCause(record, cause) {
      record.causes = [...(record.causes ?? []).filter((known) => known !== cause).slice(-3), cause];
      if (!cause.isCreate || cause.key !== record.key) return;
      // If the answer to a create was lost, a reading may find the record before it is known that the create made it.
      const shown = record.sources.find((source) => source && source.startedAt > cause.startedAt);
      if (shown && !log.last(record.key, null)) noteMade(record, shown.startedAt, shown.endedAt);
    },

    noteForgotten(record) {
      const { kind, knownSince, value, sources } = record;
      const at = log.forgetsAt();
      if (at === undefined || !sources[0]) return;
      const isKept = ([field]: readonly [string, unknown]) => log.scopeOf(kind, field) !== "SECRETS";
      const values = Object.fromEntries(Object.entries(value).filter(isKept));
      const before = JSON.stringify({ knownSince, values });
      addChange(log, record, "CHANGED", {
        field: KNOWN_FIELD,
        before,
        startedAt: at,
        notBefore: at,
        notAfter: at,
      });
    },

    /** Only a reading that started after all readings that showed the record proves that it is gone. */
    noteGone(record, startedAt, notAfter) {
      const readings = record.sources.filter((source) => source !== undefined);
      const notBefore = Math.max(...readings.map((reading) => reading.startedAt));
      const endedAt = Math.max(...readings.map((reading) => reading.endedAt));
      const last = log.last(record.key, null);
      if (notBefore !== NEVER && startedAt > endedAt && !(last && last.notAfter >= notBefore))
        addChange(log, record, "DISAPPEARED", { startedAt, notBefore, notAfter });
    },

    noteReturn(record, goneAt, startedAt, notAfter) {
      const last = log.last(record.key, null);
      if (last?.event === "DISAPPEARED" && startedAt > last.notAfter)
        addChange(log, record, "APPEARED", { startedAt, notBefore: goneAt, notAfter });
    },

    /** Records are new if their id is above `highest` and no write has recorded them yet. */
    noteMembers(previous, listed, highest, listAt, startedAt, notAfter) {
      const times = { startedAt, notBefore: listAt, notAfter };
      for (const record of findMissing(previous, listed)) {
        const isNew = record.id > highest && !log.last(record.key, null);
        const isBack = log.last(record.key, LISTED_FIELD)?.event === "UNLISTED";
        const field = isNew ? null : LISTED_FIELD;
        addChange(log, record, isNew || isBack ? "APPEARED" : "CHANGED", { field, ...times });
      }
      for (const record of findMissing(listed, previous))
        addChange(log, record, "UNLISTED", { field: LISTED_FIELD, ...times });
    },
  };
}
