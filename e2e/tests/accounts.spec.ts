// What one organization has, another never sees: not on the server, not on a browser that both use.

import { ApiDevice, uuid } from "../support/api.ts";
import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

test("on the server, an organization can neither read nor change what another one has", async ({ server }) => {
  const [ada, eve] = await Promise.all(
    ["Ada", "Eve"].map((name) => ApiDevice.register(server.origin, { ...person(name), organization: `${name}'s` })),
  );
  const [project, task] = [uuid(), uuid()];
  await ada!.push([{ "project.create@1": { id: project, name: "Quay" } }]);
  const created = { id: task, project, title: "Ours alone", status: "todo", priority: "none", due: null, tags: [] };
  expect(await ada!.push([{ "task.create@1": created }])).toEqual([{ accepted: "applied" }]);

  expect(await eve!.titles()).toEqual([]);
  const results = await eve!.push([
    { "task.status@1": { id: task, status: "done" } },
    { "delete@1": { task } },
    { "task.create@1": { ...created, id: uuid(), title: "Smuggled in" } },
  ]);
  expect(results).toEqual([{ rejected: "not_found" }, { rejected: "not_found" }, { rejected: { unknown: { kind: "project" } } }]);
  const [row, ...others] = await ada!.tasks();
  expect(others).toEqual([]);
  expect(row).toMatchObject({ id: task, title: "Ours alone", life: [], status: ["todo"] });
});

test("on one browser, a second account sees nothing of the first, whose waiting edits are never sent as the second's", async ({
  newDevice,
  server,
}) => {
  const [ada, eve] = [person("Ada"), person("Eve")];
  const device = await newDevice();
  await device.register(ada, "Ada's");
  await device.createTask("Ada's, synced");
  await device.expectSynced();
  await device.goOffline();
  await device.createTask("Ada's, waiting");
  await device.expectPill(/^Offline, 1 saved here$/);
  await device.signOut();
  await expect(device.page.getByText("Ada's, ")).toHaveCount(0);

  await device.goOnline();
  await device.register(eve, "Eve's");
  await expect(device.page.getByText("Ada's, ")).toHaveCount(0);
  await device.expectTitles([]);
  await device.createTask("Eve's");
  await device.expectSynced();

  const [adas, eves] = await Promise.all([ada, eve].map((who) => ApiDevice.signIn(server.origin, who)));
  expect(await adas!.titles()).toEqual(["Ada's, synced"]);
  expect(await eves!.titles()).toEqual(["Eve's"]);
  const databases = await device.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  for (const { organization } of [adas!.account, eves!.account]) {
    expect(databases.filter((name) => name?.includes(organization)), databases.join()).toHaveLength(1);
  }

  await device.signOut();
  await device.signIn(ada);
  await device.expectTitles(["Ada's, synced", "Ada's, waiting"]);
  expect(await adas!.titles()).toEqual(["Ada's, synced", "Ada's, waiting"]);
  expect(await eves!.titles()).toEqual(["Eve's"]);
});

test("two members of one organization on one browser keep their waiting edits apart", async ({ newDevice, server }) => {
  const [ada, bo] = [person("Ada"), person("Bo")];
  const device = await newDevice();
  await device.register(ada, "Harbour");
  const invitation = await device.invite();
  await device.goOffline();
  await device.createTask("Ada's, waiting");
  await device.signOut();
  await device.goOnline();
  await device.join(invitation, bo);
  await device.expectTitles([]);
  const onServer = await ApiDevice.signIn(server.origin, bo);
  expect(await onServer.titles()).toEqual([]);

  await device.signOut();
  await device.signIn(ada);
  await expect(device.task("Ada's, waiting")).toBeVisible();
  await expect.poll(() => onServer.titles()).toEqual(["Ada's, waiting"]);
  const [task] = await onServer.tasks();
  expect(task!.created[0], "the actor that made it").not.toBe(onServer.account.actor);
});

test("a tab of the first account does not stay open when another signs in beside it", async ({ newDevice, server }) => {
  const [ada, eve] = [person("Ada"), person("Eve")];
  const device = await newDevice();
  await device.register(ada, "Ada's");
  await device.createTask("For Ada's eyes");
  await device.expectSynced();
  const adasTab = device.page;
  await device.newTab();
  await device.signOut();
  await expect(adasTab.getByText("For Ada's eyes")).toHaveCount(0);
  await device.register(eve, "Eve's");

  device.page = adasTab;
  await device.visit("/");
  await expect(adasTab.getByRole("button", { name: "Workspace: Eve's" })).toBeVisible();
  await device.expectSynced();
  await expect(adasTab.getByText("For Ada's eyes")).toHaveCount(0);
  await device.createTask("Made in the tab that was Ada's");
  await device.expectSynced();
  const [adas, eves] = await Promise.all([ada, eve].map((who) => ApiDevice.signIn(server.origin, who)));
  expect(await adas!.titles()).toEqual(["For Ada's eyes"]);
  expect(await eves!.titles()).toEqual(["Made in the tab that was Ada's"]);
});

test("when a session is over, work goes on, and a sign-in sends what waits", async ({ newMember }) => {
  const { device, who, onServer } = await newMember();
  const { page } = device;
  await device.context.clearCookies();
  await page.reload();
  await device.createTask("After the session");
  await device.expectPill("1 needs attention");
  await expect(device.task("After the session")).toContainText("Saved here");

  const banner = page.getByRole("region", { name: "Announcements" });
  await expect(banner).toContainText("Sign in again to sync. Your change is safe on this device.");
  await banner.getByRole("link", { name: "Sign in" }).click();
  await expect(page.getByRole("textbox", { name: "Work email" })).toHaveValue(who.email);
  await page.getByRole("textbox", { name: "Password" }).fill(who.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await device.expectSynced();
  await expect(banner).toHaveCount(0);
  await device.expectTitles(["After the session"]);
  expect(await onServer.titles()).toEqual(["After the session"]);
});
