import type { GraphQLResolveInfo } from "graphql";
import { encodeCursor, type Page, pageInfoOf, pageSteps } from "../argument/page.ts";
import type { KindSelection } from "../member/compiled-arguments.ts";
import { addPartialDataError, partialDataError } from "../member/partial-data.ts";
import type { SelectedMembers } from "../member/select-members.ts";
import type { Steps } from "../metering/meter.ts";
import { mapPromiseOrValue, mapPromisesOrValues } from "../metering/promise-or-value.ts";
import { type GraphContext, noteCut } from "../resolver/context.ts";
import { matchSteps } from "../scan/predicate.ts";
import { Selection } from "../scan/selection.ts";
import { addUp, type GroupTables } from "../sum/add-up.ts";
import { Group } from "./groups.ts";
import { readLabels } from "./label.ts";
import type { Question } from "./question.ts";
import { readGroupedRows } from "./read-rows.ts";

/** So many groups are made between two places where others may have their turn. */
const STRIDE = 4_096;

/** Makes the groups of a connection of its members; at once if nothing has to be read. Rejects with AlmaError. */
export function resolveGroups(
  context: GraphContext,
  info: GraphQLResolveInfo,
  question: Question,
  selections: readonly KindSelection[],
  members: SelectedMembers,
) {
  const cost = `the groups of ${info.fieldName}`;
  const grouped = readGroupedRows(context, selections, members, question);
  const tables = mapPromiseOrValue(grouped, ({ parts, context: groupContext }) =>
    context.limits.run(cost, addUp(parts, question, groupContext)),
  );
  const labelsAsOf = mapPromiseOrValue(tables, (known) => nameKeys(context, info, question, known));
  return mapPromisesOrValues([tables, labelsAsOf], (known, namedAt) => {
    const page = context.limits.run(cost, pageOfGroups(known, question));
    return mapPromiseOrValue(page, (shown) => ({
      get nodes() {
        if (question.pageRequest.isDefaultSize && shown.hasNextPage) noteCut(context, info);
        return shown.rows;
      },
      pageInfo: pageInfoOf(shown, (group) => encodeCursor(question.order, group)),
      totalCount: shown.totalCount,
      asOf: context.toDate(Math.min(members.asOf, namedAt)),
    }));
  });
}

/** A page of groups: the parent of the resolvers of its type. */
export type Groups = Awaited<ReturnType<typeof resolveGroups>>;

/** Gives the values of keys the names that order them. Returns when the oldest of these was read. */
function nameKeys(
  context: GraphContext,
  info: GraphQLResolveInfo,
  question: Question,
  { keys }: GroupTables,
) {
  const named = question.keys.map(({ name, key: { links } }) => {
    const codes = keys.get(name);
    if (!links || !codes) return Number.POSITIVE_INFINITY;
    const labels = readLabels(context, links, codes.values.slice(1) as number[]);
    return mapPromiseOrValue(labels, ({ names, asOf, failedReads }) => {
      for (const [index, known] of names.entries()) codes.names[index + 1] = known;
      if (failedReads.length > 0)
        addPartialDataError(
          context,
          info,
          partialDataError(failedReads, "their names are not known, and their groups come last"),
        );
      return asOf;
    });
  });
  return mapPromisesOrValues(named, (...times) => Math.min(...times));
}

function* pageOfGroups(tables: GroupTables, { having, order, pageRequest }: Question): Steps<Page<Group>> {
  const all: Group[] = [];
  for (let index = 0; index < tables.cells.count; index++) {
    all.push(new Group(tables, index));
    if (index % STRIDE === STRIDE - 1) yield;
  }
  const groups = having.conditionCount === 0 ? new Selection(all) : yield* matchSteps(all, having);
  return yield* pageSteps(groups, pageRequest, order);
}
