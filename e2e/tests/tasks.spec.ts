import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

test("a deleted task can be brought back with Undo", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await ada.createTask("Deleted by mistake");
  await ada.setPriority("Deleted by mistake", "High");
  await ada.delete("Deleted by mistake");
  await ada.toast("Task deleted").getByRole("button", { name: "Undo" }).click();
  await ada.expectProperty("Deleted by mistake", "Priority", "High");
  await ada.expectSynced();
  await bo.sync();
  await bo.expectProperty("Deleted by mistake", "Priority", "High");

  await bo.delete("Deleted by mistake");
  await expect.poll(() => onServer.titles()).toEqual([]);
  await ada.sync();
  await expect(ada.task("Deleted by mistake")).toHaveCount(0);
});

test("a row says who is to do the task, how far its subtasks are and how much was said", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask("Caulk the hull");
  const row = device.task("Caulk the hull");
  await row.getByRole("button", { name: "Assignees: none" }).click();
  await device.page.getByRole("menuitemcheckbox", { name: "Ada" }).click();
  await device.page.keyboard.press("Escape");
  await expect(row.getByRole("button", { name: "Assignees: Ada" })).toBeFocused();
  await device.open("Caulk the hull");
  await device.panel.expectProperty("Assignees", "Ada");
  await device.panel.addSubtask("Rake the seams");
  await device.panel.say("Oakum is in the shed");
  await device.panel.say("And pitch");
  await device.page.keyboard.press("Escape");
  await expect(row.locator(".parts")).toHaveText("Subtasks 0/1");
  await expect(row.locator(".comments")).toHaveText("Comments 2");
  await device.setStatus("Rake the seams", "Done");
  await expect(row.locator(".parts")).toHaveText("Subtasks 1/1");
});

test("the same account on another device has the same tasks", async ({ newDevice }) => {
  const ada = person("Ada");
  const [desk, phone] = [await newDevice(), await newDevice()];
  await desk.register(ada, "Harbour");
  await desk.createTask("On the desk");
  await desk.expectSynced();
  await phone.signIn(ada);
  await expect(phone.task("On the desk")).toBeVisible();
  await phone.rename("On the desk", "On both");
  await phone.expectSynced();
  await desk.sync();
  await expect(desk.task("On both")).toBeVisible();
});

test("tasks are listed by project", async ({ newDevice }) => {
  const device = await newDevice();
  await device.register(person("Ada"), "Harbour");
  await device.createTask("In the first project");
  await expect(device.page.getByRole("link", { name: "General" })).toBeVisible();
  await device.createProject("Boat yard");
  await device.createTask("In the boat yard");
  await device.expectTitles(["In the boat yard"]);
  // The list was empty before, and full before that.
  await device.expectSynced();
  await device.page.getByRole("link", { name: "All tasks" }).click();
  await device.expectTitles(["In the boat yard", "In the first project"]);
});

test("a title that is empty or too long is not saved, and its author is told", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask("Short");
  await device.typeTitle("Short", "   ");
  await expect(device.task("Short")).toBeVisible();

  const field = await device.editTitle("Short");
  await field.fill("x".repeat(501));
  await field.press("Enter");
  await expect(device.toast("Not saved: it is longer than 500 characters.")).toBeVisible();
  await expect(field).toHaveValue("x".repeat(501));
  await field.press("Escape");
  await expect(device.task("Short")).toBeVisible();
});

test("a title is a text, whatever it looks like", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const titles = ["<img src=x onerror=alert(1)> & 'quotes'", "\u202eright to left \u{1f6a2}", "O'; DROP TABLE tasks; --"];
  for (const title of titles) await device.createTask(title);
  await device.expectSynced();
  await device.coldStart("/");
  await device.expectTitles(titles);
  expect(await onServer.titles()).toEqual([...titles].sort());
});

test("a press on its own control closes a menu, and the next one opens it again", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask("With menus");
  const control = device.task("With menus").getByRole("button", { name: /^Priority: / });
  const menu = device.page.getByRole("menu", { name: "Priority" });
  for (let i = 0; i < 2; i++) {
    await control.click();
    await expect(menu).toBeVisible();
    await control.click();
    await expect(menu).toBeHidden();
  }
  for (const priority of ["High", "Low", "Urgent"]) await device.setPriority("With menus", priority);
});
