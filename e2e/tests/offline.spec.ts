import { expect, test } from "../support/test.ts";

test("a task made offline survives a cold start on any URL, and the team sees it after reconnecting", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await ada.goOffline();
  await ada.expectPill("Offline");
  await ada.createTask("Moor the ferry");
  await ada.expectPill(/^Offline, 1 saved here$/);
  await expect(ada.task("Moor the ferry")).toContainText("Saved here");
  await expect(ada.task("Moor the ferry").locator(".key")).toHaveText("New"); // where its number will be
  const task = await ada.taskId("Moor the ferry");
  const project = (await onServer.projects())[0]!.id;

  await ada.page.reload();
  await expect(ada.task("Moor the ferry")).toBeVisible();
  for (const path of ["/", `/p/${project}`, `/t/${task}`]) {
    await ada.coldStart(path);
    await expect(ada.task("Moor the ferry")).toBeVisible();
    await ada.expectPill(/^Offline, 1 saved here$/);
  }
  await expect(ada.page.getByRole("complementary").getByRole("textbox", { name: "Title" })).toHaveValue("Moor the ferry");
  expect(await onServer.titles()).toEqual([]);

  await ada.goOnline();
  await ada.expectSynced();
  await expect(ada.task("Moor the ferry").locator(".key")).toHaveText("GEN-1");
  await bo.sync();
  await expect(bo.task("Moor the ferry")).toBeVisible();
  expect(await onServer.titles()).toEqual(["Moor the ferry"]);
});

test("a network that is gone without the browser noticing takes nothing away", async ({ newMember }) => {
  const { device } = await newMember();
  device.proxy.cut(); // navigator.onLine stays true
  await device.createTask("Check the moorings");
  await device.expectPill(/^Offline, 1 saved here$/);
  await device.coldStart("/");
  await expect(device.task("Check the moorings")).toBeVisible();
  await device.expectPill(/^Offline, 1 saved here$/);

  device.proxy.restore(); // nobody tells; the next try finds out
  await device.expectSynced();
});

test("everything that can be done to a task can be done offline", async ({ team }) => {
  const { ada, bo } = team;
  await ada.createTask("Fix the light");
  await ada.expectSynced();
  await ada.goOffline();
  await ada.rename("Fix the light", "Fix the harbour light");
  await ada.setStatus("Fix the harbour light", "In progress");
  await ada.setPriority("Fix the harbour light", "Urgent");
  await ada.setDue("Fix the harbour light", "2031-05-04");
  await ada.addTag("Fix the harbour light", "pier");
  await ada.createTask("Not needed");
  await ada.delete("Not needed");
  await ada.coldStart("/");

  await ada.goOnline();
  await ada.expectSynced();
  await bo.sync();
  for (const device of [ada, bo]) {
    await device.expectProperty("Fix the harbour light", "Status", "In progress");
    await device.expectProperty("Fix the harbour light", "Priority", "Urgent");
    await device.expectTags("Fix the harbour light", ["pier"]);
    await device.expectDue("Fix the harbour light", /2031/);
    await device.expectTitles(["Fix the harbour light"]);
  }
});

test("on a slow line every edit shows at once and syncs when it has got through", async ({ team }) => {
  const { ada, bo } = team;
  ada.proxy.delay(1_500);
  await ada.createTask("Tow the barge");
  await expect(ada.task("Tow the barge")).toContainText("Saved here");
  await ada.setStatus("Tow the barge", "Done");
  await ada.expectSynced();
  await bo.sync();
  await bo.expectProperty("Tow the barge", "Status", "Done");
});
