import { devices } from "@playwright/test";
import { Palette } from "../support/palette.ts";
import { expect, test } from "../support/test.ts";

test("the palette opens tasks, acts on the one at hand and leads anywhere, offline as well", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const { page } = device;
  const palette = new Palette(page);
  for (const title of ["Berth map keeps the last tide", "Check the tide data licence", "Paint the boat"]) {
    await device.createTask(title);
  }
  await device.createProject("Boat yard");
  await device.expectSynced();
  await device.goOffline();

  await palette.open();
  await palette.line.fill("tide");
  await expect(palette.group("Tasks")).toHaveCount(2);
  await expect(palette.group("Tasks").locator("mark")).toHaveText(["tide", "tide"]);
  await palette.choose("tide lic", "Check the tide data licence");
  await expect(device.panel.text("Title")).toHaveValue("Check the tide data licence");

  // The open task is at hand: an action with values goes on to them, and Backspace comes back.
  await palette.open();
  await palette.choose("status", "Change status…");
  await expect(palette.offers).toHaveText(["Backlog", "To do", "In progress", "Blocked", "In review", "Done", "Cancelled"]);
  await palette.line.press("Backspace");
  await expect(palette.group("Projects").filter({ hasText: "Boat yard" })).toHaveCount(1);
  await palette.choose("status", "Change status…");
  await palette.choose("rev", "In review");
  await expect(palette.root).toHaveCount(0);
  await device.panel.expectProperty("Status", "In review");
  await palette.open();
  await palette.choose("due date", "Change due date…");
  await palette.choose("2027-03-04", "2027-03-04");
  await expect(device.panel.property("Due date")).toHaveAccessibleName(/2027$/);
  await palette.open();
  await palette.choose("tags", "Change tags…");
  await palette.choose("Maps");
  await expect(device.panel.root.locator(".tag-row .tag")).toHaveText(["Maps"]);
  await palette.run("ada", "Ada");
  await device.panel.expectProperty("Assignees", "Ada");

  await palette.run("undo");
  await device.panel.expectProperty("Assignees", "none");
  await palette.run("boat y", "Boat yard");
  await expect(page.getByRole("heading", { level: 1, name: "Boat yard" })).toBeVisible();

  await device.goOnline();
  await device.expectSynced();
  const task = await onServer.task("Check the tide data licence");
  expect(task).toMatchObject({ status: ["in_review"], due: ["2027-03-04"] });
});

test("the palette makes a task of a line, and offers what was used lately", async ({ newMember }) => {
  const { device } = await newMember();
  const palette = new Palette(device.page);
  await device.createTask("The first one");
  await palette.run("Mend the net tomorrow #ops !high", "New task");
  await expect(device.toast("“Mend the net” created")).toBeVisible();
  await device.expectTags("Mend the net", ["ops"]);
  await device.expectProperty("Mend the net", "Priority", "High");
  await device.open("The first one");
  await palette.open();
  await expect(palette.group("Recent").first()).toContainText("The first one");
  await device.page.keyboard.press("Escape");
  await device.toast("“Mend the net” created").getByRole("button", { name: "Undo" }).click();
  await expect(device.task("Mend the net")).toHaveCount(0);
});

test("the palette opens over a dialog and while somebody types, and nothing of that is lost", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  const palette = new Palette(page);
  await device.createTask("Found from within a dialog");
  await page.keyboard.press("c");
  await page.getByRole("dialog", { name: "New task" }).getByRole("textbox", { name: "Title" }).fill("Half a title");
  await palette.open();
  await page.keyboard.press("Control+k");
  await expect(palette.root).toHaveCount(0);
  await expect(page.getByRole("dialog", { name: "New task" }).getByRole("textbox", { name: "Title" })).toBeFocused();
  await palette.run("within", "Found from within a dialog");
  await expect(device.panel.text("Title")).toHaveValue("Found from within a dialog");
  await page.keyboard.press("Escape");
  await page.keyboard.press("c");
  await expect(page.getByRole("dialog", { name: "New task" }).getByRole("textbox", { name: "Title" })).toHaveValue("Half a title");
});

test("the palette gives the focus back, and is worked with the mouse, too", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  const palette = new Palette(page);
  await device.createTask("At hand");
  const link = device.task("At hand").getByRole("link");
  await link.focus();
  await page.keyboard.press("/");
  await expect(palette.line).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(palette.root).toHaveCount(0);
  await expect(link).toBeFocused();

  await page.getByRole("navigation", { name: "Main" }).getByRole("button", { name: "Search" }).click();
  await palette.line.fill("edit title");
  await palette.root.getByRole("option", { name: "Edit title", exact: true }).click();
  await expect(page.getByRole("list", { name: "Tasks" }).getByRole("textbox", { name: "Title" })).toBeFocused();
});

const { viewport, hasTouch, isMobile, deviceScaleFactor } = devices["Pixel 7"];

test("on a phone the palette is the whole screen", async ({ newMember }) => {
  const { device } = await newMember({ viewport, hasTouch, isMobile, deviceScaleFactor });
  const { page } = device;
  const palette = new Palette(page);
  await device.createTask("From the pier");
  await page.getByRole("main").getByRole("button", { name: "Search" }).tap();
  await expect(palette.line).toBeFocused();
  const box = (await palette.root.boundingBox())!;
  expect(box).toEqual({ x: 0, y: 0, width: viewport.width, height: viewport.height });
  await palette.line.fill("pier");
  for (const offer of await palette.offers.all()) expect((await offer.boundingBox())!.height).toBeGreaterThanOrEqual(44);
  await palette.offers.first().tap();
  await expect(device.panel.text("Title")).toHaveValue("From the pier");
});
