import { type CachedRecord, isArchived, type Kind, type KnownFields } from "../../catalog/index.ts";
import type { Issue, IssueCheck, IssueData } from "./check.ts";

/** So many records are looked at between two places where others may have their turn. */
const STRIDE = 512;

/** What is wrong with a record, in words, and which other record has part in it. */
interface Finding {
  readonly other?: CachedRecord;
  readonly message: () => string;
}

interface RecordCheck<K extends Kind> extends Pick<IssueCheck, "fields"> {
  /** The kinds whose records are looked at; archived ones are left out. */
  readonly kinds: readonly K[];
  readonly lists?: readonly Kind[];
  readonly test: (record: CachedRecord, value: KnownFields<K>, data: IssueData) => Finding | undefined;
}

/** A check that looks at one record after the other, the newest first. */
export function recordCheck<K extends Kind>({ kinds, fields, lists = [], test }: RecordCheck<K>): IssueCheck {
  return {
    lists,
    fields,
    *find(data) {
      const issues: Issue[] = [];
      for (const kind of kinds) {
        for (const [index, record] of data.detailed(kind).entries()) {
          if (index % STRIDE === STRIDE - 1) yield;
          const found = isArchived(record) ? undefined : test(record, record.value as KnownFields<K>, data);
          if (found) issues.push({ record, other: found.other ?? null, message: found.message });
        }
      }
      return issues;
    },
  };
}
