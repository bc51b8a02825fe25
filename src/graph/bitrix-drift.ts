import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import { chosenKinds, type DriftGroup, findDrift, suspectsOf } from "../bitrix/index.ts";
import type { GraphContext } from "./context.ts";
import { Look } from "./drift-look.ts";
import { badInput } from "./errors.ts";
import type { QueryBitrixDriftArgs } from "./generated.ts";

const DEFAULT_SIZE = 50;

/** Reads them, before anything is asked of Alma. Throws BAD_USER_INPUT for a size that cannot be. */
export function readDriftArgs({ kinds: asked, first }: QueryBitrixDriftArgs, maxPage: number) {
  const kinds = chosenKinds(asked);
  const most = Math.floor(maxPage / Math.max(1, kinds.length));
  const size = first ?? Math.min(DEFAULT_SIZE, most);
  if (size >= 0 && size <= most) return { kinds, size };
  throw badInput(
    "first",
    `${size} is no number of cases to show of each kind; with ${kinds.length} kinds ask for 0 to ${most}, or for fewer kinds.`,
  );
}

/** `bitrixDrift(...)`. Throws AlmaError if what it rests on cannot be read. */
export async function bitrixDrift(
  _parent: unknown,
  args: QueryBitrixDriftArgs,
  context: GraphContext,
  info: GraphQLResolveInfo,
) {
  const { kinds, size } = readDriftArgs(args, context.settings.maxPage);
  const look = new Look(context, responsePathAsArray(info.path));
  const seen = await look.read(kinds);
  const unread = await look.judge(suspectsOf(kinds, seen));
  let groups = findDrift(kinds, seen, { unread, gone: look.gone });
  if (context.work.rereadsPages) {
    await look.reread(groups.flatMap(({ cases }) => cases.slice(0, size).flatMap(({ entries }) => entries)));
    groups = findDrift(kinds, seen, { unread, gone: look.gone });
  }
  return {
    asOf: context.moment(look.asOf),
    totalCount: groups.reduce((sum, { cases }) => sum + cases.length, 0),
    groups: groups.map((group) => shown(context, group, size)),
  };
}

function shown(context: GraphContext, { kind, cases }: DriftGroup, size: number) {
  return {
    kind,
    totalCount: cases.length,
    cases: cases.slice(0, size).map(({ externalId, entries, advice }) => ({
      externalId,
      records: entries.map((entry) => context.handle(entry, context.work.reached)),
      advice,
    })),
  };
}
