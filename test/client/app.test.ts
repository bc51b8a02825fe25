import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSimulator, type Simulator } from "../../simulator/index.ts";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { createProject, type Project, pageClients, pageFiles, pagePackages } from "./project.ts";
import { startSite } from "./site.ts";

// The apps of docs/frontend.md, one for each client: its files as they are.

const poll: typeof expect.poll = (get) => expect.poll(get, { timeout: 20_000 });
const isGraph = ({ pathname }: URL) => pathname === "/graphql";
const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const versions: Record<string, string> = { ...dependencies, ...devDependencies };
const compiles = {
  "Apollo Client": ["graphql-codegen", "-c", "codegen.json"],
  urql: ["graphql-codegen", "-c", "codegen.json"],
  Relay: ["relay-compiler"],
} as const;

test.each(pageClients)(
  "%s: the page installs what its app imports, in the versions of these tests",
  (client) => {
    const installed = pagePackages(client);
    for (const [name, version] of installed)
      expect([name, versions[name]?.replace(/^[~^]/, "")]).toEqual([
        name,
        expect.stringMatching(`^${version}\\b`),
      ]);
    const names = new Set(installed.map(([name]) => name));
    for (const text of Object.values(pageFiles(client)))
      for (const [, name = ""] of text.matchAll(/ from "((?:@[\w-]+\/)?[\w-][\w.-]*)/g))
        expect(names).toContain(name);
  },
);

describe.runIf(chromiumPath)("the app of the page, built by Vite, in a browser", { timeout: 60_000 }, () => {
  const all = createApiKey("all", ["read", "personal", "secrets", "write"], null);
  const readers = createApiKey("readers", ["read"], null);
  let alma: Simulator;
  let site: Awaited<ReturnType<typeof startSite>>;
  let gateway: TestGateway;
  const start = (port = "0") =>
    startGateway(
      { size: 0 },
      {
        ...{
          PORT: port,
          ALMA_URL: alma.url,
          ALMA_API_KEY: alma.apiKey,
          CORS_ORIGINS: site.origin,
          MEDIA: "proxy",
        },
        ...{ API_KEYS: JSON.stringify([all.record, readers.record]), RATE_LIMIT: "200" },
      },
    );
  beforeAll(async () => {
    site = await startSite();
    alma = await createSimulator();
    gateway = await start();
  });
  afterAll(async () => {
    await gateway.close();
    await alma.close();
    site.close();
  });

  describe.each(pageClients)("with %s", (client) => {
    let project: Project;
    let browser: Browser;
    let page: Page;
    let warnings: string[];
    let told: string[];
    const rows = () => page.locator("li");
    const total = () => page.locator("p", { hasText: "units" }).textContent();
    const click = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const fill = (name: string, text: string) => page.locator(`input[name=${name}]`).fill(text);
    const said = (name: string) => page.locator(`label:has(input[name=${name}]) em`).allTextContents();
    const unsaid = () => page.locator("strong").allTextContents();
    const opened = () => alma.data.units.all().filter(({ is_archived: archived }) => !archived);
    /** Units by name, as Alma has them and the list shows them. */
    const expected = () => {
      const { compare } = new Intl.Collator("en", { numeric: true });
      return opened().sort((a, b) => compare(a.name ?? "", b.name ?? ""));
    };
    const units = (count: number) => `${count} units`;
    const enter = async (key: string) => {
      await page.goto(`${site.origin}/login`);
      await fill("token", key);
      await click("log in");
    };

    beforeAll(async () => {
      const files = pageFiles(client);
      project = await createProject(
        gateway.address,
        { ...files, ".env": `VITE_GATEWAY=${gateway.address}`, "src/made/.keep": "" },
        { "x-api-key": all.key },
      );
      const [compile, ...options] = compiles[client];
      const made = await project.run(compile, ...options);
      expect(made, made.output).toMatchObject({ code: 0 });
      const built = await project.run("vite", "build", "--logLevel", "error");
      expect(built, built.output).toMatchObject({ code: 0 });
      site.show(join(project.folder, "dist"));
      browser = await startBrowser();
      page = await browser.open(`${site.origin}/login`);
      warnings = [];
      told = [];
      page.on("console", (message) => {
        if (message.type() === "warning") warnings.push(message.text());
        if (message.type() === "info") told.push(message.text());
      });
      await enter(all.key);
      await rows().first().waitFor();
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      project?.remove();
    });

    test("has types", async () => {
      expect(await project.run("tsc")).toEqual({ code: 0, output: "" });
    });

    test("lists units by pages, and those that a filter finds; a malformed filter and a status that is none are told at their boxes", async () => {
      await poll(() => rows().count()).toBe(10);
      expect(await total()).toBe(units(opened().length));
      await click("more");
      await poll(() => rows().count()).toBe(20);
      expect(await rows().allTextContents()).toEqual(
        expected()
          .slice(0, 20)
          .map(({ name, goal_rent_cost: goal }) => `${name} ${Number(goal).toFixed(2)}`),
      );
      await fill("search", opened()[0]?.name ?? "");
      await click("search");
      await poll(total).toBe(units(1));
      await fill("min", "abc");
      await click("search");
      await poll(() => said("min")).toEqual([expect.stringContaining('"abc" is not a decimal number')]);
      await fill("min", "");
      await fill("search", "");
      if (client === "urql") {
        await fill("status", "rentd");
        await click("search");
        await poll(unsaid).toEqual([expect.stringContaining("rented")]);
        await fill("status", "");
      }
      await click("search");
      await poll(total).toBe(units(opened().length));
      expect([await said("min"), await unsaid()]).toEqual([[], []]);
    });

    test("shows a unit with its pictures, an optimistic answer at once, what others change, and what its token may see", async () => {
      warnings = [];
      browser.complaints.length = 0;
      const unit = expected().find(({ photos }) => (photos as readonly unknown[]).length > 0);
      await fill("search", unit?.name ?? "");
      await click("search");
      await poll(() => rows().first().textContent()).toContain(unit?.name);
      await rows().first().click();
      const rent = Number(unit?.goal_rent_cost).toFixed(2);
      await poll(() => page.locator("h1 + p").textContent()).toContain(rent);
      const photos = (unit?.photos as readonly unknown[] | undefined)?.length ?? 0;
      const seen = "[...document.images].filter((image) => image.naturalWidth > 0).length";
      await poll(() => page.evaluate(seen)).toBe(photos);

      const header = () => page.locator("h1").textContent();
      const before = await header();
      const inAlma = () => alma.data.units.get(unit?.id)?.header;
      await page.route(`${gateway.address}/graphql`, async (route) => {
        await poll(header).toBe("By the sea");
        expect(inAlma()).toBe(before);
        await route.continue();
      });
      await fill("header", "By the sea");
      await click("save");
      await poll(inAlma).toBe("By the sea");
      await page.unroute(`${gateway.address}/graphql`);

      alma.data.units.change(unit?.id ?? 0, { header: `Beyond ${client}` });
      const read = "query ($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { header } }";
      await gateway.query(read, { id: unit?.id }, { "x-api-key": all.key });
      await poll(header).toBe(`Beyond ${client}`);
      await click("back");
    });

    test("shows all faults of a form at their fields, and every list with what was made and archived", async () => {
      const count = opened().length;
      await poll(total).toBe(units(count));
      await fill("search", `by ${client}`);
      await click("search");
      await poll(total).toBe(units(0));
      await fill("search", "");
      await click("search");
      await poll(total).toBe(units(count));
      await click("more");
      await poll(() => rows().count()).toBeGreaterThan(10);

      await fill("building", String(opened()[0]?.building));
      await fill("propertyType", "studio");
      await fill("goalRentCost", "12,50");
      await click("create");
      await poll(() => said("goalRentCost")).toEqual([
        expect.stringContaining('"12,50" is not a decimal number'),
      ]);
      expect(await said("externalId")).toEqual([expect.stringContaining("cannot be a Bitrix id")]);
      expect(await said("name")).toEqual([expect.stringContaining("not blank")]);
      expect(await unsaid()).toEqual([]);
      await fill("goalRentCost", "12.5");
      await fill("externalId", `app-${client}`);
      await fill("name", `A1 by ${client}`);
      await click("create");
      await poll(() => rows().first().textContent()).toBe(`A1 by ${client} 12.50`);
      expect(await total()).toBe(units(count + 1));
      expect(await rows().count()).toBe(10);
      await poll(() => page.locator("pre").textContent()).toMatch(/^APPEARED Unit:\d+/m);

      await fill("search", `by ${client}`);
      await click("search");
      await poll(total).toBe(units(1));
      await rows().first().click();
      await poll(() => page.locator("h1 + p").textContent()).toContain("12.50");
      await click("archive");
      await poll(total).toBe(units(count));
      expect(await rows().first().textContent()).not.toContain("A1");
      await fill("search", `by ${client}`);
      await click("search");
      await poll(total).toBe(units(0));
      expect(alma.data.units.by("external_id", `app-${client}`)).toMatchObject([{ is_archived: true }]);
      const refusals = /^Failed to load resource/;
      const complaints = [...warnings, ...browser.complaints].filter((text) => !refusals.test(text));
      expect(complaints).toEqual([]);
    });

    test("waits where its rate is spent or the gateway is full, and says what it does not wait for", async () => {
      const accept = "application/graphql-response+json";
      const headers = {
        ...{ "content-type": "application/json", accept, origin: site.origin },
        "x-api-key": readers.key,
      };
      const asked = { method: "POST", headers, body: JSON.stringify({ query: "{ __typename }" }) };
      const spend = () => fetch(`${gateway.address}/graphql`, asked);
      let refusal = await spend();
      while (refusal.status === 200) refusal = await spend();
      const body = await refusal.text();
      const answer = (status: number, seconds: number, times: number) => {
        const told = { ...Object.fromEntries(refusal.headers), "retry-after": String(seconds) };
        return page.route(isGraph, (route) => route.fulfill({ status, headers: told, body }), { times });
      };
      expect(refusal.status).toBe(429);
      await fill("search", "");
      const sentence = JSON.parse(body).errors[0].message;
      let min = 0;
      for (const status of [429, 503]) {
        await answer(status, 1, 1);
        min += 1;
        await fill("min", String(min));
        await click("search");
        await poll(() => page.getByRole("status").allTextContents()).toEqual([
          expect.stringContaining("1 s"),
        ]);
        await poll(() => page.getByRole("status").count()).toBe(0);
        await poll(() => rows().count()).toBe(10);
        expect(await unsaid()).toEqual([]);
        for (const [seconds, times] of [
          [60, 1],
          [1, 2],
        ] as const) {
          await answer(status, seconds, times);
          min += 1;
          await fill("min", String(min));
          await click("search");
          await poll(unsaid).toEqual([expect.stringContaining(sentence)]);
          await click("again");
          await poll(() => rows().count()).toBe(10);
          await poll(unsaid).toEqual([]);
        }
      }
    });

    test("says that a gateway cannot be reached, and goes on once it is started again", async () => {
      await rows().first().click();
      const header = () => page.locator("h1").textContent();
      await poll(header).not.toBe("");
      const { port } = new URL(gateway.address);
      await gateway.close();
      await fill("header", "Lost");
      await click("save");
      await poll(unsaid).toContainEqual("The gateway cannot be reached. Try again in 5 seconds.");
      gateway = await start(port);
      // The app shows it before it is written, and again what the answer says.
      const answered = page.waitForResponse(
        async (response) => /"header":"Lost"/.test(response.request().postData() ?? "") && response.ok(),
      );
      await click("save");
      await (await answered).finished();
      await poll(header).toBe("Lost");
      const unit = alma.data.units.all().find(({ header: shown }) => shown === "Lost");
      alma.data.units.change(unit?.id ?? 0, { header: `Found by ${client}` });
      const read = "query ($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { header } }";
      await gateway.query(read, { id: unit?.id }, { "x-api-key": all.key });
      await poll(header).toBe(`Found by ${client}`);
      await click("back");
      await rows().first().waitFor();
    });

    test("shows what a token may see and says what it may not, and leads to the login with one that is none", async () => {
      const letting =
        "{ units(filter: { isArchived: false }) { nodes { name header currentTenantContract { client { id } } } } }";
      const { data } = await gateway.query(letting, {}, { "x-api-key": all.key });
      type Let = { readonly name: string; readonly header: string; readonly currentTenantContract?: object };
      const { name = "", header } = data.units.nodes.find((unit: Let) => unit.currentTenantContract);
      await enter(readers.key);
      await fill("search", name);
      await click("search");
      await poll(() => rows().first().textContent()).toContain(name);
      await rows().first().click();
      await poll(async () => [...(await unsaid()), ...told]).toContainEqual(
        expect.stringContaining("personal"),
      );
      expect(await page.locator("h1").textContent()).toBe(header);

      await page.evaluate('sessionStorage.token = "none"');
      await page.route(
        isGraph,
        (route) =>
          route.fulfill({
            status: 429,
            headers: {
              "retry-after": "1",
              "access-control-allow-origin": site.origin,
              "access-control-expose-headers": "retry-after",
            },
          }),
        { times: 1 },
      );
      await click("save");
      await poll(() => page.url()).toBe(`${site.origin}/login`);
    });
  });
});
