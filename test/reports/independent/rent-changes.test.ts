import { describe, expect, test } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import type { TenantContractRow } from "../../independent/alma/world.ts";
import { stages } from "../../independent/gateway.ts";
import { covers, lettingWorld } from "../../independent/letting-world.ts";
import { type Priced, rentBetween } from "../../independent/read/group-arithmetic.ts";
import { daysBetween, file, objectOf } from "./table-model.ts";

type Row = Readonly<Record<string, string | number | null>>;

const pricedOf = ({ price, start_date, end_date, usage }: TenantContractRow): Priced => ({
  price,
  period: "month",
  from: start_date,
  to: end_date,
  isArchived: usage?.is_archived === true,
});
const cents = (amount: string | number | null | undefined) => Math.round(Number(amount ?? 0) * 100);

const january = ["2026-01-01", "2026-01-31"] as const;
const february = ["2026-02-01", "2026-02-28"] as const;
const spring = ["2026-03-15", "2026-06-02"] as const;
/** Periods after each other, apart, the later one first, and twice the same. */
const asked = [
  [january, february],
  [january, spring],
  [spring, february],
  [spring, spring],
] as const;

describe.each([
  [61, {}],
  [62, { ...contrary, listsArchived: true }],
  [63, {}],
])("the rent changes of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 24);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD: "month" }, () => world);
  const contracts = [...world.tenant_contracts.values()];

  test("equal a count of every day, and add up to the difference of the agreed rent", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    const incomeOf = async ([first, last]: readonly [string, string]) => {
      const rows: Row[] = JSON.parse(
        (await file(address, `income.json?from=${first}&to=${last}`)).toString(),
      );
      return rows.reduce((sum, row) => sum + cents(row["Agreed rent"]), 0);
    };
    const incomes = new Map<unknown, number>();
    for (const period of [january, february, spring]) incomes.set(period, await incomeOf(period));
    for (const [before, after] of asked) {
      const [from, until] = before;
      const [nowFrom, nowUntil] = after;
      const days = [...daysBetween(from, until), ...daysBetween(nowFrom, nowUntil)];
      /** By tenant and unit or room, or by contract without both: the cents before and now, and its contracts. */
      const groups = new Map<string, { before: number; now: number; count: number }>();
      for (const contract of contracts.filter((one) => days.some((day) => covers(one, day)))) {
        const object = objectOf(world, contract);
        const client = contract.usage?.client ?? null;
        const key = object && client !== null ? `${object.id} ${client}` : `contract ${contract.id}`;
        const group = groups.get(key) ?? { before: 0, now: 0, count: 0 };
        group.before += cents(rentBetween(pricedOf(contract), from, until));
        group.now += cents(rentBetween(pricedOf(contract), nowFrom, nowUntil));
        group.count += 1;
        groups.set(key, group);
      }
      const query = `from=${from}&until=${until}&nowFrom=${nowFrom}&nowUntil=${nowUntil}`;
      const rows = JSON.parse((await file(address, `rent-changes.json?${query}`)).toString()) as Row[];
      const idOf = (value: string | number | null | undefined) => String(value ?? "").split(":")[1];
      const found = rows.map((row) => {
        const [object, client] = [idOf(row["Unit or room in Alma"]), idOf(row["Tenant in Alma"])];
        const key = object && client ? `${object} ${client}` : `contract ${idOf(row["Contract in Alma"])}`;
        return `${key}: ${cents(row.Before)} ${cents(row.Now)} ${cents(row.Change)}`;
      });
      const expected = [...groups]
        .filter(([, { before, now, count }]) => before !== now || (count > 1 && before !== 0))
        .map(([key, { before, now }]) => `${key}: ${before} ${now} ${now - before}`);
      expect(found.sort(), query).toEqual(expected.sort());
      for (const row of rows) {
        const [was, now] = [cents(row.Before), cents(row.Now)];
        if (row["What changed"] === "Moved in") expect([was, now > 0], query).toEqual([0, true]);
        if (row["What changed"] === "Moved out") expect([was > 0, now], query).toEqual([true, 0]);
      }
      const difference = (incomes.get(after) ?? 0) - (incomes.get(before) ?? 0);
      expect(
        rows.reduce((sum, row) => sum + cents(row.Change), 0),
        query,
      ).toBe(difference);
    }
  });
});
