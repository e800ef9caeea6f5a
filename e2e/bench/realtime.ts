// How long it takes from a key that is pressed in one browser until the other browser's document shows the change: saved,
// pushed, poked, pulled, saved and shown. Both browsers, the server and its PostgreSQL are on this machine.

import type { Page } from "@playwright/test";
import { ApiDevice } from "../support/api.ts";
import { person, type Device } from "../support/device.ts";
import { expect, test } from "../support/test.ts";
import { load } from "./load.ts";
import { percentile } from "./stopwatch.ts";

const STORED = Number(process.env.STORED ?? 10_000);
const CHANGES = Number(process.env.CHANGES ?? 100);

declare global {
  interface Window {
    moment: Promise<number> | undefined;
  }
}

test("seen in the other browser", async ({ newDevice, server }) => {
  const [ada, bo] = [person("Ada"), person("Bo")];
  const loader = await ApiDevice.register(server.origin, { ...ada, organization: "Bench" });
  await load(loader, STORED);
  await ApiDevice.join(server.origin, { ...bo, invitation: await loader.invite() });
  const [here, there] = [await newDevice(), await newDevice()];
  await here.signIn(ada);
  await there.signIn(bo);
  await here.createProject("Seen");
  await here.createTask("Change 0");
  await there.page.getByRole("link", { name: "Seen", exact: true }).click();
  await expect(there.task("Change 0")).toBeVisible();

  const times: number[] = [];
  for (let i = 1; i <= CHANGES; i++) times.push(await change(here, there, i));
  const figures = [50, 95, 100].map((p) => `p${p} ${percentile(times, p).toFixed(0)} ms`).join(", ");
  process.stdout.write(`\nSeen in the other browser, ${STORED} tasks stored, ${CHANGES} changes: ${figures}\n`);
});

async function change(here: Device, there: Device, i: number): Promise<number> {
  const title = `Change ${i}`;
  await here.task(`Change ${i - 1}`).getByRole("link").focus();
  await here.page.keyboard.press("e");
  const field = here.page.getByRole("list", { name: "Tasks" }).getByRole("textbox", { name: "Title" });
  await field.fill(title);
  await untilPressed(here.page);
  await untilShown(there.page, title);
  await field.press("Enter");
  const [pressed, shown] = await Promise.all([here, there].map(({ page }) => page.evaluate(() => window.moment!)));
  await here.expectSent();
  return shown! - pressed!;
}

/** The browsers share the machine's clock. */
function untilPressed(page: Page): Promise<void> {
  return page.evaluate(() => {
    window.moment = new Promise((resolve) => {
      window.addEventListener("keydown", () => resolve(Date.now()), { capture: true, once: true });
    });
  });
}

function untilShown(page: Page, title: string): Promise<void> {
  return page.evaluate((title) => {
    window.moment = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${title} was not seen within 60 s`)), 60_000);
      const observer = new MutationObserver(() => {
        const now = Date.now();
        const titles = Array.from(document.querySelectorAll(".task-row .title a"));
        if (!titles.some(({ textContent }) => textContent === title)) return;
        observer.disconnect();
        resolve(now);
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  }, title);
}
