import { afterAll, beforeAll, expect } from "vitest";
import { portfolio } from "../alma/portfolio.ts";
import { type Stage, stage } from "../gateway.ts";

/** A small gateway for the tests of a file. */
export function small(): () => Stage {
  let one: Stage | undefined;
  beforeAll(async () => {
    one = await stage(
      portfolio({ buildings: 1, units: 2, rooms: 2, clients: 1, tenantContracts: 2, ownerContracts: 1 }),
    );
  });
  afterAll(() => one?.close());
  return () => one as Stage;
}

/** Text for a regular expression. */
export const quote = (text: string): string => text.replace(/[.$@]/g, "\\$&");

/** Expects a query to be answered with one BAD_USER_INPUT that names the argument, and Alma to receive no request. */
export async function expectRefusal(
  { alma, query }: Stage,
  text: string,
  argument: string | RegExp,
  variables?: Readonly<Record<string, unknown>>,
): Promise<void> {
  alma.asked();
  const answer = await query(text, variables);
  expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
  const [error] = answer.errors ?? [];
  expect(error?.extensions.argument).toMatch(
    argument instanceof RegExp ? argument : new RegExp(`^${quote(argument)}$`),
  );
  expect(error?.message).not.toMatch(/\n| at .*\.ts/);
  expect(alma.paths()).toEqual([]);
}
