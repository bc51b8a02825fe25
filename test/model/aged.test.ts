import fc from "fast-check";
import { expect, test } from "vitest";
import { day } from "../support/day.ts";
import { startGateway, startInFront, type TestGateway } from "../support/gateway.ts";
import { has } from "../support/has.ts";
import { advance } from "./clock.ts";
import { History } from "./history.ts";
import { changeOutside, type OutsideShape, outsideShape } from "./outside.ts";
import { buildQuery } from "./query.ts";
import { type ReadShape, readShape } from "./shape.ts";
import { smallWorld, statesOf } from "./world.ts";

/** Seconds. */
const AGE = 50;

const letting = `isLettable isVacant vacantSince vacantDays unit { almaId } owner { almaId }
  currentTenantContract { almaId endDate } nextTenantContract { almaId }`;
const page = (selection: string) => `totalCount nodes { almaId ${selection} }`;
const groups = (args: string, numbers = "") => `groups(${args}) { totalCount nodes { count ${numbers} } }`;

/** Results that depend on more than rows: reverse links, vacancy, ownership, groups, statements, issues. */
const questions = [
  `{ units { ${page(`${letting} currentOwnerContract { almaId } rooms { ${page("")} } tenantContracts(includeRooms: true) { ${page("")} }`)} } }`,
  `{ rooms { ${page(`${letting} tenantContracts { ${page("endDate")} }`)} } }`,
  `{ buildings { ${page(`numberOfUnits units { ${page("status")} } rooms { ${page("")} }`)} } }`,
  `{ clients { ${page(`tenantContracts(filter: { state: [ACTIVE] }) { ${page("")} } ownerContracts { ${page("")} }`)} } }`,
  `{ unit(ref: { almaId: 1 }) { ${letting} rooms { ${page("")} } } room(ref: { almaId: 11 }) { ${letting} } }`,
  `{ rentalObjects(filter: { isVacantOn: "${day(0)}" }) { totalCount nodes { id } ${groups("by: [KIND, OWNER]", "keys { owner { almaId } }")} } }`,
  `{ rentalObjects(filter: { hasContractOn: "${day(0)}" }, orderBy: [{ field: BUILDING_NAME }]) { totalCount nodes { id } } }`,
  `{ rentalObjects { ${groups(`by: [BUILDING, IS_VACANT], over: { from: "${day(-40)}", to: "${day(40)}", unit: MONTH }`, "keys { building { name } } lettableDays occupiedDays")} } }`,
  `{ units(filter: { isLettable: true, buildingWhere: { isArchived: false } }) { ${page("")} ${groups("by: [STATUS, OWNER]", "goalRentCost { sum }")} } }`,
  `{ tenantContracts { ${groups("by: [{ field: BUILDING }, { field: UNIT }, { field: OWNER }, { field: STATE }]", "keys { building { name } unit { almaId } owner { almaId } } price { sum }")} } }`,
  `{ tenantContracts(filter: { rentalObjectWhere: { buildingWhere: { name: { eq: "n-1" } } } }) { ${page("")} } }`,
  `{ ownerContracts { ${page(`lettings(from: "${day(-90)}", to: "${day(90)}") { contract { almaId } days }`)} } }`,
  ...(has("issues") ? ["{ dataIssues { code record { id } other { id } } bitrixDrift { totalCount } }"] : []),
];

type Step =
  | { readonly do: "change"; readonly change: OutsideShape }
  | { readonly do: "ask"; readonly question: number }
  | { readonly do: "read"; readonly read: ReadShape };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("change" as const), change: outsideShape }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("ask" as const), question: fc.nat(questions.length - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("read" as const), read: readShape([undefined]) }) },
);

/** Queries a cold gateway, so that it reads everything now. */
async function askNow(alma: TestGateway["simulator"], text: string): Promise<unknown> {
  const { query, close } = await startInFront(alma, { LOG_LEVEL: "silent" });
  try {
    return (await query(text)).data;
  } finally {
    await close();
  }
}

/** Makes random changes as another system, and compares a gateway's answers some time after each. */
async function compare(catalog: string, archivedInLists: boolean, all: readonly Step[]): Promise<void> {
  const gateway = await startGateway(
    { size: 0, data: smallWorld(day), switches: { archivedInLists } },
    { CATALOG: catalog, REFRESH_RATE: "1" },
  );
  const { simulator } = gateway;
  try {
    if (catalog === "on") await gateway.warm();
    const states = () => statesOf(simulator.data, simulator.clock.today());
    const history = new History(states(), 0);
    for (const [index, one] of all.entries()) {
      if (one.do === "change") {
        changeOutside(simulator.data, one.change, 20 + index, day);
        history.update(states(), 0);
        continue;
      }
      const query =
        one.do === "ask" ? (questions[one.question] as string) : buildQuery(one.read, history).text;
      const aged = (age: number) => `query Q @freshness(maxAge: ${age}) ${query.replace("query ", "")}`;
      advance(AGE + 1);
      const { data, errors } = await gateway.query(aged(AGE));
      expect(errors, query).toBeUndefined();
      expect(data, query).toEqual(await askNow(simulator, aged(0)));
    }
  } finally {
    await gateway.close();
  }
}

test.each(["on", "off"])(
  "with maxAge, a warm gateway answers like one that has just read everything (catalog %s)",
  (catalog) =>
    fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(steps, { minLength: 4, maxLength: 24, size: "max" }),
        (archivedInLists, all) => compare(catalog, archivedInLists, all),
      ),
      {
        numRuns: Number(process.env.FUZZ_RUNS ?? 2),
        seed: Number(process.env.FUZZ_SEED ?? 7),
        unbiased: true,
        endOnFailure: true,
      },
    ),
  120_000,
);
