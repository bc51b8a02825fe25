import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { Calendar } from "../../../config/index.ts";
import { badInput, readDirective } from "../../../graph/index.ts";

/** Directives that ask how Alma is now. */
const ofNow = ["freshness", "explain", "live"];

/**
 * The time of the wall clock that `@asOf` asks about; undefined without the directive, and for invalid variables, which
 * the execution refuses. Throws BAD_USER_INPUT.
 */
export function readAsOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | undefined,
  calendar: Calendar,
): number | undefined {
  const values = readDirective(schema, operation, variables, "asOf");
  if (!values) return undefined;
  const other = operation.directives?.find(({ name }) => ofNow.includes(name.value));
  if (other)
    throw badAsOf(`it is about the past, and @${other.name.value} about now. Leave one of them out.`);
  return timeOf(values, calendar);
}

/** The time that is named by either of these. Throws BAD_USER_INPUT. */
export function timeOf(
  { time, day }: { readonly time?: string | null; readonly day?: string | null },
  calendar: Calendar,
): number {
  if ((time == null) === (day == null)) throw badAsOf("give either time or day.");
  const asked = time == null ? calendar.endOf(day as string) : Date.parse(time);
  const now = Date.now();
  if (calendar.dayOf(asked) > calendar.dayOf(now))
    throw badAsOf(`${calendar.dayOf(asked)} is still to come.`);
  // The rest of today is to come as well: what is known now is given.
  return Math.min(asked, now);
}

const badAsOf = (message: string) => badInput("@asOf", message);
