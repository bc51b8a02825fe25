import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { createProject, type Project, pageCodegen, pageFiles } from "./project.ts";
import { startSite } from "./site.ts";

// The app of docs/frontend.md: its files as they are, with what puts them on a screen.

const main = `
import { archiveUnit, createUnit, faultsOf, setHeader, unitPage, unitScreen } from "./units";

const list = unitPage();
const element = (id: string) => document.getElementById(id) as HTMLElement;
const button = (id: string, work: () => unknown) => { element(id).onclick = () => void work(); };
const typed = (name: string) => (document.getElementsByName(name)[0] as HTMLInputElement).value;

list.subscribe(({ data, error }) => {
  element("total").textContent = String(data?.units?.totalCount);
  element("error").textContent = error?.message ?? "";
  const rows = (data?.units?.edges ?? []).flatMap((edge) => (edge?.node ? [edge.node] : []));
  element("list").replaceChildren(...rows.map(({ id, name, goalRentCost }) => {
    const row = document.createElement("li");
    row.textContent = \`\${name} \${goalRentCost}\`;
    row.addEventListener("click", () => open(id ?? ""));
    return row;
  }));
});
button("more", () => list.fetchMore({ variables: { after: list.getCurrentResult().data?.units?.pageInfo?.endCursor } }));
button("search", () => list.refetch({ search: typed("text") || null }));

const faults = (all: Parameters<typeof faultsOf>[0] = []) => {
  element("whole").textContent = faultsOf(all).join();
  for (const name of ["externalId", "name", "goalRentCost"] as const)
    element(name).textContent = faultsOf(all, name).join();
};
button("create", async () => {
  const input = {
    externalId: typed("externalId"), name: typed("name"), goalRentCost: typed("goalRentCost"),
    building: { almaId: Number(typed("building")) }, propertyType: "studio",
  };
  const { data } = await createUnit(input, crypto.randomUUID());
  faults(data?.createUnit?.userErrors);
});

function open(id: string) {
  let unit: { id: string; goalRentCost?: string | null } = { id };
  unitScreen(id).subscribe(({ data }) => {
    if (!data?.unit) return;
    unit = { id, goalRentCost: data.unit.goalRentCost ?? null };
    element("header").textContent = data.unit.header ?? "";
    element("rent").textContent = data.unit.goalRentCost ?? "";
    element("photos").replaceChildren(...(data.unit.photos ?? []).map((photo) => Object.assign(new Image(), { src: photo?.url })));
  });
  button("save", async () => faults((await setHeader(unit, typed("newHeader"))).data?.updateUnit?.userErrors));
  button("archive", () => archiveUnit(id));
}
`;
const poll: typeof expect.poll = (get) => expect.poll(get, { timeout: 10_000 });
const inputs = ["text", "externalId", "name", "goalRentCost", "building", "newHeader"];
const parts = ["total", "error", "whole", "externalId", "name", "goalRentCost", "header", "rent", "photos"];
const html = `<!doctype html><title>Units</title><link rel="icon" href="data:,"><ul id="list"></ul>
${inputs.map((name) => `<input name="${name}">`).join("")}${parts.map((id) => `<p id="${id}"></p>`).join("")}
${["more", "search", "create", "save", "archive"].map((id) => `<button id="${id}">${id}</button>`).join("")}
<script type="module" src="/src/main.ts"></script>`;
const compilerOptions = {
  strict: true,
  noEmit: true,
  module: "ESNext",
  moduleResolution: "Bundler",
  target: "ES2023",
  lib: ["ES2023", "DOM", "DOM.Iterable"],
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  types: [],
};

describe.runIf(chromiumPath)("the app of the page, built by Vite, in a browser", { timeout: 60_000 }, () => {
  let project: Project;
  let gateway: KeyedGateway;
  let browser: Browser;
  let site: Awaited<ReturnType<typeof startSite>>;
  let page: Page;
  const shown = (id: string) => page.locator(`#${id}`).textContent();
  const rows = () => page.locator("#list li");
  const click = (id: string) => page.locator(`#${id}`).click();
  const fill = (name: string, text: string) => page.locator(`input[name=${name}]`).fill(text);
  const opened = () => gateway.simulator.data.units.all().filter(({ is_archived: archived }) => !archived);
  /** Units by name, as Alma has them and the list shows them. */
  const expected = () => {
    const { compare } = new Intl.Collator("en", { numeric: true });
    return opened().sort((a, b) => compare(a.name ?? "", b.name ?? ""));
  };

  beforeAll(async () => {
    site = await startSite();
    gateway = await startKeyedGateway({}, { CORS_ORIGINS: site.origin, MEDIA: "proxy", RATE_LIMIT: "120" });
    const own = { "src/main.ts": main, "index.html": html, "codegen.json": pageCodegen() };
    const config = { "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }) };
    project = await createProject(
      gateway.address,
      { ...pageFiles(gateway.address), ...own, ...config },
      { "x-api-key": gateway.key },
    );
    const made = await project.run("graphql-codegen", "-c", "codegen.json");
    expect(made, made.output).toMatchObject({ code: 0 });
    const built = await project.run("vite", "build", "--logLevel", "error");
    expect(built, built.output).toMatchObject({ code: 0 });
    site.show(join(project.folder, "dist"));
    browser = await startBrowser();
    await browser.context.addInitScript(`sessionStorage.token ??= ${JSON.stringify(gateway.key)}`);
    page = await browser.open(site.origin);
    await rows().first().waitFor();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway.close();
    site.close();
    project?.remove();
  });

  test("has types", async () => {
    expect(await project.run("tsc", "-p", ".")).toEqual({ code: 0, output: "" });
  });

  test("lists units by pages, and those that a search finds", async () => {
    await poll(() => rows().count()).toBe(10);
    expect(await shown("total")).toBe(String(opened().length));
    await click("more");
    await poll(() => rows().count()).toBe(20);
    const texts = await rows().allTextContents();
    expect(texts).toEqual(
      expected()
        .slice(0, 20)
        .map(({ name, goal_rent_cost: goal }) => `${name} ${Number(goal).toFixed(2)}`),
    );
    const [unit] = opened();
    await fill("text", unit?.name ?? "");
    await click("search");
    await poll(() => shown("total")).toBe("1");
    await fill("text", "");
    await click("search");
    await poll(() => shown("total")).toBe(String(opened().length));
  });

  test("shows a unit with its pictures, an optimistic answer at once, and what others change", async () => {
    const [unit] = expected();
    await rows().first().click();
    await poll(() => shown("rent")).toBe(Number(unit?.goal_rent_cost).toFixed(2));
    const photos = (unit?.photos as readonly unknown[] | undefined)?.length ?? 0;
    const seen = "[...document.images].filter((image) => image.naturalWidth > 0).length";
    await poll(() => page.evaluate(seen)).toBe(photos);
    expect(photos).toBeGreaterThan(0);

    const before = await shown("header");
    const inAlma = () => gateway.simulator.data.units.get(unit?.id)?.header;
    await page.route(gateway.url, async (route) => {
      await poll(() => shown("header")).toBe("By the sea");
      expect(inAlma()).toBe(before);
      await route.continue();
    });
    await fill("newHeader", "By the sea");
    await click("save");
    await poll(inAlma).toBe("By the sea");
    await page.unroute(gateway.url);

    gateway.simulator.data.units.change(unit?.id ?? 0, { header: "Elsewhere" });
    const read = "query ($id: Int!) @freshness(maxAge: 0) { unit(ref: { almaId: $id }) { header } }";
    await gateway.query(read, { id: unit?.id }, { "x-api-key": gateway.key });
    await poll(() => shown("header")).toBe("Elsewhere");
  });

  test("shows all faults of a form at their fields, and the list with what was made and archived", async () => {
    const total = opened().length;
    await fill("building", String(opened()[0]?.building));
    await fill("goalRentCost", "12,50");
    await click("create");
    await poll(() => shown("goalRentCost")).toContain('"12,50" is not a decimal number');
    expect(await shown("externalId")).toContain("cannot be a Bitrix id");
    expect(await shown("name")).toContain("not blank");
    expect(await shown("whole")).toBe("");
    await fill("goalRentCost", "12.5");
    await fill("externalId", "app-1");
    await fill("name", "A1");
    await click("create");
    await poll(() => rows().first().textContent()).toBe("A1 12.50");
    expect(await shown("total")).toBe(String(total + 1));

    await rows().first().click();
    await poll(() => shown("rent")).toBe("12.50");
    await click("archive");
    await poll(() => shown("total")).toBe(String(total));
    expect(await rows().first().textContent()).not.toContain("A1");
    expect(gateway.simulator.data.units.by("external_id", "app-1")).toMatchObject([{ is_archived: true }]);
  });

  test("waits where its rate is spent, and goes to the login with a token that is none", async () => {
    const headers = { "content-type": "application/json", "x-api-key": gateway.key, origin: site.origin };
    const asked = { method: "POST", headers, body: JSON.stringify({ query: "{ __typename }" }) };
    let refusal = await fetch(gateway.url, asked);
    while (refusal.status === 200) refusal = await fetch(gateway.url, asked);
    expect(refusal.status).toBe(429);
    // The page gets this answer, whether its rate is still spent when it asks or not.
    const { status } = refusal;
    const answer = { status, headers: Object.fromEntries(refusal.headers), body: await refusal.text() };
    await page.route(gateway.url, (route) => route.fulfill(answer), { times: 1 });
    const refused = page.waitForResponse((response) => response.status() === 429);
    await click("more");
    await refused;
    await poll(() => rows().count()).toBe(20);
    expect(await shown("error")).toBe("");

    await page.evaluate('sessionStorage.token = "none"');
    await click("more");
    await page.waitForURL(`${site.origin}/login`);
  });
});
