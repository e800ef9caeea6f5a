import { devices } from "@playwright/test";
import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

const { viewport, hasTouch, isMobile, deviceScaleFactor } = devices["Pixel 7"];

test("on a phone: register, create, change, find it again offline", async ({ newDevice }) => {
  const device = await newDevice({ viewport, hasTouch, isMobile, deviceScaleFactor });
  const { page } = device;
  await device.register(person("Ada"), "Harbour");
  await expect(page.getByRole("navigation", { name: "Quick" })).toBeVisible();
  await device.createTask("From the pier");
  await device.setStatus("From the pier", "In progress");
  await device.goOffline();
  const panel = await device.open("From the pier");
  await expect(panel.getByRole("textbox", { name: "Title" })).toHaveValue("From the pier");
  await panel.getByRole("button", { name: /^Priority: / }).click();
  await page.getByRole("menuitemradio", { name: "Urgent" }).click();
  await device.coldStart("/");
  await expect(device.task("From the pier")).toBeVisible();
  await expect(device.task("From the pier").getByRole("img", { name: "Priority: Urgent" })).toBeVisible();
  await device.goOnline();
  await device.expectSynced();
});

test("on a phone every control of an open task is large enough to be hit", async ({ newDevice }) => {
  const device = await newDevice({ viewport, hasTouch, isMobile, deviceScaleFactor });
  await device.register(person("Ada"), "Harbour");
  await device.createTask("From the pier");
  await device.open("From the pier");
  await device.panel.addSubtask("First this");
  await device.panel.addSubtask("Then that");
  await device.panel.say("Said on the pier");
  await device.panel.comment("Said on the pier").getByRole("button", { name: "Reply" }).click();
  // Checkboxes are small to look at; what takes the finger around them is larger.
  const small = await device.panel.root.evaluate((root) =>
    [...root.querySelectorAll<HTMLElement>("button, a, textarea, select, input:not(.check)")]
      .map((control) => ({ control, area: control.getBoundingClientRect() }))
      .filter(({ area }) => area.width > 0 && (area.width < 44 || area.height < 44))
      .map(({ control, area }) => `${control.outerHTML.slice(0, 120)}: ${area.width} x ${area.height}`),
  );
  expect(small).toEqual([]);
});

for (const width of [320, 390, 640, 800, 1100, 1440]) {
  test(`nothing scrolls sideways at ${width} px`, async ({ newDevice }) => {
    const device = await newDevice({ viewport: { width, height: 800 } });
    const { page } = device;
    const fits = () =>
      expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth))
        .toBe(0);
    await device.visit("/register");
    await fits();
    await device.register(person("Ada"), "Harbour of the very long name that nobody shortens");
    await fits();
    await device.createTask("A title of many words that goes on and on until it has no room left on any line of this list");
    await fits();
    await device.open("A title of many words that goes on and on until it has no room left on any line of this list");
    await fits();
  });
}
