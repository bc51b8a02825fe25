import type { CachedRecord } from "../../catalog/index.ts";
import type { DataIssueCode, DataIssueResolvers, QueryResolvers } from "../../graph/generated.ts";
import type { GraphContext } from "../../graph/index.ts";
import type { Issue } from "./check.ts";
import { issueCodes, requestedCodes } from "./find-issues.ts";
import { searchIssues } from "./search.ts";

const wording = {
  cost: "finding what is wrong with the data",
  consequence: "they are left out, although they may have issues",
};

/** `dataIssues`: problems in the data. Rejects with AlmaError if a list cannot be read. */
export const dataIssues: QueryResolvers["dataIssues"] = async (_parent, { codes }, context, info) => {
  const { groups } = await searchIssues(context, info, requestedCodes(issueCodes, codes), wording, (found) =>
    found.flatMap(({ issues }) => issues.flatMap(({ records }) => records)),
  );
  // An issue with several records gives an item for each record after the first.
  return groups.flatMap(({ code, issues }) =>
    issues.flatMap((issue) => {
      const [record, ...others] = issue.records;
      if (!record) return [];
      return (others.length > 0 ? others : [null]).map((other) => ({ code, issue, record, other }));
    }),
  );
};

/** An item of the list. */
export interface DataIssue {
  readonly code: DataIssueCode;
  readonly issue: Issue;
  readonly record: CachedRecord;
  readonly other: CachedRecord | null;
}

const viewOf = (record: CachedRecord, context: GraphContext) =>
  context.viewOf(record, context.operation.connectionCutoff);

export const dataIssue = {
  record: ({ record }, _args, context) => viewOf(record, context),
  name: ({ record }) => nameOf(record),
  other: ({ other }, _args, context) => other && viewOf(other, context),
  message: ({ issue }) => issue.message(),
} satisfies DataIssueResolvers;

/** Returns the human-readable name of a record, without unreadable fields. */
function nameOf({ value }: CachedRecord) {
  const { firstName, lastName, number, name } = value as Readonly<Record<string, string | null | undefined>>;
  const client = [firstName, lastName].filter(Boolean).join(" ");
  // Units and rooms also have a number: the door number.
  const isContract = "unitUsage" in value;
  return client || (isContract && number) || name || null;
}
