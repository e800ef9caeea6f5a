// A profile is copied, or a disk is put back to an earlier day, and both pasts go on.

import { expect, test } from "../support/test.ts";

test("a disk that was put back goes on with what waited on it, and nothing is there twice", async ({ newMember }) => {
  const { device, who, onServer } = await newMember({ onDisk: true });
  await device.goOffline();
  await device.createTask("In both");
  await device.quit();
  const backup = device.backUp();

  device.proxy.restore();
  await device.restart("/");
  await device.expectSynced();
  await device.rename("In both", "In both, renamed");
  await device.createTask("Before it was put back");
  await device.expectSynced();
  await device.quit();

  device.proxy.cut();
  device.putBack(backup);
  await device.restart("/");
  await device.createTask("After it was put back");
  await device.setStatus("In both", "In review");
  device.proxy.restore();
  // The cookie is an old one: the server ends a session of which there are two.
  await device.signIn(who);
  const all = ["After it was put back", "Before it was put back", "In both, renamed"];
  await device.expectTitles(all);
  await expect.poll(() => onServer.titles()).toEqual(all);
  await device.expectProperty("In both, renamed", "Status", "In review");
  const tasks = await onServer.tasks();
  // It counts. The status that the task was made with, under the old number, may be beside it.
  expect(tasks.find(({ title }) => title === "In both, renamed")!.status).toContain("in_review");
  const actors = new Set(tasks.map(({ created }) => created[0]));
  expect(actors.size, "the copy has a number of its own").toBe(2);

  await device.coldStart("/");
  await device.rename("After it was put back", "And so on");
  await device.expectSynced();
  expect(await onServer.titles()).toContain("And so on");
});
