import type { GraphQLResolveInfo } from "graphql";
import type { Kind, Members } from "../catalog/index.ts";
import { lookAcross, readAcross } from "./across.ts";
import { belongs } from "./belongs.ts";
import { choose } from "./choose.ts";
import { compile } from "./compiled.ts";
import type { Connection, ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import type { Ground } from "./gap.ts";
import { after, type Later } from "./later.ts";
import { resolveRefs } from "./resolve-ref.ts";

/** A reverse edge: the link by which its members refer to their parents, and the parents' ids. */
export interface Under {
  readonly link: string;
  readonly parents: () => Later<Parents>;
}

/** The ids of parents. Without a ground they were given, and rest on nothing. */
export interface Parents {
  readonly ids: readonly number[];
  readonly ground?: Ground;
}

/**
 * Answers a connection field, at once if nothing has to be read. Throws BAD_USER_INPUT before any call to Alma,
 * AlmaError if membership cannot be known.
 */
export function connect<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: K,
  under?: Under,
): Later<Connection<K>> {
  const compiled = compile(context, info, args, kind);
  const { across } = compiled;
  const { catalog, work } = context;
  const members = (parents?: readonly number[]): Later<Members> =>
    catalog.members(work, {
      kind,
      asListed: !compiled.filtered && !under,
      byDetail: compiled.byDetail || parents !== undefined,
      byList: compiled.needs,
      ...(under && parents && { under: { link: under.link, parents } }),
    });
  compiled.refs ??= resolveRefs(context, compiled.filter.refs);
  return after(compiled.refs, (refsAt) =>
    after(readAcross(context, across), (listed) =>
      after(under?.parents(), (parents) =>
        after(members(parents?.ids), (found) =>
          after(lookAcross(context, across, kind, found, listed), (seen) => {
            const { ground } = parents ?? {};
            const asOf = Math.min(seen.asOf, refsAt, ground?.asOf ?? Number.POSITIVE_INFINITY);
            const unread = ground ? [...ground.unread, ...seen.unread] : seen.unread;
            const belongsUnder = under && parents && belongs(kind, under.link, parents.ids);
            return choose(context, info, kind, compiled, { ...seen, asOf, unread }, belongsUnder);
          }),
        ),
      ),
    ),
  );
}
