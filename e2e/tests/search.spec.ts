import { uuid, type ApiDevice } from "../support/api.ts";
import { Palette } from "../support/palette.ts";
import { expect, test } from "../support/test.ts";

interface Written {
  id?: string;
  title: string;
  description?: string;
  tags?: string[];
}

/** Tasks in a new project, as another program writes them. */
async function write(onServer: ApiDevice, tasks: Written[]): Promise<string[]> {
  const project = uuid();
  const common = { project, status: "todo", priority: "none" };
  const made = tasks.map(({ id = uuid(), title, tags = [] }) => ({ id, title, tags, ...common }));
  const ops: object[] = [{ "project.create@1": { id: project, name: "Harbour" } }];
  ops.push(...made.map((task) => ({ "task.create@1": task })));
  while (ops.length > 0) {
    const results = await onServer.push(ops.splice(0, 100));
    expect(results.filter((result) => !("accepted" in result))).toEqual([]);
  }
  return made.map(({ id }) => id);
}

function comment(task: string, body: string): object {
  const values = { subject: { subject: { task, reply_to: null } } };
  return { "create@1": { entity: { comment: uuid() }, texts: { body }, values, tags: [] } };
}

test("among a thousand tasks, offline, typing finds a word in a comment", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  const ids = await write(onServer, numbers.map((n) => ({ title: `Berth ${n} needs a new ladder` })));
  const results = await onServer.push([
    comment(ids[417]!, "The pilot says that the Kittiwake cannot turn here at low water."),
    comment(ids[3]!, "Nothing to say about this one."),
  ]);
  expect(results.filter((result) => !("accepted" in result))).toEqual([]);
  await device.sync();
  await device.expectSynced();
  await device.goOffline();
  await device.coldStart("/");
  await expect(device.task("Berth 0 needs a new ladder")).toBeVisible();

  const palette = new Palette(device.page);
  await palette.open();
  await palette.line.pressSequentially("kittiw");
  await expect(palette.group("Tasks")).toHaveCount(1);
  await expect(palette.group("Tasks")).toContainText("Berth 417 needs a new ladder");
  await expect(palette.group("Tasks")).toContainText("in a comment");
  await expect(palette.root).toContainText("Searching 1000 tasks on this device");
  await palette.line.fill("ladder 99");
  // HAR-99 is found, too: it is another task's key.
  await expect(palette.group("Tasks").filter({ hasText: "Berth 99 needs a new ladder" })).toHaveCount(1);
  await expect(palette.group("Tasks").filter({ hasText: "All results" })).toHaveCount(1);
  await palette.choose("ladder 9", "All results for “ladder 9”");
  await expect(device.page).toHaveURL(/\/search\?q=ladder\+9$/);
  await expect(device.page.getByRole("list", { name: "Results" }).getByRole("listitem")).toHaveCount(50);
  await device.page.getByRole("button", { name: "Show more" }).click();
  await expect(device.page.getByRole("list", { name: "Results" }).getByRole("listitem")).toHaveCount(100);
});

test("the page of the search shows where the words are, and keeps up with the team", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await write(onServer, [
    { title: "Ebb and flood", tags: ["tides"] },
    { title: "Order paint" },
    { title: "Bon voyage, Ærø 東京都" },
    { title: "<b>Tide</b> table" },
  ]);
  await ada.sync();
  await ada.open("Order paint");
  await ada.panel.write("Description", "Red for the hull.\nWhite where the tide line is, as every spring.");
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.task("Order paint")).toBeVisible();

  const results = bo.page.getByRole("list", { name: "Results" });
  await bo.visit("/search?q=tide");
  await expect(results.locator(".title a")).toHaveText(["<b>Tide</b> table", "Order paint", "Ebb and flood"]);
  await expect(bo.task("Order paint").locator(".excerpt")).toHaveText(/in the description.*…?White where the tide line is/);
  await expect(results.locator("mark")).toHaveText(["Tide", "tide"]);
  await expect(bo.page.getByText("3 tasks found")).toBeVisible();

  // What a teammate does is found, and what one does here, too.
  await ada.page.keyboard.press("Escape");
  await ada.rename("<b>Tide</b> table", "Table of the moon");
  await ada.delete("Ebb and flood");
  await ada.expectSynced();
  await expect(results.locator(".title a")).toHaveText(["Order paint"]);
  await bo.open("Order paint");
  await bo.panel.say("A comment about a Cormorant");
  await bo.page.keyboard.press("Escape");
  await bo.page.keyboard.press("Escape");

  const line = bo.page.getByRole("searchbox", { name: "Search tasks" });
  await line.fill("cormor");
  await expect(results.locator(".excerpt")).toHaveText(/in a comment.*A comment about a Cormorant/);
  await expect(bo.page).toHaveURL(/\/search\?q=cormor$/);
  for (const words of ["aero", "京都", "voy bon"]) {
    await line.fill(words);
    await expect(results.locator(".title a")).toHaveText(["Bon voyage, Ærø 東京都"]);
  }
  await line.fill("nothing like that");
  await expect(bo.page.getByText("No task has these words")).toBeVisible();
});

test("results are stepped through, opened, edited and selected as in the list", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const { page } = device;
  await write(onServer, ["Net one", "Net two", "Net three", "Rope"].map((title) => ({ title })));
  await device.sync();
  await expect(device.task("Rope")).toBeVisible();
  await device.visit("/search?q=net");
  await expect(page.getByRole("list", { name: "Results" }).getByRole("listitem")).toHaveCount(3);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(page.locator(".task-row[data-cursor]")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(device.panel.root).toBeVisible();
  await expect(page.getByRole("list", { name: "Results" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/search\?q=net$/);
  await page.keyboard.press("Control+a");
  await expect(page.getByRole("toolbar", { name: "Selected tasks" })).toContainText("3 selected");
  await page.keyboard.press("s");
  await page.getByRole("menuitemradio", { name: "Done" }).click();
  for (const title of ["Net one", "Net two", "Net three"]) await device.expectProperty(title, "Status", "Done");
});
