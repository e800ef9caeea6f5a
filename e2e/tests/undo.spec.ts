import type { Device } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

/** By key, and it is done. */
async function undo({ page }: Device): Promise<void> {
  await page.keyboard.press("z");
}

async function redo({ page }: Device): Promise<void> {
  await page.keyboard.press("Shift+Z");
}

test("every edit of a task is undone and done again, offline as well", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const { page, panel } = device;
  await device.createTask("Before");
  await device.createProject("Boat yard");
  await page.getByRole("link", { name: "All tasks" }).click();
  await device.expectSynced();
  await device.goOffline();
  await device.open("Before");

  const away = () => page.getByRole("group", { name: "Task details" }).press("Tab");
  const tags = panel.root.locator(".tag-row .tag");
  const edits: [name: string, edit: () => Promise<void>, after: () => Promise<void>, before: () => Promise<void>][] = [
    ["title", () => panel.write("Title", "After"), () => panel.expectText("Title", "After"), () => panel.expectText("Title", "Before")],
    ["description", () => panel.write("Description", "Text"), () => panel.expectText("Description", "Text"), () => panel.expectText("Description", "")],
    ["status", () => panel.choose("Status", "Blocked"), () => panel.expectProperty("Status", "Blocked"), () => panel.expectProperty("Status", "To do")],
    ["priority", () => panel.choose("Priority", "Low"), () => panel.expectProperty("Priority", "Low"), () => panel.expectProperty("Priority", "No priority")],
    ["assignees", () => panel.assign(["Ada"], "Ada"), () => panel.expectProperty("Assignees", "Ada"), () => panel.expectProperty("Assignees", "none")],
    ["estimate", () => panel.fill("Estimate", "5"), () => expect(panel.field("Estimate")).toHaveValue("5"), () => expect(panel.field("Estimate")).toHaveValue("")],
    ["project", () => panel.choose("Project", "Boat yard"), () => panel.expectProperty("Project", "Boat yard"), () => panel.expectProperty("Project", "General")],
    ["subtask", () => panel.addSubtask("A part"), () => expect(panel.subtasks).toHaveText(["A part"]), () => expect(panel.subtasks).toHaveCount(0)],
    ["comment", () => panel.say("Said"), () => panel.expectComments(["Said"]), () => panel.expectComments([])],
    [
      "tags",
      async () => {
        await panel.root.getByRole("button", { name: "Tags" }).click();
        await page.getByRole("textbox", { name: "Add tag" }).fill("Maps");
        await page.keyboard.press("Enter");
        await page.keyboard.press("Escape");
      },
      () => expect(tags).toHaveText(["Maps"]),
      () => expect(tags).toHaveCount(0),
    ],
  ];
  for (const [name, edit, after, before] of edits) {
    await test.step(name, async () => {
      await edit();
      await after();
      await panel.property("Status").focus();
      await undo(device);
      await before();
      await redo(device);
      await after();
    });
  }
  // And all of it, from the last to the first.
  for (const [name, , , before] of [...edits].reverse()) {
    await test.step(`${name}, again`, async () => {
      await panel.property("Status").focus();
      await undo(device);
      await before();
    });
  }
  await away();
  await device.goOnline();
  await device.expectSynced();
  expect(await onServer.task("Before")).toMatchObject({ description: "", status: ["todo"], tags: {} });
});

test("a task and a project that were made are undone and done again, as fast as keys come", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  await device.createTask("First");
  await device.createTask("Second");
  await device.createProject("By mistake");
  await undo(device);
  await expect(page.getByRole("link", { name: "By mistake" })).toHaveCount(0);
  await device.expectTitles(["First", "Second"]);
  await page.keyboard.press("z");
  await page.keyboard.press("z");
  await device.expectTitles([]);
  await page.keyboard.press("Control+Shift+Z");
  await page.keyboard.press("Control+y");
  await page.keyboard.press("Shift+Z");
  await expect(page.getByRole("link", { name: "By mistake" })).toBeVisible();
  await device.expectTitles(["First", "Second"]);
  await device.expectSynced();
});

test("a key that is pressed right after an edit undoes that edit", async ({ newMember }) => {
  const { device } = await newMember();
  const { page } = device;
  await device.createTask("In a hurry");
  await device.setPriority("In a hurry", "Low");
  await device.task("In a hurry").getByRole("link").focus();
  // Both keys at once, before the edit is stored.
  await page.evaluate(() => {
    const press = (init: KeyboardEventInit): boolean =>
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
    press({ key: "Enter", ctrlKey: true });
    press({ key: "z" });
  });
  await expect(device.toast("Undone")).toBeVisible();
  await device.expectProperty("In a hurry", "Status", "To do");
  await device.expectProperty("In a hurry", "Priority", "Low");
});

test("what a teammate has made of it since is not undone", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await ada.createTask("Shared");
  await ada.createTask("Alone");
  await ada.expectSynced();
  await bo.sync();
  await ada.page.keyboard.press("Control+a");
  await ada.page.keyboard.press("s");
  await ada.page.getByRole("menuitemradio", { name: "In progress" }).click();
  await ada.expectProperty("Shared", "Status", "In progress");
  await ada.expectSynced();
  await bo.sync();
  await bo.expectProperty("Shared", "Status", "In progress");
  await bo.setStatus("Shared", "Done");
  await bo.expectSynced();
  await ada.sync();
  await ada.expectProperty("Shared", "Status", "Done");

  await ada.task("Alone").getByRole("link").focus();
  await undo(ada);
  await expect(ada.toast("Undone, except for 1 that")).toBeVisible();
  await ada.expectProperty("Alone", "Status", "To do");
  await ada.expectProperty("Shared", "Status", "Done");
  await ada.expectSynced();
  expect((await onServer.task("Shared")).status).toEqual(["done"]);
});
