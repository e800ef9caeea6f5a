import { Palette } from "../support/palette.ts";
import type { Device } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

const bar = ({ page }: Device) => page.getByRole("toolbar", { name: "Selected tasks" });

async function press(device: Device, button: string): Promise<void> {
  await bar(device).getByRole("button", { name: button, exact: true }).click();
}

async function create(device: Device, titles: string[]): Promise<void> {
  for (const title of titles) await device.createTask(title);
}

test("twenty tasks are edited at once offline, arrive, and one undo takes all back", async ({ team }) => {
  const { ada, bo, onServer } = team;
  const titles = Array.from({ length: 20 }, (_, n) => `Berth ${n + 1}`);
  await create(ada, titles);
  await ada.expectSynced();
  await ada.goOffline();
  await ada.page.getByRole("button", { name: "Select all in To do" }).click();
  await expect(bar(ada)).toContainText("20 selected");

  await press(ada, "Priority");
  await ada.page.getByRole("menuitemradio", { name: "High" }).click();
  await expect(ada.toast("20 tasks changed")).toBeVisible();
  await press(ada, "Assign");
  await ada.page.getByRole("menuitemcheckbox", { name: "Bo" }).click();
  await expect(ada.page.getByRole("menuitemcheckbox", { name: "Bo" })).toHaveAttribute("aria-checked", "true");
  await ada.page.keyboard.press("Escape");
  await press(ada, "Tags");
  await ada.page.getByRole("textbox", { name: "Add tag" }).fill("Spring");
  await ada.page.keyboard.press("Enter");
  await expect(ada.page.getByRole("button", { name: "Remove tag: Spring" })).toBeVisible();
  await ada.page.keyboard.press("Escape");
  await press(ada, "Due date");
  const due = ada.page.getByRole("dialog", { name: "Due date" });
  await due.getByLabel("Due date", { exact: true }).fill("2027-04-01");
  await due.getByRole("button", { name: "Save" }).click();
  await press(ada, "Status");
  await ada.page.getByRole("menuitemradio", { name: "In review" }).click();
  await expect(ada.toast("20 tasks moved to In review")).toBeVisible();

  await ada.goOnline();
  await ada.expectSynced();
  await bo.sync();
  for (const title of ["Berth 1", "Berth 20"]) {
    await bo.expectProperty(title, "Status", "In review");
    await bo.expectProperty(title, "Priority", "High");
    await bo.expectTags(title, ["Spring"]);
  }
  const arrived = (await onServer.tasks()).filter(({ priority }) => priority[0] === "high");
  expect(arrived).toHaveLength(20);
  for (const task of arrived) expect(task).toMatchObject({ status: ["in_review"], due: ["2027-04-01"] });
  expect(new Set(arrived.map(({ assignees }) => JSON.stringify(assignees))).size).toBe(1);

  await ada.toast("20 tasks moved to In review").getByRole("button", { name: "Undo" }).click();
  await expect(ada.toast("Undone")).toBeVisible();
  for (const title of titles) await ada.expectProperty(title, "Status", "To do");
  await ada.expectSynced();
  const statuses = (await onServer.tasks()).map(({ status }) => status);
  expect(statuses).toEqual(titles.map(() => ["todo"]));
});

test("a range is selected by Shift with the mouse and with the keys, and Escape lets go of it", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  await create(device, ["One", "Two", "Three", "Four", "Five"]);
  const box = (title: string) => device.task(title).getByRole("checkbox");
  await device.task("Two").hover();
  await box("Two").click();
  await device.task("Four").getByRole("link").click({ modifiers: ["Shift"] });
  await expect(bar(device)).toContainText("3 selected");
  await device.task("Five").hover();
  await box("Five").click({ modifiers: ["Shift"] });
  await expect(bar(device)).toContainText("4 selected");
  for (const title of ["Two", "Three", "Four", "Five"]) await expect(box(title)).toBeChecked();
  // A press with Shift on a box that is in the range leaves it in.
  await box("Three").click({ modifiers: ["Shift"] });
  await expect(box("Three")).toBeChecked();
  await expect(page).toHaveURL(/\/$/);
  await page.keyboard.press("Escape");
  await expect(bar(device)).toHaveCount(0);

  await device.task("One").getByRole("link").focus();
  await page.keyboard.press("Shift+J");
  await page.keyboard.press("Shift+J");
  await expect(bar(device)).toContainText("3 selected");
  await page.keyboard.press("x");
  await expect(box("Three")).not.toBeChecked();
  await page.keyboard.press("Control+a");
  await expect(bar(device)).toContainText("5 selected");
  await page.keyboard.press("Shift+X");
  await expect(bar(device)).toHaveCount(0);
});

test("selected tasks move and go together, from the bar, by key and in the palette", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  await create(device, ["Hull", "Mast", "Sail"]);
  await device.createProject("Boat yard");
  await page.getByRole("link", { name: "General" }).click();
  await page.keyboard.press("Control+a");
  await press(device, "Move");
  await page.getByRole("menuitemradio", { name: "Boat yard" }).click();
  await expect(device.toast("3 tasks moved to another project")).toBeVisible();
  await device.expectTitles([]);
  await page.getByRole("link", { name: "Boat yard" }).click();
  await device.expectTitles(["Hull", "Mast", "Sail"]);
  await expect(bar(device)).toHaveCount(0);

  await page.keyboard.press("Control+a");
  await page.keyboard.press("p");
  await page.getByRole("menuitemradio", { name: "Urgent" }).click();
  for (const title of ["Hull", "Mast", "Sail"]) await device.expectProperty(title, "Priority", "Urgent");
  const palette = new Palette(page);
  await palette.open();
  await expect(palette.group("On 3 tasks").first()).toBeVisible();
  await palette.choose("delete", "Delete");
  await expect(device.toast("3 tasks deleted")).toBeVisible();
  await device.expectTitles([]);
  await page.keyboard.press("z");
  await device.expectTitles(["Hull", "Mast", "Sail"]);
  await device.expectSynced();
});
