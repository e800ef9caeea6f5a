// Two tabs of one browser share one store, one outbox and one numbering.

import { expect, test } from "../support/test.ts";

test("two tabs show each other's edits offline, and each edit reaches the server once", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const first = device.page;
  const second = await device.newTab();
  await device.expectSynced();

  await device.goOffline();
  for (let i = 1; i <= 3; i++) {
    device.page = first;
    await device.createTask(`First tab, ${i}`);
    device.page = second;
    await device.createTask(`Second tab, ${i}`);
  }
  const all = ["First tab, 1", "First tab, 2", "First tab, 3", "Second tab, 1", "Second tab, 2", "Second tab, 3"];
  for (const page of [first, second]) {
    device.page = page;
    await device.expectPill(/^Offline, 6 saved here$/);
    await device.expectTitles(all);
  }
  // One task, edited in both.
  device.page = first;
  await device.rename("First tab, 1", "First tab, one");
  device.page = second;
  await expect(device.task("First tab, one")).toBeVisible();
  await device.rename("First tab, one", "Both tabs, one");
  device.page = first;
  await expect(device.task("Both tabs, one")).toBeVisible();

  await device.goOnline();
  const renamed = ["Both tabs, one", ...all.slice(1)];
  for (const page of [first, second]) {
    device.page = page;
    await device.expectSynced();
    await device.expectTitles(renamed);
  }
  expect(await onServer.titles()).toEqual(renamed);
});

test("when the tab that syncs is closed, another takes over", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  const leader = device.page;
  const other = await device.newTab();
  await device.expectSynced();

  // In the middle of a push whose answer is on its way.
  device.proxy.loseAnswers(({ path }) => path.startsWith("/api/sync/push"));
  device.page = leader;
  await device.createTask("Begun in the tab that closes");
  await expect.poll(() => device.proxy.lost.length).toBeGreaterThan(0);
  await leader.close();
  device.page = other;
  await device.createTask("Begun in the tab that stays");
  device.proxy.restore();
  await device.expectSynced();
  const both = ["Begun in the tab that closes", "Begun in the tab that stays"];
  await device.expectTitles(both);
  expect(await onServer.titles()).toEqual(both);
});

test("an edit in a tab that does not sync is sent at once", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  await device.newTab();
  await device.createTask("From the second tab");
  await device.expectSynced();
  expect(await onServer.titles()).toEqual(["From the second tab"]);
});
