import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

test("from the sign-in to a finished task without a mouse", async ({ newDevice }) => {
  const ada = person("Ada");
  const device = await newDevice();
  const { page } = device;
  const { keyboard } = page;
  await device.visit("/register");
  await page.getByRole("textbox", { name: "Organization" }).focus();
  for (const text of ["Harbour", ada.name, ada.email, ada.password]) {
    await keyboard.type(text);
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await device.expectSynced();

  await keyboard.press("c");
  await keyboard.type("By keyboard");
  await keyboard.press("Enter");
  await expect(device.task("By keyboard")).toBeVisible();
  await keyboard.press("c");
  await keyboard.type("Another");
  await keyboard.press("Enter");
  await expect(device.task("Another")).toBeVisible();

  await keyboard.press("j");
  await expect(page.locator(".task-row[data-cursor]")).toHaveCount(1);
  await keyboard.press("j");
  await keyboard.press("k");
  await expect(page.locator(".task-row[data-cursor]")).toContainText("By keyboard");

  await keyboard.press("e");
  await keyboard.press("End");
  await keyboard.type(" alone");
  await keyboard.press("Enter");
  await expect(device.task("By keyboard alone")).toBeVisible();

  await keyboard.press("p");
  await expect(page.getByRole("menuitemradio", { name: "No priority" })).toBeFocused();
  for (let i = 0; i < 3; i++) await keyboard.press("ArrowUp");
  await expect(page.getByRole("menuitemradio", { name: "High" })).toBeFocused();
  await keyboard.press("Enter");
  await device.expectProperty("By keyboard alone", "Priority", "High");

  await keyboard.press("s");
  await expect(page.getByRole("menuitemradio", { name: "To do" })).toBeFocused();
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await device.expectProperty("By keyboard alone", "Status", "In progress");

  await keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: /^Task / })).toBeVisible();
  await keyboard.press("Escape");
  await expect(page.getByRole("complementary", { name: /^Task / })).toHaveCount(0);

  await keyboard.press("z");
  await device.expectProperty("By keyboard alone", "Status", "To do");
  await device.expectSynced();
});

test("Escape closes the topmost layer and gives the focus back", async ({ newDevice }) => {
  const device = await newDevice();
  await device.register(person("Ada"), "Harbour");
  const button = device.page.getByRole("button", { name: "New task", exact: true });
  await button.focus();
  await device.page.keyboard.press("Enter");
  const dialog = device.page.getByRole("dialog", { name: "New task" });
  await expect(dialog.getByRole("textbox", { name: "Title" })).toBeFocused();
  await device.page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(button).toBeFocused();
});

test("an open task is worked on without a mouse", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const { page, panel } = device;
  const { keyboard } = page;
  await device.createTask("By keyboard");
  await device.open("By keyboard");
  await panel.text("Title").focus();
  const next = async (...names: string[]) => {
    for (const name of names) {
      await keyboard.press("Tab");
      await expect(page.locator(":focus")).toHaveAccessibleName(name);
    }
  };
  await next("Status: To do", "Priority: No priority", "Assignees: none");
  await keyboard.press("Enter");
  await expect(page.getByRole("menuitemcheckbox", { name: "Ada" })).toBeFocused();
  await keyboard.press("Space");
  await keyboard.press("Escape");
  await expect(page.locator(":focus")).toHaveAccessibleName("Assignees: Ada");

  await next("Due date: none", "Start date: none", "Estimate");
  await keyboard.type("3");
  await next("Tags", "Project: General", "Part of: none", "Description");
  await keyboard.type("Two lines");
  await keyboard.press("Enter");
  await keyboard.type("of text");
  await next("Notes", "Add subtask");
  await keyboard.press("Enter");
  await expect(panel.text("Subtask title")).toBeFocused();
  await keyboard.type("A part");
  await keyboard.press("Enter");
  await expect(panel.subtasks).toHaveText(["A part"]);
  await keyboard.press("Escape");
  await expect(page.locator(":focus")).toHaveAccessibleName("Add subtask");

  await panel.text("Comment").focus();
  await keyboard.type("Said by keyboard");
  await keyboard.press("Control+Enter");
  await panel.expectComments(["Said by keyboard"]);
  await expect(panel.text("Comment")).toBeFocused();
  await device.expectSynced();
  expect(await onServer.task("By keyboard")).toMatchObject({ description: "Two lines\nof text" });
  expect((await onServer.task("By keyboard")).assignees).toHaveLength(1);
});
