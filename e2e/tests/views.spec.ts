import { devices } from "@playwright/test";
import { uuid } from "../support/api.ts";
import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

test("each page shows its tasks, also offline and after a cold start", async ({ newMember }) => {
  const { device } = await newMember();
  await device.goTo("Inbox");
  await device.createTask("Unsorted");
  await device.goTo("Today");
  await device.createTask("Water the plants");
  await device.goTo("Upcoming");
  await device.createTask("Fold the sails");
  await device.goTo("My tasks");
  await device.createTask("Mine");
  await device.expectSynced();
  await device.goOffline();
  const pages = async (expected: Record<string, string[]>) => {
    for (const [page, titles] of Object.entries(expected)) {
      await device.goTo(page);
      if (titles.length === 0) await expect(device.page.locator(".empty")).toBeVisible();
      else await device.expectTitles(titles);
    }
  };
  await pages({ Inbox: ["Unsorted"], Today: ["Water the plants"], Upcoming: ["Fold the sails"], "My tasks": ["Mine"], Done: [], Trash: [] });
  const navigation = device.page.getByRole("navigation", { name: "Main" });
  await expect(navigation.getByRole("link", { name: "Inbox 1" })).toBeVisible();

  await device.goTo("Inbox");
  await device.task("Unsorted").getByRole("button", { name: /^Priority: / }).click();
  await device.page.getByRole("menuitemradio", { name: "High", exact: true }).click();
  await expect(navigation.getByRole("link", { name: "Inbox", exact: true })).toBeVisible();
  await device.goTo("My tasks");
  await device.task("Mine").hover();
  await device.task("Mine").getByRole("button", { name: /^Mark .* as done$/ }).click();
  await device.goTo("Today");
  await device.delete("Water the plants");
  await pages({ Inbox: [], Today: [], "My tasks": [], Done: ["Mine"], Trash: ["Water the plants"] });
  await device.coldStart("/done");
  await device.expectTitles(["Mine"]);
  await device.goTo("Trash");
  await device.task("Water the plants").hover();
  await device.task("Water the plants").getByRole("button", { name: /^Restore / }).click();
  await pages({ Trash: [], Today: ["Water the plants"] });
  await device.goOnline();
  await device.expectSynced();
});

test("Today becomes the next day at midnight", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask("Fold the sails");
  const { page } = device;
  const tomorrow = await page.evaluate(() => {
    const day = new Date(Date.now() + 86_400_000);
    return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
  });
  await device.setDue("Fold the sails", tomorrow);
  await device.expectSynced();
  await page.clock.install({ time: new Date() });
  await device.visit("/today");
  await expect(page.getByRole("heading", { name: "Nothing is due today" })).toBeVisible();
  await page.clock.fastForward("24:00:00");
  await device.expectTitles(["Fold the sails"]);
  await device.expectDue("Fold the sails", /Today/);
});

test("filters are chips, in the address, and the back button takes them away", async ({ newMember }) => {
  const { device } = await newMember();
  for (const title of ["One", "Two", "Three"]) await device.createTask(title);
  await device.setStatus("One", "In progress");
  await device.setPriority("Two", "High");
  await device.addTag("Three", "Maps & depths, all");
  await device.filter("Status", "To do");
  await device.expectTitles(["Three", "Two"]);
  await device.filter("Priority", "High");
  await device.expectTitles(["Two"]);
  await expect(device.page).toHaveURL(/\?status=todo&priority=high$/);
  await device.goOffline();
  await device.page.reload();
  await device.expectTitles(["Two"]);
  await device.page.goBack();
  await device.expectTitles(["Three", "Two"]);
  await device.page.getByRole("button", { name: "Remove filter: Status is To do" }).click();
  await device.expectTitles(["One", "Three", "Two"]);
  await device.filter("Tag", "Maps & depths, all");
  await device.expectTitles(["Three"]);
  await device.page.reload();
  await device.expectTitles(["Three"]);
  // A task is opened and closed again: the filter stays.
  await device.open("Three");
  await device.page.keyboard.press("Escape");
  await expect(device.page).toHaveURL(/\?tag=/);
  await device.page.getByRole("button", { name: "Clear", exact: true }).click();
  await device.expectTitles(["One", "Three", "Two"]);
  await device.filter("Assignee", "Me");
  await expect(device.page.getByRole("heading", { name: "No task matches these filters" })).toBeVisible();
  await device.page.getByRole("button", { name: "Clear filters" }).click();
  await device.expectTitles(["One", "Three", "Two"]);
});

test("a list is grouped and sorted as its address says", async ({ newMember }) => {
  const { device } = await newMember();
  for (const title of ["Beta", "alpha", "Gamma"]) await device.createTask(title);
  await device.setPriority("Gamma", "Urgent");
  const titles = device.page.getByRole("list", { name: "Tasks" }).getByRole("link");
  await expect(titles).toHaveText(["Gamma", "Beta", "alpha"]);
  await device.page.getByRole("button", { name: /^Sort: / }).click();
  await device.page.getByRole("menuitemradio", { name: "Title" }).click();
  await expect(titles).toHaveText(["alpha", "Beta", "Gamma"]);
  await device.page.getByRole("button", { name: /^Group: / }).click();
  await device.page.getByRole("menuitemradio", { name: "Priority" }).click();
  await expect(device.page.locator(".group-head h2")).toHaveText(["Urgent", "No priority"]);
  await expect(device.page).toHaveURL(/group=priority&sort=title/);
  await device.page.getByRole("button", { name: "New task in Urgent" }).click();
  await device.page.getByRole("textbox", { name: "Title" }).fill("Also urgent");
  await device.page.getByRole("button", { name: "Create task" }).click();
  await expect(titles).toHaveText(["Also urgent", "Gamma", "alpha", "Beta"]);
  await device.page.getByRole("button", { name: /^Group: / }).click();
  await device.page.getByRole("menuitemradio", { name: "None" }).click();
  await expect(device.page.locator(".group-head")).toHaveCount(0);
  await expect(titles).toHaveText(["alpha", "Also urgent", "Beta", "Gamma"]);
  await device.page.goBack();
  await expect(device.page.locator(".group-head h2")).toHaveText(["Urgent", "No priority"]);
  await device.expectSynced();
});

test("a saved view is private until it is shared", async ({ team }) => {
  const { ada, bo } = team;
  for (const title of ["One", "Two"]) await ada.createTask(title);
  await ada.setPriority("One", "High");
  await ada.filter("Priority", "High");
  await ada.page.getByRole("button", { name: "Save view" }).click();
  await ada.page.getByRole("textbox", { name: "Name" }).fill("Pressing");
  await ada.page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(ada.page.getByRole("heading", { level: 1, name: "Pressing" })).toBeVisible();
  await ada.expectTitles(["One"]);
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.task("Two")).toBeVisible();
  const link = (device: typeof ada) => device.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Pressing/ });
  await expect(link(bo)).toHaveCount(0);
  await ada.page.getByRole("button", { name: "Actions for Pressing" }).first().click();
  await ada.page.getByRole("menuitem", { name: "Share with the team" }).click();
  await ada.expectSynced();
  await bo.sync();
  await link(bo).click();
  await bo.expectTitles(["One"]);
  await bo.goOffline();
  await bo.page.reload();
  await bo.expectTitles(["One"]);
});

test("projects and sections are named, marked, ordered, hidden and archived", async ({ newDevice }) => {
  const device = await newDevice();
  await device.register(person("Ada"), "Harbour");
  await device.createTask("In general");
  await device.createProject("Boat yard");
  await device.createTask("In the yard");
  const { page } = device;
  const navigation = page.getByRole("navigation", { name: "Main" });
  const projects = navigation.locator(".nav-row .nav-text");
  const act = async (name: string, action: string) => {
    await page.getByRole("button", { name: `Actions for ${name}` }).first().click();
    await page.getByRole("menuitem", { name: action, exact: true }).click();
  };
  const name = async (text: string) => {
    await page.getByRole("textbox", { name: "Name" }).fill(text);
    await page.getByRole("button", { name: "Save", exact: true }).click();
  };
  await expect(projects).toHaveText(["General", "Boat yard"]);
  await act("Boat yard", "Move up");
  await expect(projects).toHaveText(["Boat yard", "General"]);
  await act("Boat yard", "Rename");
  await name("Ship yard");
  await act("Ship yard", "New section");
  await name("Slipway");
  await expect(projects).toHaveText(["Ship yard", "Slipway", "General"]);
  await navigation.getByRole("link", { name: "Slipway" }).click();
  await device.createTask("On the slipway");
  await device.expectTitles(["On the slipway"]);
  await act("Slipway", "Hide");
  await device.goTo("Ship yard");
  await device.expectTitles(["In the yard"]);
  await expect(projects).toHaveText(["Ship yard", "General"]);
  await act("Ship yard", "Icon and color");
  await page.getByRole("menuitemradio", { name: "Diamond" }).click();
  await page.getByRole("menuitemradio", { name: "Rose" }).click();
  await page.keyboard.press("Escape");
  await expect(navigation.getByRole("link", { name: "Ship yard" }).locator("svg.tag-rose use[href='#i-t-diamond']")).toHaveCount(1);
  await act("Ship yard", "Archive");
  await device.goTo("All tasks");
  await device.expectTitles(["In general"]);
  await expect(projects).toHaveText(["General"]);
  await device.expectSynced();
  await device.goOffline();
  await page.getByRole("button", { name: "Hidden and archived" }).click();
  await expect(projects).toHaveText(["Ship yard", "General"]);
  await device.goTo("Ship yard");
  await act("Ship yard", "Bring back from the archive");
  await act("Slipway", "Delete");
  await device.expectTitles(["In the yard", "On the slipway"]);
  await device.goOnline();
  await device.expectSynced();
});

test("on a phone the pages are a touch away, and filters are there", async ({ newMember }) => {
  const { viewport, hasTouch, isMobile, deviceScaleFactor } = devices["Pixel 7"];
  const { device } = await newMember({ viewport, hasTouch, isMobile, deviceScaleFactor });
  const { page } = device;
  await device.createTask("Unsorted");
  const quick = page.getByRole("navigation", { name: "Quick" });
  await expect(quick.getByRole("link", { name: /^Inbox/ })).toHaveText("Inbox1");
  await quick.getByRole("link", { name: "My tasks" }).click();
  await expect(page.getByRole("heading", { name: "Nothing is assigned to you" })).toBeVisible();
  await quick.getByRole("link", { name: /^Inbox/ }).click();
  await device.expectTitles(["Unsorted"]);
  await page.locator(".toolbar").getByRole("button", { name: "Filter", exact: true }).last().click();
  await page.getByRole("menuitem", { name: "Priority", exact: true }).click();
  await page.getByRole("menuitemcheckbox", { name: "High" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "No task matches these filters" })).toBeVisible();
});

test("ten thousand tasks need no more rows than fit on the screen", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const project = (await onServer.projects())[0]!.id;
  const create = (n: number) => ({
    "create@1": {
      entity: { task: uuid() },
      texts: { title: `Task ${n}` },
      values: { place: { place: { project, section: null, parent: null, order: "" } }, status: { status: n % 2 ? "todo" : "done" } },
      tags: [],
    },
  });
  for (let n = 0; n < 10_000; n += 100) await onServer.push(Array.from({ length: 100 }, (_, i) => create(n + i)));
  await device.sync();
  await expect(device.page.locator(".group-head .count")).toHaveText(["5000", "5000"]);
  const rows = device.page.locator(".tasks .task-row");
  expect(await rows.count()).toBeLessThan(60);
  await device.page.locator(".list-area .content").evaluate((list) => (list.scrollTop = 48 * 4_000));
  await expect(device.page.locator(".group-head").first().locator("h2")).toBeInViewport();
  await expect(rows.first()).not.toHaveAttribute("aria-posinset", "1");
  expect(await rows.count()).toBeLessThan(60);
  await device.show("Board");
  await expect(device.column("To do").locator(".card").first()).toBeVisible();
  expect(await device.page.locator(".card").count()).toBeLessThan(200);
  await device.column("To do").evaluate((list) => (list.scrollTop = list.scrollHeight));
  await expect.poll(() => device.column("To do").locator(".card").count()).toBeGreaterThan(40);
});
