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

test("the list of keys shows them all, and single keys can be turned off for good", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  await device.createTask("At hand");
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(dialog.getByRole("heading", { level: 3 })).toHaveText([
    "Everywhere",
    "On every page",
    "Go to",
    "In a list",
    "For the selected tasks, or the one at hand",
  ]);
  await expect(dialog.getByText("New task")).toBeVisible();
  const single = dialog.getByRole("switch", { name: "Single-key shortcuts" });
  await expect(single).toBeChecked();
  await single.uncheck();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  await device.task("At hand").getByRole("link").focus();
  for (const key of ["c", "x", "?", "/", "e", "g"]) await page.keyboard.press(key);
  await page.keyboard.press("l");
  await page.keyboard.press("Control+a");
  await expect(page.getByRole("toolbar", { name: "Selected tasks" })).toContainText("1 selected");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("textbox")).toHaveCount(0);

  await device.coldStart("/");
  await expect(device.task("At hand")).toBeVisible();
  await device.page.getByRole("button", { name: /^Workspace: / }).click();
  await device.page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
  const again = device.page.getByRole("switch", { name: "Single-key shortcuts" });
  await expect(again).not.toBeChecked();
  await again.check();
  await device.page.keyboard.press("Escape");
  await device.page.keyboard.press("c");
  await expect(device.page.getByRole("dialog", { name: "New task" })).toBeVisible();
});

test("rows of keys lead somewhere, and keys that are typed write", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  await device.createTask("c for cat");
  await device.createProject("Boat yard");
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await expect(page.getByRole("heading", { level: 1, name: "All tasks" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page.getByRole("dialog", { name: "Waiting to sync" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Waiting to sync" })).toHaveCount(0);
  await device.open("c for cat");
  await device.panel.text("Description").focus();
  await page.keyboard.type("cxzg l?/sj");
  await device.panel.expectText("Description", "cxzg l?/sj");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(device.panel.text("Title")).toHaveValue("c for cat");
});

test("words of a new task are understood while they are typed, and kept as text on request", async ({ team }) => {
  const { ada, bo } = team;
  const { page } = ada;
  await ada.createProject("Harbour");
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.keyboard.press("c");
  const dialog = page.getByRole("dialog", { name: "New task" });
  const title = dialog.getByRole("textbox", { name: "Title" });
  await title.pressSequentially("Book the ferry tomorrow #ops !high @bo +harb +nowhere");
  const understood = dialog.getByRole("list", { name: "Understood" }).getByRole("listitem");
  await expect(understood).toHaveText(["tomorrow", "#ops", "!high", "@bo", "+harb"]);
  await expect(dialog.getByRole("button", { name: "Priority: High" })).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Assignees: Bo" })).toBeVisible();
  await expect(dialog.getByRole("combobox", { name: "Project" })).toHaveValue(/.+/);
  await expect(dialog.getByRole("combobox", { name: "Project" }).locator("option:checked")).toHaveText("Harbour");

  // Taken as a word of the title after all; what is typed stays, also when the dialog is closed.
  await dialog.getByRole("button", { name: "Keep “tomorrow” in the title" }).click();
  await expect(understood).toHaveText(["#ops", "!high", "@bo", "+harb"]);
  await expect(title).toBeFocused();
  await page.keyboard.press("Escape");
  await ada.coldStart("/");
  const later = ada.page.getByRole("dialog", { name: "New task" });
  await ada.page.getByRole("button", { name: "New task", exact: true }).click();
  await expect(later.getByRole("listitem")).toHaveText(["#ops", "!high", "@bo", "+harb"]);
  // What is chosen counts more than what was said before.
  await later.getByRole("button", { name: "Priority: High" }).click();
  await ada.page.getByRole("menuitemradio", { name: "Low" }).click();
  await expect(later.getByRole("listitem")).toHaveText(["#ops", "@bo", "+harb"]);
  await later.getByRole("button", { name: "Create task" }).click();
  const made = "Book the ferry tomorrow +nowhere";
  await expect(ada.task(made)).toBeVisible();
  await ada.expectProperty(made, "Priority", "Low");
  await ada.expectTags(made, ["ops"]);
  await ada.open(made);
  await ada.panel.expectProperty("Assignees", "Bo");
  await ada.panel.expectProperty("Project", "Harbour");
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.task(made)).toBeVisible();
});
