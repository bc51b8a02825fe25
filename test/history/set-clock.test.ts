import { afterEach, expect, test, vi } from "vitest";
import { has } from "../support/has.ts";
import { startWorld } from "./moments.ts";

// The wall clock of these tests is stopped while the catalog's runs: a reading is dated too early by the time that has
// passed since, which is seconds on a busy machine. So ":30" may be shown as ":2\d".

const HOUR = 3_600_000;
const at = (time: string) => Date.parse(`2026-03-31T${time}Z`);

afterEach(() => void vi.useRealTimers());

interface Past {
  readonly errors?: readonly unknown[];
  readonly data: { readonly unit: { readonly address: string } };
  readonly extensions: {
    readonly alma: { readonly oldest: string };
    readonly warnings?: readonly { readonly message: string }[];
  };
}

async function start() {
  vi.useFakeTimers({ toFake: ["Date"], now: at("08:00:00") });
  const world = await startWorld({ REPORTS: "" });
  const gateway = await world.start();
  await gateway.read();
  const { data } = world.simulator;
  const [unit] = data.units.all();
  /** Lets a gateway read a different address at a given wall clock time. */
  const see = async (time: string, address: string) => {
    vi.setSystemTime(at(time));
    data.units.change(unit?.id ?? 0, { address });
    await gateway.read();
  };
  const known = async (time: string) => {
    const text = `query @asOf(time: "2026-03-31T${time}Z") { unit(ref: { almaId: ${unit?.id} }) { address } }`;
    const { data: shown, errors, extensions } = (await gateway.query(text)) as unknown as Past;
    expect(errors).toBeUndefined();
    return {
      address: shown.unit.address,
      oldest: extensions.alma.oldest,
      warnings: extensions.warnings ?? [],
    };
  };
  const addressAt = async (time: string) => (await known(time)).address;
  const read = async (time: string) => {
    vi.setSystemTime(at(time));
    await gateway.read();
  };
  return { ...gateway, see, known, addressAt, read };
}

test("after the wall clock was set back, a moment means the later one, and the answer says that it happened twice", async () => {
  const { see, known, addressAt, read } = await start();
  for (const minute of ["10", "20", "30", "40", "50"]) await read(`10:${minute}:00`);
  await see("11:10:00", "A");
  for (const time of ["11:10:40", "11:11:20", "11:12:00"]) await read(time);
  await see("11:50:00", "B");
  await see("11:59:00", "C");
  expect(await addressAt("11:30:00")).toBe("A");
  expect(await addressAt("11:55:00")).toBe("B");
  await see("11:05:00", "D");
  for (const time of ["11:10:20", "11:11:00", "11:11:30"]) await read(time);
  await see("11:35:00", "E");
  await see("11:45:00", "F");
  // A catalog cached for a wall clock time that occurs again is not reused.
  expect(await addressAt("11:30:00")).toBe("D");
  expect(await addressAt("11:40:00")).toBe("E");
  // A future time counts as now, where this test's wall clock is stopped.
  vi.setSystemTime(at("11:45:31"));
  expect(await addressAt("11:45:30")).toBe("F");
  expect(await addressAt("11:35:30")).toBe("E");
  expect(await addressAt("10:30:00")).toBe((await known("10:20:00")).address);
  expect((await known("11:11:10")).warnings.map(({ message }) => message)).toContain(
    "2026-03-31T11:11:10.000Z happened twice, since the gateway's clock was set back: the later one is shown.",
  );
  await read("11:45:30");
  expect((await known("11:45:10")).warnings).toEqual([]);
});

test("data known before the wall clock was set back is known at later moments", async () => {
  const { see, addressAt, read, query, known } = await start();
  await see("08:10:00", "A");
  await read("08:10:40");
  await see("07:00:00", "B");
  await read("07:00:40");
  await see("07:01:20", "C");
  vi.setSystemTime(at("07:02:00"));
  expect(await addressAt("07:01:00")).toBe("B");
  expect(await addressAt("07:01:50")).toBe("C");
  // No knowledge of that time exists by either clock.
  const before = await query('query @asOf(time: "2026-03-31T06:59:00Z") { units { totalCount } }');
  expect(before.errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_KNOWN_THEN"]);
  expect((await known("07:01:00")).warnings).toEqual([]);
});

test("a moment in which nothing was read is as fresh as the reading before it, and says so", async () => {
  const { see, known, read } = await start();
  await see("09:00:00", "A");
  await read("09:00:30");
  await see("15:00:00", "B");
  expect(await known("12:00:00")).toEqual({
    address: "A",
    oldest: expect.stringMatching(/T09:00:(2\d|30)/),
    warnings: [
      {
        argument: "@asOf",
        message: expect.stringMatching(
          /^Nothing was read from Alma between 2026-03-31T09:00:(2\d|30).\d+Z and 2026-03-31T12:00:00.000Z/,
        ),
      },
    ],
  });
  const read0900 = await known("09:00:15");
  expect(read0900).toMatchObject({ address: "A", warnings: [] });
  expect(Date.parse(read0900.oldest)).toBeGreaterThanOrEqual(at("08:59:00"));
  expect(Date.parse(read0900.oldest)).toBeLessThanOrEqual(at("09:00:15"));
});

if (has("reports"))
  test("a report of a day without readings, and a comparison with it, say as of when they are", async () => {
    const { address, read } = await start();
    await read("08:00:30");
    vi.setSystemTime(Date.now() + 20 * 24 * HOUR);
    const get = (path: string) => fetch(`${address}/reports/${path}`, { headers: { accept: "*/*" } });
    const file = await get("buildings.csv?_asOf=2026-04-10");
    expect(file.headers.get("x-alma-oldest")).toMatch(/2026-03-31T08:00:(2\d|30)/);
    const page = await get("buildings?_asOf=2026-04-10");
    expect(await page.text()).toMatch(/<time datetime="2026-03-31T08:00:(2\d|30)/);
    const compared = await (await get("buildings?_compare=2026-04-10")).text();
    expect(compared).toMatch(/Compared with data as of<\/dt><dd><time datetime="2026-03-31T08:00:(2\d|30)/);
    const json = await (await get("buildings.xlsx?_compare=2026-04-10")).arrayBuffer();
    expect(json.byteLength).toBeGreaterThan(1_000);
  });
