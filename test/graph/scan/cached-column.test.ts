import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CachedRecord } from "../../../src/catalog/index.ts";
import { createStore } from "../../../src/catalog/store/store.ts";
import { compileFilter } from "../../../src/graph/argument/filter.ts";
import { compileOrder } from "../../../src/graph/argument/order.ts";
import { encodeCursor, pageSteps, parsePageInput } from "../../../src/graph/argument/page.ts";
import type { FilterContext } from "../../../src/graph/resolver/connection-spec.ts";
import { matchSteps } from "../../../src/graph/scan/predicate.ts";
import { tenantContract } from "../../../src/graph/tenant-contract.ts";
import { complete } from "../../support/steps.ts";
import {
  type Contract,
  compareBy,
  contract,
  contractId,
  filter,
  noValues,
  orderBy,
  today,
} from "./contract-question.ts";

const context: FilterContext = {
  today,
  memo: new Map(),
  connectionSpec: () => tenantContract,
  catalog: { store: createStore() },
};
const filterOf = (input: object) => compileFilter(tenantContract.filters(context, "tenantContract"), input);

type Change =
  | { readonly type: "detail"; readonly contract: Contract }
  | { readonly type: "list"; readonly ids: readonly number[]; readonly name: string };
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: contract.map((read) => ({ type: "detail" as const, contract: read })) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("list" as const),
      ids: fc.uniqueArray(contractId, { minLength: 8 }),
      name: fc.constantFrom("", "Unit 9", "renamed"),
    }),
  },
);

/** A table of contracts that accepts changes. */
class World {
  readonly #store = createStore();
  readonly table = this.#store.tables.tenantContract;
  #now = 1;

  async apply(made: Change): Promise<void> {
    this.#now++;
    if (made.type === "detail") {
      const record = { externalId: null, number: null, ...made.contract };
      this.table.applyDetail({ record, fieldErrors: undefined }, this.#now);
    } else {
      const items = made.ids.map((listed) => ({ record: { id: listed, name: made.name } }));
      await this.#store.applyList("tenantContract", { items, malformed: 0 }, this.#now);
    }
  }

  /** The listed contracts, by their current known values. */
  get contracts(): Contract[] {
    return this.table.listed.map(({ id: listed, value }) => {
      const {
        name = null,
        startDate = null,
        endDate = null,
        price: cost = null,
        unitUsage = null,
      } = value as unknown as Partial<Contract>;
      return { id: listed, name, startDate, endDate, price: cost, unitUsage };
    });
  }
}

const question = fc.record({
  filter,
  orderBy,
  size: fc.nat(12),
  fromBack: fc.boolean(),
  // Rows that may have been deleted, or that belong to another answer.
  after: fc.option(contract, { freq: 2 }),
  before: fc.option(contract, { freq: 2 }),
});

describe("cached columns", () => {
  it("give the same results as filtering, sorting and slicing all records, with changes in between", async () => {
    const history = fc.array(fc.tuple(fc.array(change, { maxLength: 6 }), question), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(contract, { minLength: 10 }), history, async (first, steps) => {
        const world = new World();
        await world.apply({ type: "list", ids: first.map((row) => row.id), name: "" });
        for (const row of first) await world.apply({ type: "detail", contract: row });
        for (const [changes, asked] of steps) {
          for (const made of changes) await world.apply(made);
          const order = compileOrder("TenantContract", tenantContract.orders, asked.orderBy, context);
          const cursor = (row: Contract | null) =>
            row && encodeCursor(order, { id: row.id, value: { ...row } });
          const request = parsePageInput(
            {
              ...(asked.fromBack ? { last: asked.size } : { first: asked.size }),
              after: cursor(asked.after),
              before: cursor(asked.before),
            },
            order,
            100,
          );
          const { table } = world;
          const matching = complete(
            matchSteps<CachedRecord>(table.listed, filterOf(asked.filter.input), table),
          );
          const page = complete(pageSteps(matching, request, order, table));

          const compare = compareBy(asked.orderBy);
          const all = world.contracts.filter(asked.filter.holds).sort(compare);
          const { after, before } = asked;
          const from = after ? all.filter((row) => compare(row, after) <= 0).length : 0;
          const to = Math.max(
            from,
            before ? all.filter((row) => compare(row, before) < 0).length : all.length,
          );
          const start = asked.fromBack ? Math.max(from, to - asked.size) : from;
          const end = asked.fromBack ? to : Math.min(to, from + asked.size);
          expect({ ...page, rows: page.rows.map((row) => row.id) }).toEqual({
            rows: all.slice(start, end).map((row) => row.id),
            hasNextPage: end < all.length,
            hasPreviousPage: start > 0,
            totalCount: all.length,
          });
        }
      }),
      { numRuns: 600 },
    );
  });

  it("decide each record by its values, old or new, if it changes during a yield", async () => {
    const changes = fc.array(fc.tuple(fc.nat(10), change), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(contract, { minLength: 20, maxLength: 40 }),
        filter,
        changes,
        async (first, asked, made) => {
          const world = new World();
          await world.apply({ type: "list", ids: Array.from({ length: 60 }, (_, n) => n + 1), name: "" });
          for (const row of first)
            await world.apply({ type: "detail", contract: { ...row, id: row.id * 2 } });
          const { table } = world;
          const { listed } = table;
          /** What was true of each record at some time of the scan. */
          const outcomes = new Map(listed.map((row) => [row.id, new Set<boolean>()]));
          const note = () => {
            for (const { id: at, value } of listed)
              outcomes.get(at)?.add(asked.holds({ ...noValues, ...value, id: at }));
          };
          note();
          // Enough conditions for the records to be tested in several steps.
          const slow = { and: [asked.input, ...Array(900).fill({ almaId: { gte: 0 } })] };
          const steps = matchSteps<CachedRecord>(listed, filterOf(slow), table);
          let result = steps.next();
          for (let step = 0; !result.done; step++) {
            for (const [at, each] of made) {
              if (at !== step) continue;
              await world.apply(each);
              note();
            }
            result = steps.next();
          }
          const found = new Set(result.value.slice(0, result.value.size).map((row) => row.id));
          for (const [at, outcome] of outcomes) expect([...outcome]).toContain(found.has(at));
        },
      ),
      { numRuns: 300 },
    );
  });
});
