import { expect, onTestFinished, test } from "vitest";
import { createSimulator } from "../simulator/index.ts";
import { type Capability, defineCapability, type PreparedCapability } from "../src/capability.ts";
import { loadConfigFor, prepareAll, sortByRequirements } from "../src/compose.ts";
import { type ConfigError, oneOf, optional } from "../src/config/index.ts";
import type { InjectionKey } from "../src/graph/index.ts";
import type { AddRoutes } from "../src/server/index.ts";
import { startInFront } from "./support/gateway.ts";

const least = { ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k" };
const named = (
  name: string,
  requires: readonly string[] = [],
  prepared: PreparedCapability = {},
): Capability => defineCapability({ name, requires, prepare: () => prepared });
const namesOf = (capabilities: readonly Capability[]) => capabilities.map(({ name }) => name);
const prepare = (...capabilities: Capability[]) => prepareAll(capabilities, {} as never);

test("each comes after those it requires, and otherwise in the order of the list", () => {
  expect(namesOf(sortByRequirements([named("a", ["c"]), named("b"), named("c", ["d"]), named("d")]))).toEqual(
    ["d", "c", "a", "b"],
  );
});

test("a missing one, and those that require each other, are reported by name", () => {
  expect(() => sortByRequirements([named("a", ["b"])])).toThrow("The capability a requires b");
  expect(() => sortByRequirements([named("a", ["b"]), named("b", ["a"])])).toThrow("a, b, a");
});

test("faults of all capabilities and of the core's settings are reported at once", () => {
  const color = { color: optional("COLOR", oneOf("red", "blue"), "Its color.") };
  const capabilities = [
    defineCapability({
      name: "a",
      settings: color,
      faultsOf: ({ color }) => (color === "red" ? ["COLOR: too red."] : []),
    }),
    defineCapability({ name: "b", faultsOf: () => ["B: cannot be."] }),
  ];
  const faults = (env: Record<string, string>) => {
    try {
      loadConfigFor(capabilities, { ...least, ...env });
    } catch (error) {
      return (error as ConfigError).errors;
    }
    return [];
  };
  expect(faults({ COLOR: "red", PORT: "none" })).toEqual([
    expect.stringContaining("PORT"),
    "COLOR: too red.",
    "B: cannot be.",
  ]);
  expect(faults({ COLOR: "green" })).toEqual([expect.stringContaining('COLOR is "green"'), "B: cannot be."]);
});

test("a port is provided once", () => {
  const filesOf = () => ({ isLasting: true, linkTo: (path: string) => path });
  expect(prepare(named("a", [], { ports: { filesOf } }), named("b")).ports).toEqual({ filesOf });
  const twice = ["a", "b"].map((name) => named(name, [], { ports: { filesOf } }));
  expect(() => prepare(...twice)).toThrow("The capabilities a and b both provide filesOf.");
});

test("a provided value is available to those that require its capability", () => {
  const answer: InjectionKey<number> = "a";
  const providing = named("a", [], { provides: 42 });
  const asking = (requires: readonly string[], found: number[]) =>
    defineCapability({
      name: "b",
      requires,
      prepare({ inject }) {
        found.push(inject(answer));
        return {};
      },
    });
  const found: number[] = [];
  prepare(asking(["a"], found), providing);
  expect(found).toEqual([42]);
  expect(() => prepare(asking(["a"], found), named("a"))).toThrow("The capability a provides nothing.");
});

test("a gateway starts them in order, and stops them in reverse, once the server has closed", async () => {
  const simulator = await createSimulator({ size: 0 });
  onTestFinished(() => simulator.close());
  const events: string[] = [];
  const noting = (name: string, requires: readonly string[] = []) =>
    named(name, requires, {
      start: () => void events.push(`start ${name}`),
      drain: () => void events.push(`drain ${name}`),
      stop: async () => void events.push(`stop ${name}`),
      routes: (app) => void app.get(`/${name}`, { config: { isPublic: true } }, async () => name),
    });
  const capabilities = [noting("b", ["a"]), noting("a")];
  const { address, close, query } = await startInFront(simulator, {}, { capabilities });
  expect(await (await fetch(`${address}/a`)).text()).toBe("a");
  // Without the capabilities that add recording and SDL, nothing is recorded and no SDL exists.
  expect((await query("{ units { totalCount } }")).errors).toBeUndefined();
  expect((await query("{ changes { nodes { field } } }")).errors?.[0]?.message).toContain(
    "Cannot query field",
  );
  await close();
  expect(events).toEqual(["start a", "start b", "drain a", "drain b", "stop b", "stop a"]);
  await expect(fetch(`${address}/a`)).rejects.toThrow();
});

test("a route without authentication or isPublic prevents the start", async () => {
  const simulator = await createSimulator({ size: 0 });
  onTestFinished(() => simulator.close());
  const open: AddRoutes = (app) => void app.get("/open", async () => "");
  const inPlugin: AddRoutes = (app) => void app.register(async (scope) => open(scope, {} as never));
  for (const routes of [open, inPlugin])
    await expect(
      startInFront(simulator, {}, { capabilities: [named("open", [], { routes })] }),
    ).rejects.toThrow("/open neither");
});
