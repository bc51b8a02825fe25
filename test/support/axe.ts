import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The accessibility violations that axe finds on a page or in a part of it, by all of its rules or the named ones. */
export async function faultsOf(
  page: Page,
  rules?: readonly string[],
  part?: string,
): Promise<readonly string[]> {
  await page.evaluate(axe);
  const context = part === undefined ? "document" : JSON.stringify(part);
  return page.evaluate<string[]>(
    `axe.run(${context}, ${JSON.stringify(rules ? { runOnly: rules } : {})}).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))`,
  );
}

/** A page's violations in a wide and a narrow window, in light and dark mode. */
export async function allFaultsOf(page: Page, part?: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
    faults.push(...(await faultsOf(page, undefined, part)).map((fault) => `${width}: ${fault}`));
    // Only colors differ in dark mode.
    await page.emulateMedia({ colorScheme: "dark" });
    faults.push(
      ...(await faultsOf(page, ["color-contrast"], part)).map((fault) => `${width}, dark: ${fault}`),
    );
  }
  return faults;
}
