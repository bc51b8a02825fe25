import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "../../support/gateway.ts";

/** A gateway over two buildings with a unit each, and a third unit that cannot be read. */
async function start() {
  const unit = { project: 207, external_id: "" };
  const gateway = await startGateway({
    size: 0,
    data: {
      projects: [{ id: 207, name: "Dubai" }],
      buildings: [101, 102].map((id) => ({ id, name: `Tower ${id}`, project: 207 })),
      units: [
        { ...unit, id: 1, building: 101, name: "One" },
        { ...unit, id: 2, building: 102, name: "Two" },
        { ...unit, id: 3, building: 102, name: "Three" },
      ],
    },
  });
  gateway.simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ path }) => path.endsWith("/units/3/"),
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

const fragment = "fragment Units on Building { units { nodes { name } } }";

test("a record that was never read is reported at the first list that may lack it, in whichever fragment", async () => {
  const { query } = await start();
  const { data, errors } = await query(
    `{ a: building(ref: { almaId: 101 }) { ...Units } b: building(ref: { almaId: 102 }) { ...Units } } ${fragment}`,
  );
  expect(data).toEqual({
    a: { units: { nodes: [{ name: "One" }] } },
    b: { units: { nodes: [{ name: "Two" }] } },
  });
  expect(errors?.map(({ path }) => path?.join("."))).toEqual(["a.units"]);
});

test("the lists of many parents of one field report a missing record once", async () => {
  const { query } = await start();
  const { errors } = await query(`{ buildings { nodes { ...Units } } } ${fragment}`);
  expect(errors?.map(({ path }) => path)).toEqual([["buildings"]]);
});
