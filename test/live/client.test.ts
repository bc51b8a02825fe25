import type { Page } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startIssuer } from "../../src/demo/issuer.ts";
import { startSite } from "../client/site.ts";
import { household } from "../simulator/alma.ts";
import { type Browser, chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { startTroubledProxy, type TroubledProxy } from "../support/troubled-proxy.ts";

// Tests the client in browser tabs, with a network that a test disrupts and a clock that it advances.

const poll: typeof expect.poll = (get) => expect.poll(get, { timeout: 30_000 });
const unit = "query Unit @live { unit(ref: { almaId: 1 }) { id address } }";

/** The state of a test page. */
const script = (code: string) => `${code}
  window.open = (address, tokens, person, life) => {
    let name = person;
    window.renewed = [];
    const getToken = async (old) => {
      renewed.push(old);
      if (window.tokensHang) await new Promise(() => {});
      if (!name) return undefined;
      if (name.includes(".")) return { value: name };
      const body = new URLSearchParams({ username: name });
      const { access_token: value, expires_in } = await (await fetch(tokens, { method: "POST", body })).json();
      return { value, expires: life === "unknown" ? undefined : Date.now() + expires_in * 1000 };
    };
    window.client = alma.createClient(address, getToken);
    window.states = [];
    client.onState(() => states.push(client.state));
    window.become = (other) => { name = other; };
    window.signOut = () => { name = undefined; client.signedIn(); };
    window.signIn = (other) => { name = other; client.signedIn(); };
  };
  window.results = [];
  window.follow = (query, kind = "query") => client.streamed({ kind, query }, (result) => results.push(result));`;

describe.runIf(chromiumPath)("the client in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof startSite>>;
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  let gateway: TestGateway;
  let network: TroubledProxy;
  let code: string;

  beforeAll(async () => {
    const bundle = await rolldown({ input: "client/index.ts" });
    const { output } = await bundle.generate({ format: "iife", name: "alma" });
    code = script(output[0].code);
    [site, issuer] = [await startSite(), await startIssuer(60)];
    const env = { ...issuer.env, CORS_ORIGINS: site.origin, CATALOG: "on", RATE_LIMIT: "100000" };
    gateway = await startGateway({ size: 0, data: household }, env);
    await gateway.warm();
  });
  beforeEach(async () => {
    browser = await startBrowser();
    network = await startTroubledProxy(gateway.address);
    return async () => {
      await browser.close();
      network.close();
    };
  });
  afterAll(async () => {
    await gateway.close();
    issuer.close();
    site.close();
  });

  /** A person's tab, on a clock that the test advances. */
  async function openTab(person = "ann", life = "known"): Promise<Page> {
    const page = await browser.open(site.origin);
    await page.clock.install();
    await page.addScriptTag({ content: code });
    await page.evaluate(
      `open(${JSON.stringify(network.address)}, "${issuer.tokenUrl}", "${person}", "${life}")`,
    );
    return page;
  }
  /** Opens tabs one after the other: all tabs of a browser share the clock that one installs. */
  async function openTabs(count: number): Promise<Page[]> {
    const pages: Page[] = [];
    for (let index = 0; index < count; index++) pages.push(await openTab());
    return pages;
  }
  const follow = (page: Page, query = unit, kind = "query") =>
    page.evaluate(`void follow(${JSON.stringify(query)}, "${kind}")`);
  const kind = (page: Page) => page.evaluate<string | undefined>("client.state?.kind");
  const shown = (page: Page) => page.evaluate<string | undefined>("results.at(-1)?.data?.unit?.address");
  /** Advances a page's clock in steps, so that its requests are answered between them. */
  const pass = async (page: Page, seconds: number, step = 5) => {
    for (let passed = 0; passed < seconds; passed += step) {
      await page.clock.runFor(step * 1_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  let changes = 0;
  /** Changes the displayed record, and lets the gateway read it. */
  async function change(): Promise<string> {
    const address = `Street ${++changes}`;
    gateway.simulator.data.units.change(1, { address });
    const { access_token: token } = await (
      await fetch(issuer.tokenUrl, { method: "POST", body: new URLSearchParams({ username: "ann" }) })
    ).json();
    await gateway.query(
      "query @freshness(maxAge: 0) { unit(ref: { almaId: 1 }) { address } }",
      {},
      { authorization: `Bearer ${token}` },
    );
    return address;
  }
  const isVisible = (page: Page, is: boolean) =>
    page.evaluate(`
      Object.defineProperty(document, "visibilityState", { value: "${is ? "visible" : "hidden"}", configurable: true });
      void document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    `);

  test("shows the first answer by POST, then each change, and is live", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    expect(network.paths).toContain("POST /graphql");
    await poll(() => shown(page)).toBe(gateway.simulator.data.units.get(1)?.address);
    const next = await change();
    await poll(() => shown(page)).toBe(next);
  });

  test("renews a token before it expires, and once after a refusal", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    await pass(page, 120);
    expect(await page.evaluate("renewed.length")).toBeGreaterThanOrEqual(3);
    await poll(() => kind(page)).toBe("live");
    expect(await page.evaluate(`states.map(({ kind }) => kind)`)).not.toContain("signed out");
    const next = await change();
    await poll(() => shown(page)).toBe(next);

    const body = JSON.stringify({ query: "{ viewer { name } }" });
    const headers = { "content-type": "application/json" };
    const asked = `{ method: "POST", headers: ${JSON.stringify(headers)}, body: ${JSON.stringify(body)} }`;
    const address = `${network.address}/graphql`;
    let refusals = 1;
    await page.route(address, (route) =>
      refusals-- > 0
        ? route.fulfill({ status: 401, headers: { "access-control-allow-origin": site.origin } })
        : route.fallback(),
    );
    const before = await page.evaluate<number>("renewed.length");
    expect(
      await page.evaluate(`client.ask("${address}", ${asked}).then((response) => response.json())`),
    ).toMatchObject({
      data: { viewer: { name: "ann" } },
    });
    expect(await page.evaluate("renewed.length")).toBe(before + 1);
  });

  test("opens a refused stream with a new token", async () => {
    const page = await openTab();
    let refusals = 1;
    await page.route(`${network.address}/graphql/stream`, (route) =>
      refusals-- > 0
        ? route.fulfill({ status: 401, headers: { "access-control-allow-origin": site.origin } })
        : route.fallback(),
    );
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    expect(refusals).toBeLessThan(1);
    expect(await page.evaluate("renewed.length")).toBe(2);
    expect(await page.evaluate(`states.map(({ kind }) => kind)`)).not.toContain("signed out");
  });

  test("stays live when a stream ends with the token that it was opened with", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    const error = { message: "The token has ended.", extensions: { code: "UNAUTHENTICATED" } };
    const ended = `event: next\ndata: ${JSON.stringify({ errors: [error] })}\n\nevent: complete\ndata:\n\n`;
    let ends = 1;
    await page.route(`${network.address}/graphql/stream`, (route) =>
      ends-- > 0
        ? route.fulfill({ headers: { "access-control-allow-origin": site.origin }, body: ended })
        : route.fallback(),
    );
    await page.evaluate("states.length = 0");
    network.set("closed");
    network.set("pass");
    await pass(page, 10, 1);
    await poll(() => ends).toBeLessThan(0);
    await poll(() => kind(page)).toBe("live");
    expect(await page.evaluate(`states.map(({ kind }) => kind)`)).not.toContain("waiting");
  });

  test("keeps its data and says since when, while the network is silent or closed and the gateway is at capacity", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    for (const trouble of ["silent", "closed", "full", "failing"] as const) {
      const before = await shown(page);
      network.set(trouble);
      const since = await page.evaluate<number>("Date.now()");
      await pass(page, 60);
      await poll(() => kind(page)).toBe("waiting");
      expect(await page.evaluate("client.state.since")).toBeLessThan(since + 45_000);
      expect(await shown(page)).toBe(before);
      const next = await change();
      network.set("pass");
      await pass(page, 60);
      await poll(() => shown(page)).toBe(next);
      await poll(() => kind(page)).toMatch(/live|polling/);
    }
  });

  test("polls behind a proxy that buffers streams, and says how often", async () => {
    network.set("held");
    const page = await openTab();
    await follow(page);
    await poll(() => shown(page)).toBe(gateway.simulator.data.units.get(1)?.address);
    await pass(page, 20);
    expect(await page.evaluate("client.state")).toEqual({ kind: "polling", seconds: 10 });
    const next = await change();
    await pass(page, 15);
    await poll(() => shown(page)).toBe(next);
  });

  test("closes its stream in a hidden tab, and catches up when it is shown", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    await isVisible(page, false);
    await poll(() => network.streams()).toBe(0);
    const next = await change();
    const asked = network.paths.length;
    await pass(page, 60);
    expect(network.paths.length).toBe(asked);
    await isVisible(page, true);
    await poll(() => shown(page)).toBe(next);
    await poll(() => kind(page)).toBe("live");
  });

  test("catches up when the computer wakes up", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    // Only a stream that received something a while after it opened proves that no proxy buffers events.
    await pass(page, 15);
    const before = await change();
    await poll(() => shown(page)).toBe(before);
    network.set("silent");
    // Nothing runs meanwhile: the clock jumps.
    await page.clock.fastForward(3_600_000);
    network.set("pass");
    const next = await change();
    await pass(page, 10);
    await poll(() => shown(page)).toBe(next);
    await poll(() => kind(page)).toBe("live");
  });

  test("shares one stream among eight tabs of one caller, and survives the close of the leading tab", async () => {
    const pages = await openTabs(8);
    for (const page of pages) await follow(page);
    for (const page of pages) await poll(() => kind(page)).toBe("live");
    expect(network.streams()).toBe(1);
    const first = await change();
    for (const page of pages) await poll(() => shown(page)).toBe(first);
    await pages.shift()?.close();
    await pages.shift()?.close();
    for (const page of pages) await pass(page, 15);
    await poll(() => network.streams()).toBe(1);
    const next = await change();
    for (const page of pages) await poll(() => shown(page)).toBe(next);
  });

  test("polls in a tab whose leading tab is silent, such as one with a dialog open", async () => {
    const [first, silent, second] = (await openTabs(3)) as [Page, Page, Page];
    await follow(first);
    await poll(() => kind(first)).toBe("live");
    // A tab that takes the lock of the leading one, and does nothing.
    await silent.evaluate(`navigator.locks.query().then(({ held }) => {
      const { name } = held.find(({ name }) => name.includes("{"));
      void navigator.locks.request(name, () => new Promise(() => {}));
    })`);
    await follow(second);
    await poll(() => kind(second)).toBe("live");
    await first.close();
    const next = await change();
    await pass(second, 60);
    await poll(() => shown(second)).toBe(next);
    expect(await second.evaluate("client.state")).toEqual({ kind: "polling", seconds: 10 });
    await silent.close();
    await pass(second, 5);
    await poll(() => kind(second)).toBe("live");
  });

  test("works in a browser without Web Locks", async () => {
    const page = await openTab();
    await page.evaluate(`Object.defineProperty(navigator, "locks", { value: undefined })`);
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    await poll(() => shown(page)).toBe(gateway.simulator.data.units.get(1)?.address);
  });

  test("gives up a token that doesn't come, and says since when it waits", async () => {
    const page = await openTab();
    const begun = await page.evaluate<number>("Date.now()");
    await page.evaluate("tokensHang = true");
    await follow(page);
    await pass(page, 5);
    await poll(() => kind(page)).toBe("waiting");
    expect(await page.evaluate("client.state.since")).toBeGreaterThanOrEqual(begun);
    await page.evaluate("tokensHang = false");
    await pass(page, 30);
    await poll(() => kind(page)).toBe("live");
  });

  test("notices silence after the clock was set back", async () => {
    const page = await openTab();
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    await page.clock.setSystemTime((await page.evaluate<number>("Date.now()")) - 3_600_000);
    await pass(page, 5);
    await poll(() => kind(page)).toBe("live");
    network.set("silent");
    await pass(page, 90);
    await poll(() => kind(page)).toBe("waiting");
    const next = await change();
    network.set("pass");
    await pass(page, 45);
    await poll(() => shown(page)).toBe(next);
  });

  test("calls back with the refusal of a subscription, and not with an error that passes", async () => {
    const page = await openTab();
    await follow(page, "subscription { changes(kinds: [NOTHING]) { field } }", "subscription");
    await poll(() => page.evaluate("results.at(-1)?.errors[0].message")).toContain("NOTHING");
    await poll(() => kind(page)).toBe("waiting");
    const other = await openTab();
    network.set("failing");
    await follow(other);
    await pass(other, 15);
    await poll(() => other.evaluate("client.state.why")).toBe("The gateway does not answer.");
    expect(await other.evaluate("results")).toEqual([]);
  });

  test("shares one stream between two followers of a query in one tab", async () => {
    const page = await openTab();
    await follow(page);
    await follow(page);
    await poll(() => kind(page)).toBe("live");
    const next = await change();
    await poll(() => page.evaluate("results.slice(-2).map(({ data }) => data.unit.address)")).toEqual([
      next,
      next,
    ]);
    expect(network.streams()).toBe(1);
  });

  test("uses at most four streams per browser; other tabs poll", async () => {
    const pages = await openTabs(6);
    for (const [at, page] of pages.entries()) await follow(page, unit.replace("Unit", `Unit${at}`));
    await poll(() => network.streams()).toBe(4);
    for (const page of pages)
      await poll(() => shown(page)).toBe(gateway.simulator.data.units.get(1)?.address);
    for (const page of pages) await pass(page, 5);
    await poll(async () => (await Promise.all(pages.map(kind))).sort()).toEqual([
      "live",
      "live",
      "live",
      "live",
      "polling",
      "polling",
    ]);
  });

  test("shares nothing between two users, nor with a user who has signed out", async () => {
    const query =
      "query Who @live { viewer { name } client(ref: { almaId: 252 }) { id } units(first: 1) { totalCount } }";
    const [ann, ben] = [await openTab("ann"), await openTab("ben")];
    for (const page of [ann, ben]) await follow(page, query);
    for (const page of [ann, ben]) await poll(() => kind(page)).toBe("live");
    await poll(() => network.streams()).toBe(2);
    const names = (page: Page) =>
      page.evaluate<string[]>("[...new Set(results.map(({ data }) => data?.viewer?.name))]");
    expect([await names(ann), await names(ben)]).toEqual([["ann"], ["ben"]]);

    await ben.evaluate("signOut()");
    await pass(ben, 15);
    await poll(() => kind(ben)).toBe("signed out");
    await poll(() => network.streams()).toBe(1);
    const heard = await ben.evaluate("results.length");
    await ben.evaluate(`signIn("ann")`);
    await poll(() => names(ben)).toEqual(["ben", "ann"]);
    expect(heard).toBeGreaterThan(0);
    await poll(() => network.streams()).toBe(1);
  });

  const who = "query Who @live { viewer { name } }";
  const whose = (page: Page) =>
    page.evaluate<string[]>("[...new Set(results.map(({ data }) => data?.viewer?.name))]");

  test("shows a tab nothing of the previous person while the next one's token is fetched", async () => {
    const [first, second] = (await openTabs(2)) as [Page, Page];
    for (const page of [first, second]) await follow(page, who);
    for (const page of [first, second]) await poll(() => whose(page)).toEqual(["ann"]);
    await second.evaluate("signOut()");
    await poll(() => kind(second)).toBe("signed out");
    await second.evaluate(`results.length = 0; tokensHang = true; signIn("ben")`);
    await pass(second, 10);
    expect(await whose(second)).toEqual([]);
    await second.evaluate("tokensHang = false");
    await pass(second, 30);
    await poll(() => whose(second)).toEqual(["ben"]);
  });

  test("doesn't repeat a request for somebody who signs in before it is refused", async () => {
    const page = await openTab();
    const address = `${network.address}/graphql`;
    const refusals: (() => Promise<void>)[] = [];
    await page.route(address, (route) => {
      const headers = { "access-control-allow-origin": site.origin };
      refusals.push(() => route.fulfill({ status: 401, headers }));
    });
    await page.evaluate(
      `window.asked = client.ask("${address}", { method: "POST", body: "{}" }).catch(({ message }) => message)`.concat(
        "; undefined",
      ),
    );
    await poll(() => refusals.length).toBe(1);
    await page.evaluate(`signIn("ben")`);
    await refusals[0]?.();
    expect(await page.evaluate("asked")).toBe("Somebody has signed in or out meanwhile.");
    expect(refusals.length).toBe(1);
  });

  test("shares nothing of a person whose token replaces another's, however fast the gateway answers", async () => {
    const [first, second] = (await openTabs(2)) as [Page, Page];
    await follow(first, who);
    await poll(() => kind(first)).toBe("live");
    await follow(second, who);
    await poll(() => kind(second)).toBe("live");
    await first.evaluate(`
      const { fetch } = window;
      window.fetch = (request, ...others) => {
        const [, claims] = request.headers?.get("authorization")?.split(".") ?? [];
        if (!claims) return fetch(request, ...others);
        if (request.url.endsWith("stream")) return Promise.reject(new TypeError());
        return Promise.resolve({ status: 200, headers: new Headers(), json: async () => ({ data: { viewer: { name: JSON.parse(atob(claims)).sub } } }) });
      };
      const digest = crypto.subtle.digest.bind(crypto.subtle);
      crypto.subtle.digest = (...what) => new Promise((done) => requestIdleCallback(done)).then(() => digest(...what));
      become("ben");
    `);
    await first.clock.fastForward(120_000);
    await poll(() => whose(first)).toEqual(["ann", "ben"]);
    await pass(second, 15);
    expect(await whose(second)).toEqual(["ann"]);
  });

  test("takes only tokens with claims about a person for JSON Web Tokens", async () => {
    network.set("silent");
    const pages = [await openTab("one.e30.x"), await openTab("two.e30.y"), await openTab("three.MTIz.z")];
    for (const page of pages) await follow(page);
    const names =
      "navigator.locks.query().then(({ held }) => held.map(({ name }) => name).filter((name) => name.includes('{')))";
    await poll(() => pages[0]?.evaluate<string[]>(names).then(({ length }) => length)).toBe(3);
  });

  test("continues a subscription after its cursor, even if nothing was received before the break", async () => {
    const page = await openTab();
    await follow(
      page,
      `subscription Follow($after: String = "now") { changes(after: $after, kinds: [UNIT]) { field after } }`,
      "subscription",
    );
    await poll(() => kind(page)).toBe("live");
    network.set("closed");
    await pass(page, 3, 1);
    const next = await change();
    network.set("pass");
    await pass(page, 30);
    await poll(() => page.evaluate("results.map(({ data }) => data.changes.after)")).toContain(next);
  });
});
