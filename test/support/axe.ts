import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The accessibility violations that axe finds on a page or in a part of it. */
export async function faultsOf(page: Page, part?: string): Promise<readonly string[]> {
  await page.evaluate(axe);
  const context = part === undefined ? "document" : JSON.stringify(part);
  return page.evaluate<string[]>(
    `axe.run(${context}).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))`,
  );
}

/** A page's violations in a wide window in light mode, and in a narrow one in dark mode. */
export async function allFaultsOf(page: Page, part?: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [width, colorScheme] of [
    [1440, "light"],
    [390, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    faults.push(...(await faultsOf(page, part)).map((fault) => `${width}, ${colorScheme}: ${fault}`));
  }
  return faults;
}
