import { describe, expect, test } from "vitest";
import type { Fault } from "../alma/fault.ts";
import { portfolio } from "../alma/portfolio.ts";
import type { RoomRow, UnitRow } from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";

const size = { buildings: 2, units: 8, rooms: 8, clients: 4, tenantContracts: 4, ownerContracts: 2 };
const start = stages({}, () => portfolio(size));
const units = ({ alma }: Stage) => [...alma.world.units.values()] as UnitRow[];

/** The list of units, each entry changed. */
const list = (change: (entry: Record<string, unknown>) => object): Fault => ({
  path: /\/units\/$/,
  as: { change: (json) => (json as Record<string, unknown>[]).map(change) },
});
const withoutHeader = () => list(({ header: _, ...entry }) => entry);
const emptyHeader = () => list((entry) => ({ ...entry, header: "" }));

describe.each(["off", "on"])("headers of units that Alma's list omits (CATALOG=%s)", (CATALOG) => {
  const stage = async () => {
    const one = await start({ CATALOG }, {}, [withoutHeader()]);
    if (CATALOG === "on") await one.warm();
    return one;
  };

  test("are read from the details, and all other fields without a further call", async () => {
    const one = await stage();
    const cold = CATALOG === "off";
    const names = await one.counted("{ units { nodes { name externalId } } }");
    expect(names.calls).toBe(cold ? 1 : 0);
    const { data, calls } = await one.counted("{ units { nodes { almaId header } } }");
    expect(data.units.nodes).toEqual(
      expect.arrayContaining(units(one).map(({ id, header }) => ({ almaId: id, header }))),
    );
    expect(calls).toBe(cold ? size.units : 0);
    expect((await one.counted("{ units { nodes { almaId header name } } }")).calls).toBe(0);
  });

  test("can be filtered, ordered and searched by", async () => {
    const one = await stage();
    const [unit] = units(one) as [UnitRow];
    const { data, calls } = await one.counted(
      `{ units(filter: { header: { eq: ${JSON.stringify(unit.header)} } }, orderBy: [{ field: HEADER }]) { nodes { almaId } } }`,
    );
    expect(data.units.nodes).toEqual([{ almaId: unit.id }]);
    expect(calls).toBe(CATALOG === "off" ? 1 + size.units : 0);
  });

  test("are not removed from the unit by the list", async () => {
    const one = await stage();
    const [unit] = units(one) as [UnitRow];
    const ask = `{ unit(ref: { almaId: ${unit.id} }) { header name } }`;
    for (const before of ["{ buildings { nodes { name } } }", "{ units { nodes { name } } }"]) {
      await one.counted(before);
      expect((await one.counted(ask)).data.unit).toEqual({ header: unit.header, name: unit.name });
    }
  });
});

test("a header for which list and detail differ permanently keeps the detail's value", async () => {
  const one = await start({}, {}, [emptyHeader()]);
  const [unit] = units(one) as [UnitRow];
  const single = (fields: string) => `{ unit(ref: { almaId: ${unit.id} }) { ${fields} } }`;
  const now = "query Now @freshness(maxAge: 0)";
  expect((await one.counted(single("header"))).data.unit.header).toBe(unit.header);
  const { data: listed, calls } = await one.counted("{ units { nodes { almaId header } } }");
  expect(listed.units.nodes).toContainEqual({ almaId: unit.id, header: unit.header });
  expect(calls).toBe(2);
  expect((await one.counted(single("header number"))).data.unit.header).toBe(unit.header);
  await one.counted(`${now} { units { nodes { name } } }`);
  expect((await one.counted(single("header"))).data.unit.header).toBe(unit.header);
  const filter = `{ units(filter: { header: { eq: ${JSON.stringify(unit.header)} } }) { totalCount } }`;
  expect(await one.counted(filter)).toEqual({ data: { units: { totalCount: 1 } }, calls: 0 });
  unit.header = "changed";
  const { data } = await one.counted(`${now} { units { nodes { almaId header } } }`);
  expect(data.units.nodes).toContainEqual({ almaId: unit.id, header: "changed" });
});

test.each(["off", "on"])(
  "a newer embedded record and an older detail are not mixed (CATALOG=%s)",
  async (CATALOG) => {
    const one = await start({ CATALOG });
    if (CATALOG === "on") await one.warm();
    const [room] = [...one.alma.world.rooms.values()] as [RoomRow];
    const unit = units(one).find(({ id }) => id === room.parent_unit) as UnitRow;
    const ask = `{ units(filter: { almaId: { eq: ${unit.id} } }) { nodes { name header number } } }`;
    await one.counted(ask);
    await one.counted("{ rooms { nodes { unit { name header } } } }");
    Object.assign(unit, { name: "new", header: "new", number: "new" });
    one.alma.asked();
    await one.query("query Now @freshness(maxAge: 0) { rooms { nodes { unit { name header } } } }");
    const { data, extensions } = await one.query(ask);
    expect(data.units.nodes).toEqual([{ name: "new", header: "new", number: "new" }]);
    // The refresh may have read it first.
    expect(one.alma.paths().filter((path) => path.endsWith(`/units/${unit.id}/`))).toHaveLength(1);
    expect(extensions.alma.calls).toBeLessThanOrEqual(1);
  },
);

test("units whose headers differ permanently from those embedded in rooms are not read twice", async () => {
  const change = (json: unknown) => {
    const room = json as { readonly parent_unit: object };
    return { ...room, parent_unit: { ...room.parent_unit, header: "" } };
  };
  const one = await start({ CATALOG: "on" }, {}, [{ path: /\/rooms\/\d+\/$/, as: { change } }]);
  await one.warm();
  const { data, calls } = await one.counted("{ units { nodes { almaId header number } } }");
  for (const { id, header } of units(one))
    expect(data.units.nodes).toContainEqual(expect.objectContaining({ almaId: id, header }));
  expect(calls).toBe(0);
});
