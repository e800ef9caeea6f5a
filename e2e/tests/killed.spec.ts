// All processes of the browser end at once, in the moment in which the app has said that an edit is saved.

import { expect, test } from "../support/test.ts";

test("what was saved on this device is there after the browser was killed, and syncs", async ({ newMember }) => {
  const { device, onServer } = await newMember({ onDisk: true });
  await device.quit(); // A session of yesterday: browsers write cookies every half minute only, and when they end.
  device.proxy.cut();
  await device.restart("/");

  await device.createTask("Written before the crash");
  await device.kill();
  await device.restart("/"); // still without a network
  await expect(device.task("Written before the crash")).toContainText("Saved here");

  await device.rename("Written before the crash", "Renamed before the crash");
  await device.kill();
  await device.restart("/");
  await expect(device.task("Renamed before the crash")).toBeVisible();

  await device.setStatus("Renamed before the crash", "In review");
  await device.kill();
  await device.restart("/");
  await device.expectProperty("Renamed before the crash", "Status", "In review");
  expect(await onServer.titles()).toEqual([]);

  device.proxy.restore();
  await device.expectSynced();
  await device.expectTitles(["Renamed before the crash"]);
  expect(await onServer.titles()).toEqual(["Renamed before the crash"]);
  expect((await onServer.tasks())[0]!.status).toEqual(["in_review"]);
});

test("killed in the middle of a push, the edit arrives exactly once", async ({ newMember }) => {
  const { device, onServer } = await newMember({ onDisk: true });
  await device.quit();
  await device.restart("/");
  await device.expectSynced();

  device.proxy.loseAnswers(({ path }) => path.startsWith("/api/sync/push"));
  await device.createTask("Pushed and killed");
  await expect.poll(() => device.proxy.lost.length).toBeGreaterThan(0);
  await device.kill();
  device.proxy.restore();
  await device.restart("/");
  await device.expectSynced();
  await device.expectTitles(["Pushed and killed"]);
  expect(await onServer.titles()).toEqual(["Pushed and killed"]);
});

test("killed right after the first sign-in, the edit is there, and at worst waits for another sign-in", async ({ newMember }) => {
  const { device, who, onServer } = await newMember({ onDisk: true });
  await device.goOffline();
  await device.createTask("Written in the first minute");
  await device.kill();
  await device.restart("/");
  await expect(device.task("Written in the first minute")).toContainText("Saved here");
  device.proxy.restore();
  await device.signIn(who);
  await device.expectTitles(["Written in the first minute"]);
  expect(await onServer.titles()).toEqual(["Written in the first minute"]);
});

test("a browser that has forgotten who was signed in has the edits all the same, and sends them once", async ({
  newMember,
}) => {
  const { device, who, onServer } = await newMember();
  device.proxy.loseAnswers(({ path }) => path.startsWith("/api/sync/push"));
  await device.createTask("Arrived, but not confirmed");
  await expect.poll(() => onServer.titles()).toEqual(["Arrived, but not confirmed"]);
  await device.goOffline();
  await device.createTask("Not sent yet");
  await device.page.evaluate(() => localStorage.clear()); // as a crash may do, which it survives less well than the edits
  await device.coldStart("/");
  await device.goOnline();
  await device.signIn(who);
  const both = ["Arrived, but not confirmed", "Not sent yet"];
  await device.expectTitles(both);
  await expect.poll(() => onServer.titles()).toEqual(both);
  await device.expectSynced();
});
