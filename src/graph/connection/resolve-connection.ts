import type { GraphQLResolveInfo } from "graphql";
import type { Kind, Members } from "../../catalog/index.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../execution/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";
import { resolveRefs } from "../record/resolve-ref.ts";
import { getCompiledArguments } from "./compiled-arguments.ts";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { paginate } from "./paginate.ts";
import { hasParentIn } from "./parent-predicate.ts";
import type { ReadOutcome } from "./partial-data.ts";
import { excludeUndecidable, readRelatedRecords } from "./relation-filter.ts";

/** A reverse edge: the link by which its members refer to their parents, and the parents' ids. */
export interface ParentRelation {
  readonly relation: string;
  readonly parents: () => PromiseOrValue<Parents>;
}

/** The ids of parents. Without a ground they were given, and rest on nothing. */
export interface Parents {
  readonly ids: readonly number[];
  readonly outcome?: ReadOutcome;
}

/**
 * Answers a connection field, at once if nothing has to be read. Throws BAD_USER_INPUT before any call to Alma,
 * AlmaError if membership cannot be known.
 */
export function resolveConnection<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: K,
  parentRelation?: ParentRelation,
): PromiseOrValue<Connection<K>> {
  const compiledArguments = getCompiledArguments(context, info, args, kind);
  const { relationFilter } = compiledArguments;
  const { catalog, operation } = context;
  const readMembers = (parents?: readonly number[]): PromiseOrValue<Members> =>
    catalog.findMembers(operation, {
      kind,
      needsFreshList: !compiledArguments.isFiltered && !parentRelation,
      needsDetails: compiledArguments.needsDetails || parents !== undefined,
      decidingSummaryFields: compiledArguments.requiredFields,
      ...(parentRelation && parents && { referringTo: { relation: parentRelation.relation, parents } }),
    });
  compiledArguments.refsAsOf ??= resolveRefs(context, compiledArguments.filter.refs);
  return mapPromiseOrValue(compiledArguments.refsAsOf, (refsAsOf) =>
    mapPromiseOrValue(readRelatedRecords(context, relationFilter), (related) =>
      mapPromiseOrValue(parentRelation?.parents(), (parents) =>
        mapPromiseOrValue(readMembers(parents?.ids), (members) =>
          mapPromiseOrValue(
            excludeUndecidable(context, relationFilter, kind, members, related),
            (decidable) => {
              const { outcome } = parents ?? {};
              const asOf = Math.min(decidable.asOf, refsAsOf, outcome?.asOf ?? Number.POSITIVE_INFINITY);
              const failedReads = outcome
                ? [...outcome.failedReads, ...decidable.failedReads]
                : decidable.failedReads;
              const isUnderParent =
                parentRelation && parents && hasParentIn(kind, parentRelation.relation, parents.ids);
              return paginate(
                context,
                info,
                kind,
                compiledArguments,
                { ...decidable, asOf, failedReads },
                isUnderParent,
              );
            },
          ),
        ),
      ),
    ),
  );
}
