import { expect, test } from "vitest";
import { startReports } from "../run/reports.ts";

const lists = `# title: Buildings
# rows: buildings.nodes
query Buildings($search: String) { buildings(filter: { search: $search }) { nodes { name id } } }`;
const units = `# title: Units
# rows: units.nodes
# parameters: { building: { title: House, choices: buildings } }
query Units($building: Ref) { units(filter: { building: $building }, orderBy: [{ field: NAME }]) { nodes { name } } }`;

/** A gateway over buildings with these names; each has a unit whose name is its number. */
async function startBuildings(...names: string[]) {
  const started = await startReports({ units, buildings: lists }, { CATALOG: "off" }, { size: 0 });
  const { data } = started.simulator;
  const ids = names.map((name, index) => {
    const { id } = data.buildings.insert({ name });
    data.units.insert({ name: `Unit ${index}`, building: id });
    return id;
  });
  const unitsOf = async (building: string, ending = "csv") => {
    const query = new URLSearchParams({ building, ...(ending === "csv" && { _bom: "0", _header: "0" }) });
    const { status, text } = await started.get(`units.${ending}?${query}`);
    return status === 200 ? text.trimEnd().split("\r\n") : `${status} ${text.trimEnd()}`;
  };
  return { ...started, ids, unitsOf };
}

test("a record is found by its name, by words of it, or by its id", async () => {
  const { ids, unitsOf } = await startBuildings("Pearl Court", "Pearl Court Annex", "Marina");
  expect(await unitsOf("Marina")).toEqual(["Unit 2"]);
  expect(await unitsOf("annex pearl")).toEqual(["Unit 1"]);
  // An exact match takes precedence over records that contain the words.
  expect(await unitsOf(" pearl  court ")).toEqual(["Unit 0"]);
  expect(await unitsOf(`Building:${ids[2]}`)).toEqual(["Unit 2"]);
  expect(await unitsOf(String(ids[2]))).toEqual(["Unit 2"]);
  expect(await unitsOf(`Pearl Court (Building:${ids[1]})`)).toEqual(["Unit 1"]);
});

test("an unknown or ambiguous name is refused with suggestions", async () => {
  const { ids, unitsOf, get } = await startBuildings("Gate", "Gate", "Marina");
  expect(await unitsOf("nowhere")).toMatch(
    /^400 BAD_USER_INPUT: building \(House\) is "nowhere"\. .*no such name\. Write another one, or an id in Alma/,
  );
  const both = await unitsOf("gate");
  expect(both).toMatch(/^400 .*building \(House\) is "gate"\. It matches 2: /);
  for (const id of ids.slice(0, 2)) expect(both).toContain(`Gate (Building:${id})`);
  // A page offers both, keeps the input, and shows the error at the field.
  const { status, text } = await get("units?building=gate", { accept: "text/html" });
  expect(status).toBe(400);
  for (const id of ids.slice(0, 2)) expect(text).toContain(`href="/reports/units?building=Building%3A${id}"`);
  expect(text).toMatch(
    /<input id="parameter-building" name="building" value="gate"[^>]* aria-invalid="true"/,
  );
  expect(text).toContain('class="fault">Several have this name: choose one below.</span>');
  expect(text).toContain("<p>House is &quot;gate&quot;. It matches 2");
});

test.each([
  ["nothing", lists, /choices of its parameter building come from the report nothing, which does not exist/],
  ["buildings", lists.replaceAll("$search", "$words"), /has no parameter search/],
  ["buildings", lists.replace(" id ", " "), /has no column with ids/],
])("a report with the choices %s is disabled, and says why", async (name, buildings, fault) => {
  const { get } = await startReports(
    { units: units.replace("choices: buildings", `choices: ${name}`), buildings },
    { CATALOG: "off" },
  );
  const { status, text } = await get("units.csv");
  expect([status, text]).toEqual([503, expect.stringMatching(fault)]);
});
