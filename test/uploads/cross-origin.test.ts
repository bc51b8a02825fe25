import { expect, onTestFinished, test } from "vitest";
import { startSite } from "../client/site.ts";
import { chromiumPath, startBrowser } from "../support/browser.ts";
import { startGateway } from "../support/gateway.ts";

test.runIf(chromiumPath)(
  "a form on a page of another origin uploads nothing",
  { timeout: 60_000 },
  async () => {
    const [site, open, browser] = await Promise.all([startSite(), startGateway(), startBrowser()]);
    onTestFinished(async () => {
      site.close();
      await Promise.all([open.close(), browser.close()]);
    });
    open.asked();
    const page = await browser.open(site.origin);
    // A form, as a click on the page would send it.
    const answered = page.waitForNavigation();
    await page.evaluate(`{
    const form = document.createElement("form");
    Object.assign(form, { action: ${JSON.stringify(`${open.address}/files`)}, method: "POST", enctype: "multipart/form-data" });
    form.innerHTML = '<input type="file" name="file">';
    document.body.append(form);
    form.submit();
  }`);
    expect((await answered)?.status()).toBe(403);
    expect(open.asked()).toEqual([]);
  },
);
