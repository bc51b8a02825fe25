import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach, describe, expect, test, vi } from "vitest";
import { liveThrough, startWorld } from "../history/moments.ts";
import { chromiumPath, startBrowser } from "../support/browser.ts";

const DAY = 24 * 3_600_000;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

afterEach(() => void vi.useRealTimers());

describe.runIf(chromiumPath)("in Chromium", { timeout: 120_000 }, () => {
  test("a comparison fits a phone, passes axe, and sorts by current values, empty last", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-03-31T08:00:00Z") });
    const world = await startWorld({ REPORTS: "", CURRENCY: "AED" });
    const gateway = await world.start();
    const pass = () => void vi.setSystemTime(Date.now() + DAY);
    const rest = () => void vi.setSystemTime(Date.now() + 60_000);
    await gateway.read();
    rest();
    await liveThrough(world, gateway, { seed: 3, steps: 5, pass, rest });
    const browser = await startBrowser();
    try {
      const page = await browser.open(
        `${gateway.address}/reports/rent-roll?_compare=2026-03-31&_unchanged=1&_partial=1`,
      );
      expect(await page.textContent("table.changes")).toContain("31 Mar 2026");
      expect(await page.locator("#result del").count()).toBeGreaterThan(2);
      browser.complaints.length = 0;
      await page.evaluate(axe);
      for (const [width, colorScheme] of [
        [1440, "light"],
        [390, "light"],
        [1440, "dark"],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const faults = await page.evaluate<string[]>(
          "axe.run(document).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + html)))",
        );
        expect(faults, `${width}, ${colorScheme}`).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(
          0,
        );
      }
      await page.getByRole("button", { name: "Rent, AED", exact: true }).click();
      await expect.poll(() => page.locator("[aria-sort=ascending]").count()).toBe(1);
      const rents = await page.evaluate<string[]>(`(() => {
        const at = document.querySelector("[aria-sort]").cellIndex;
        return [...document.querySelectorAll("#result tbody tr")].map(({ cells }) =>
          (cells[at].querySelector("ins") ?? cells[at]).textContent);
      })()`);
      const numbers = rents.filter((text) => text !== "").map((text) => Number(text.replaceAll(",", "")));
      expect(numbers.length).toBeGreaterThan(2);
      expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
      expect(rents.slice(numbers.length).every((text) => text === "")).toBe(true);
    } finally {
      await browser.close();
    }
  });
});
